"""Telegram's chats and what an export says of their messages, in whichever form it came (JSON or pages)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...types import Exposure, ExposureAssessment
from .base import unknown_word
from .conversations import of_group, of_two

SAVED = "saved_messages"
PERSONAL = "personal_chat"
BOT = "bot_chat"
OF_TWO = (PERSONAL, BOT)
ASK_FOR_JSON = "Telegram Desktop's export as JSON does"

EXPOSURES = {  # by the type of the chat
    SAVED: Exposure.PRIVATE.because("Telegram's saved messages: only the owner could see it"),
    PERSONAL: of_two("a personal chat of two people"),
    BOT: Exposure.PRIVATE.because("a chat with a bot: only the owner and whoever runs the bot could see it"),
    "private_group": of_group("a private group"),  # as long as it is no supergroup, it cannot be public
    "private_supergroup": of_group("a group, private on the day of the export"),
    "private_channel": Exposure.NETWORK.because(
        "a channel, private on the day of the export: its subscribers could see it"
    ),
    "public_supergroup": Exposure.PUBLIC.because("a public group: anyone can read it"),
    "public_channel": Exposure.PUBLIC.because("a public channel: anyone can read it, also on the web"),
    "replies": Exposure.UNKNOWN.because("replies to comments: Telegram does not say who could see them"),
    # what pages say of a chat where they do not say more
    "group": Exposure.UNKNOWN.because(
        f"a group: the pages do not say whether it is public or private; {ASK_FOR_JSON}"
    ),
    "channel": Exposure.UNKNOWN.because(
        f"a channel: the pages do not say whether it is public or private; {ASK_FOR_JSON}"
    ),
    "page": Exposure.UNKNOWN.because(f"the page does not say what kind of chat it is; {ASK_FOR_JSON}"),
}
CHAT_TYPES = EXPOSURES.keys() - {"group", "channel", "page"}
LINKED_CHATS = ("public_supergroup", "private_supergroup", "public_channel", "private_channel")


@dataclass(frozen=True, slots=True)
class TelegramChat:
    """What the records say of a chat."""

    name: str | None = None
    type: str | None = None  # Telegram's own word in the JSON; "group", "channel" and "page" are only pages'
    id: str | None = None
    records: tuple[str, ...] = ()  # that say so
    word: str | None = None  # for the type, where the records have another one

    @property
    def exposure(self) -> ExposureAssessment:
        """Who could see its messages."""
        if self.type is None:
            return Exposure.UNKNOWN.because("the record lacks the chat's type")
        known = EXPOSURES.get(self.type) or unknown_word(f"Telegram: type of the chat = {self.type[:40]}")
        return known.on(*self.records)

    @property
    def is_type_known(self) -> bool:
        """False for a type that Telegram may have introduced since."""
        return self.type is None or self.type in EXPOSURES

    @property
    def audience(self) -> str | None:
        """The platform's word for who is in it."""
        return self.word or (None if self.type == "page" else self.type)

    def url(self, message_id: str | None) -> str | None:
        """Channels and supergroups have addresses for their members; a public one's name is not exported."""
        number = (self.id or "").removeprefix("-100")
        if self.type in LINKED_CHATS and number.isdigit() and message_id and message_id.isdigit():
            return f"https://t.me/c/{number}/{message_id}"
        return None


@dataclass(frozen=True, slots=True)
class TelegramObject:
    """A message, a story, a profile picture: an object of result.json, or what pages say in its words."""

    kind: str  # the list it stands in: profile_pictures, stories, messages; or personal_information
    value: Mapping[str, Any]
    record: str  # path of the file in which it stands
    chat: TelegramChat = TelegramChat()
