"""The platforms whose exports we read, most specific first: at one place in a tree the first wins.

A new format is one module with a subclass of `Platform` (base.py) and one line here.
"""

from __future__ import annotations

from . import (
    bereal,
    discord,
    facebook,
    flickr,
    google_chat,
    google_maps,
    google_photos,
    google_plus,
    hangouts,
    icloud,
    instagram,
    linkedin,
    mastodon,
    plain_files,
    reddit,
    snapchat,
    telegram,
    tiktok,
    twitter,
    whatsapp,
    youtube,
)
from .base import Platform

PLATFORMS: tuple[type[Platform], ...] = (
    twitter.Twitter,
    mastodon.Mastodon,
    tiktok.TikTok,
    instagram.Instagram,  # before Facebook, with which it shares folders
    facebook.Facebook,
    snapchat.Snapchat,
    telegram.Telegram,
    discord.Discord,
    icloud.ICloud,
    flickr.Flickr,
    google_photos.GooglePhotos,  # the first of a Takeout's products: what is unmarked is likely its
    google_chat.GoogleChat,
    google_maps.GoogleMaps,
    google_plus.GooglePlus,
    hangouts.Hangouts,
    youtube.YouTube,
    bereal.BeReal,
    linkedin.LinkedIn,
    reddit.Reddit,
    whatsapp.WhatsApp,
)

PLAIN_FILES: type[Platform] = plain_files.PlainFiles  # what no platform claims

WITHOUT_MEDIA = frozenset(platform.name for platform in PLATFORMS if not platform.exports_media)
