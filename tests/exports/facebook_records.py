"""Records of Facebook's downloads, and what must be said of what is in them."""

from __future__ import annotations

from typing import Any

from selfsearch.types import Exposure

from . import Pack

MP4 = b"\x00\x00\x00\x18ftypisom" + b"\0" * 500
PROFILE = "https://www.facebook.com/ana.silva"
POSTED, UPLOADED, TAKEN = 1600000000, 1600000001, 1599990000
NO_AUDIENCE = "Facebook does not export who could see a post"


def garbled(value: Any) -> Any:
    """Text as Facebook writes it: every byte of its UTF-8 as one character."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, dict):
        return {garbled(key): garbled(part) for key, part in value.items()}
    return [garbled(part) for part in value] if isinstance(value, list) else value


def picture(uri: str, *, exif: Any = None, **more: Any) -> dict[str, Any]:
    """A media record of a photo."""
    data = [{"upload_ip": "203.0.113.7"}] if exif is None else exif
    return {
        "uri": uri,
        "creation_timestamp": UPLOADED,
        "media_metadata": {"photo_metadata": {"exif_data": data}},
    } | more


def post(*media: Any, text: str = "", beside: tuple[Any, ...] = (), **more: Any) -> dict[str, Any]:
    """A timeline post with its media in one attachment."""
    data = [{"media": item} for item in media]
    return {
        "timestamp": POSTED,
        "attachments": [{"data": [*data, *beside]}],
        "data": [{"post": text}, {"update_timestamp": POSTED + 500}] if text else [],
        "title": "Ana Silva added a new photo.",
    } | more


def columns_of(context: str, **more: Any) -> dict[str, Any]:
    """What every item of the timeline must be read with."""
    return {
        "platform": "facebook",
        "account": "ana.silva",
        "context": context,
        "url": PROFILE,
        "url_kind": "profile",
        "author": "Ana Silva",
        "author_is_owner": True,
        "exposure": Exposure.UNKNOWN,
        "audience": None,
    } | more


def rule(what: str) -> str:
    """The reason for what is public on Facebook whatever the owner chooses."""
    return f"by Facebook's own rule, not by the export: {what}"


def message(sender: str, **more: Any) -> dict[str, Any]:
    """A message with its second 0.123 after the posts'."""
    return {"sender_name": sender, "timestamp_ms": POSTED * 1000 + 123, "is_unsent": False} | more


def about_profile(pack: Pack, folder: str, key: str = "profile_v2") -> None:
    """The record of Ana Silva's profile."""
    about = {"name": {"full_name": "Ana Silva", "first_name": "Ana"}, "profile_uri": PROFILE}
    pack.add(f"{folder}profile_information.json", {key: garbled(about)})
