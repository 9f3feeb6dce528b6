"""The platforms whose exports we read, most specific first: at one place in a tree the first wins.

A new format is one module with the names of `Platform` (export.py) and one line here.
"""

from __future__ import annotations

from ..export import Platform
from . import (
    bereal,
    discord,
    facebook,
    flickr,
    google_photos,
    icloud,
    instagram,
    linkedin,
    mastodon,
    plain,
    reddit,
    snapchat,
    telegram,
    tiktok,
    twitter,
    whatsapp,
    youtube,
)

PLATFORMS: tuple[Platform, ...] = (
    twitter,
    mastodon,
    tiktok,
    instagram,  # before Facebook, with which it shares folders
    facebook,
    snapchat,
    telegram,
    discord,
    icloud,
    flickr,
    google_photos,
    youtube,
    bereal,
    linkedin,
    reddit,
    whatsapp,
)

PLAIN: Platform = plain  # what no platform claims

WITHOUT_MEDIA = frozenset(("tiktok", "discord", "linkedin", "reddit"))  # names; they export links alone
