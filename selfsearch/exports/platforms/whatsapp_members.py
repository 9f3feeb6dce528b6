"""Who could see a WhatsApp chat: a group, two people, or nobody can tell.

The export has no list of members. A chat is a group when its system texts say so or three people wrote. Two
writers prove nothing: a group in which only two wrote looks the same, and the line about its creation may be
missing in a long chat. A chat is of two when a system text says what only such chats have, or when it bears
the name of one of its two writers, as WhatsApp names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...types import Audience, Exposure, ExposureAssessment
from ..path_index import fold
from .conversations import of_group, of_two
from .parsing import load_words
from .whatsapp_chat import ChatMessage, MessageMedia

_MAX_WRITERS = 3  # that are counted: with these it is a group
_MIN_NUMBER = 7  # digits of a telephone number


def _phrases(*fields: str) -> str:
    words = (word for field in fields for word in load_words("whatsapp", field))
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_EVENT = re.compile(rf"(?<!\w)(?:{_phrases('group_event')})(?!\w)")
_GROUP = re.compile(  # what system texts call a group, and what happens in groups alone
    rf"(?<!\w)(?:{_phrases('group', 'group_event')}|(?:{_phrases('group_beginnings')})\w*)(?!\w)"
    rf"|{_phrases('group_anywhere')}"
)
_GROUP_CALL = re.compile(_phrases("group_call"))
_ONE_TO_ONE = re.compile(_phrases("one_to_one"))
_ENCRYPTION = re.compile(_phrases("encryption"))
_QUOTE = re.compile("[\"'\u201c\u201d\u201e\u2018\u00ab]")
_UNUSABLE = re.compile(r'[\\/:*?"<>|_]')  # in the name of a file
_INVISIBLE = re.compile("[\u200d\ufe0e\ufe0f]")  # they tell emojis apart, and are lost on the way

GROUP = Audience("group", "chat_type")
PAIR = Audience("one-to-one", "chat_type")
_SAYS_GROUP = of_group("a WhatsApp group, as the chat itself says")
_MANY_WROTE = of_group("a WhatsApp group, since three people or more wrote")
_SAYS_PAIR = of_two("a WhatsApp chat of two people, as the chat itself says")
_NAMES_WRITER = of_two("a WhatsApp chat called after one of its writers, as chats of two people are")
_TWO_WROTE = Exposure.UNKNOWN.because(
    "two people wrote in this WhatsApp chat; a group in which only two wrote looks the same"
)
_ONE_WROTE = Exposure.UNKNOWN.because(
    "one person wrote in this WhatsApp chat; a group in which only one wrote looks the same"
)
_NOBODY_WROTE = Exposure.UNKNOWN.because("nobody wrote in the chat text, so who could see it is not known")


class ChatMembers:
    """What the messages of one chat show of the people in it."""

    def __init__(self) -> None:
        self.title: str | None = None  # on iOS the chat itself "says" that it is encrypted
        self._writers: set[str] = set()
        self._says_group = False
        self._says_pair = False
        self._is_ios = False
        self._has_marks = False

    def add(self, message: ChatMessage, media: MessageMedia) -> None:
        """One more message, or system text."""
        sender, text = message.sender, fold(" ".join(message.lines[:1]))
        self._is_ios |= message.is_ios
        self._has_marks |= message.is_marked
        is_marked = message.is_marked and not media
        if sender is None or is_marked or (message.is_ios and _ENCRYPTION.search(text)):
            self._says_group |= _GROUP_CALL.search(text) is None and _GROUP.search(text) is not None
            self._says_pair |= (sender is None or is_marked) and _ONE_TO_ONE.search(text) is not None
            if self.title is None and is_marked and _ENCRYPTION.search(text):
                self.title = sender
        elif _QUOTE.search(sender) and _EVENT.search(fold(sender)):
            self._says_group = True  # `Bo changed the subject to "Trip: 2020"`
        elif len(self._writers) < _MAX_WRITERS:
            self._writers.add(sender)

    def assess(self, titles: Iterable[str | None], record: str) -> tuple[Audience | None, ExposureAssessment]:
        """Who could see the chat, by what WhatsApp calls it and the chat's text (`record`)."""
        if self._says_group:
            return GROUP, _SAYS_GROUP.on(record)
        if len(self._writers) >= _MAX_WRITERS:
            return GROUP, _MANY_WROTE.on(record)
        if self._says_pair:
            return PAIR, _SAYS_PAIR.on(record)
        names = {_as_name(title) for title in titles if title} - {""}
        if self._is_ios and not self._has_marks:
            names.clear()  # what a group itself "says" there looks like the text of a writer of its name
        if names & {_as_name(writer) for writer in self._writers}:
            return PAIR, _NAMES_WRITER.on(record)
        return None, (_NOBODY_WROTE, _ONE_WROTE, _TWO_WROTE)[len(self._writers)]


def _as_name(name: str) -> str:
    """A name as it can be compared: a telephone number by its digits, all else as the name of a file."""
    digits = re.sub(r"[^\d]", "", name)
    if name.lstrip().startswith("+") and len(digits) >= _MIN_NUMBER:
        return f"+{digits}"
    return " ".join(_INVISIBLE.sub("", _UNUSABLE.sub("_", fold(name))).split())
