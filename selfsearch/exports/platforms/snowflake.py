"""Ids that carry the time of their making: milliseconds since X's or Discord's epoch, shifted by 22 bits."""

from __future__ import annotations

from .dates import parse_timestamp

TWITTER_EPOCH_MS = 1288834974657
TWITTER_FIRST = 30_000_000_000  # smaller ids were only counted up
DISCORD_EPOCH_MS = 1420070400000
DISCORD_FIRST = 1 << 40  # a day and a half after the epoch; anything smaller is not an id of theirs


def twitter_time(item: str) -> str | None:
    """When the tweet or message with this id was made (ISO 8601, UTC), or None where the id does not say."""
    number = _number(item)
    return parse_timestamp(((number >> 22) + TWITTER_EPOCH_MS) / 1000) if number > TWITTER_FIRST else None


def discord_time(item: str) -> str | None:
    """When the Discord message with this id was made (ISO 8601, UTC), or None where the id does not say."""
    number = _number(item)
    return parse_timestamp(((number >> 22) + DISCORD_EPOCH_MS) / 1000) if number > DISCORD_FIRST else None


def _number(item: str) -> int:
    return int(item) if item.isascii() and item.isdigit() and len(item) <= 19 else 0
