"""Every error that a user can meet, drawn as one tree.

SelfsearchError                   exit 1   something failed, and the sentence says what
├── UsageError                    exit 2   the call makes no sense
├── ConsentError                  exit 3   consent is missing, expired or revoked, or the face is a stranger's
├── InputError                    exit 4   nothing usable in what was given
├── LibraryError                  exit 5   the library is damaged, locked, or newer than this program
│   ├── KeyUnavailable            exit 5   the library's key is missing, wrong or locked away
│   └── LibraryBusyError          exit 5   another selfsearch is writing to this library
├── PackError                     exit 5   a model pack is missing, damaged or not usable
├── NetworkRefused                exit 1   some code tried to reach the network; it was stopped and is named
└── ItemError                     exit 4   one file is unusable; while indexing it becomes that file's outcome

An exit code belongs to the class; `cli.main()` alone turns an error into text and a code. Messages never
hold a template, a chip, a passphrase or a key.
"""

from __future__ import annotations

from .types import Outcome


class SelfsearchError(Exception):
    """Something failed; the message is one sentence for the user, with what to do when that is known."""

    exit_code = 1


class UsageError(SelfsearchError):
    """The call makes no sense as it stands."""

    exit_code = 2


class ConsentError(SelfsearchError):
    """Consent is missing, expired or revoked, or the face belongs to nobody who consented."""

    exit_code = 3


class InputError(SelfsearchError):
    """There is nothing usable in what was given: no face in the selfie, no readable media."""

    exit_code = 4


class LibraryError(SelfsearchError):
    """The library is damaged, or was written by a newer selfsearch."""

    exit_code = 5


class KeyUnavailable(LibraryError):
    """The library's key is missing, wrong, or locked away."""


class LibraryBusyError(LibraryError):
    """Another selfsearch is writing to this library."""


class PackError(SelfsearchError):
    """A model pack is missing, damaged or not usable."""

    exit_code = 5


class NetworkRefused(SelfsearchError):
    """Code in this process tried to reach the network.

    Not an OSError: network libraries catch those, and retry or go on as if there were no network. Not
    outside Exception either: urllib3 probes for IPv6 when it is imported, and such an error would end
    every run there.
    """


class ItemError(SelfsearchError):
    """One file is unusable. `outcome` is what the accounting calls it, the message is the reason."""

    exit_code = 4

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


def unforeseen(error_class: str) -> ItemError:
    """The outcome of a file at which an error happened that nobody foresaw; what it says is kept out."""
    return ItemError(Outcome.FAILED, f"an error that nobody foresaw ({error_class}); please report it")
