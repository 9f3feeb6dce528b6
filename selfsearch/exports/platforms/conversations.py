"""Who could see what was sent in a conversation, in the same words for every platform.

`what` is the platform's kind of conversation: "a Snapchat chat of two people", "a message to a group".
"""

from __future__ import annotations

from ...types import Exposure, ExposureAssessment


def of_two(what: str) -> ExposureAssessment:
    """A conversation of two people."""
    return Exposure.PRIVATE.because(f"{what}: only they could see it")


def of_group(what: str) -> ExposureAssessment:
    """A conversation of more, who are its members."""
    return Exposure.NETWORK.because(f"{what}: its members could see it")


def of_two_or_group(what: str) -> ExposureAssessment:
    """A conversation whose records do not show which of both it is."""
    return Exposure.UNKNOWN.because(f"{what}; the export does not say whether of two people or of a group")
