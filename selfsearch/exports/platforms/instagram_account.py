"""Whose Instagram export it is, and what its privacy setting and the history of it say about an item.

Instagram exports no audience. The account's own setting stands in, with its doubts: it is known for the
day of the export, and for other days only where the export has a history of it. Labels are localised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...types import Exposure
from ..export import Export
from ..path_index import fold
from .base import Account, Period
from .dates import parse_timestamp
from .meta import document, download, records, repaired
from .parsing import as_dict, as_list, as_text

_USERNAME = (
    "Username|Benutzername|Nom d'utilisateur|Nom de profil|Nombre de usuario|Nome utente|Nome de usuário|"
)
_USERNAME += "Nome de utilizador|Gebruikersnaam|Användarnamn|Brukernavn|Brugernavn|Nazwa użytkownika"
_NAME = "Name|Nom|Nombre|Nome|Naam|Namn|Navn|Nazwa"
_PRIVATE = (
    "Private Account|Privates Konto|Compte privé|Cuenta privada|Account privato|Conta privada|Privéaccount|"
)
_PRIVATE += "Privat konto|Konto prywatne|Закрытый аккаунт|Gizli Hesap|非公開アカウント|비공개 계정"
_YES = frozenset(
    [
        "true",
        "yes",
        "wahr",
        "ja",
        "vrai",
        "oui",
        "verdadero",
        "sí",
        "si",
        "vero",
        "verdadeiro",
        "sim",
        "waar",
        "prawda",
        "tak",
    ]
)
_NO = frozenset(
    ["false", "no", "falsch", "nein", "faux", "non", "falso", "não", "onwaar", "nee", "fałsz", "nie"]
)
_TO_PRIVATE = ("privat", "privé", "privad", "prywatn", "закрыт", "gizli")
_TO_PUBLIC = ("public", "públic", "pubblic", "öffentlich", "openbaar", "открыт")

_UNSAID = "Instagram does not export the audience"
_FIXED = {
    "archived": (Exposure.PRIVATE, "in the archive: only its owner sees it now", "file"),
    "deleted": (Exposure.PRIVATE, "recently deleted: only its owner sees it now", "file"),
    "message": (
        Exposure.PRIVATE,
        "in the messages folder: only the people in the conversation could see it",
        "chat_type",
    ),
    "profile_photo": (
        Exposure.PUBLIC,
        "by Instagram's own rule, not by the export: a profile photo is public, also of a private account",
        None,
    ),
    "repost": (Exposure.UNKNOWN, f"{_UNSAID}; a post of somebody else", None),
    "other": (Exposure.UNKNOWN, f"{_UNSAID}, nor what kind of item this is", None),
}


@dataclass(frozen=True)
class Privacy:
    """The account's setting: as it was on the day of the export, and its history where there is one."""

    private: bool | None
    setting: str  # as the export writes it, "'Private Account': True"
    history: tuple[Period, ...]

    def audience(self, context: str, posted_at: str | None) -> dict[str, Any]:
        """exposure, exposure_reason and audience_source of an item of the owner's."""
        level, reason, source = _FIXED.get(context) or self._posted(posted_at)
        if context == "story":
            level, reason = _story(level, reason)
        return {"exposure": level, "exposure_reason": reason, "audience_source": source}

    def _posted(self, when: str | None) -> tuple[Exposure, str, str | None]:
        for period in self.history:
            if when and (period.since or "") <= when and (period.until is None or when < period.until):
                level = Exposure.PUBLIC if period.public else Exposure.NETWORK
                return level, f"{_UNSAID}; {period.reason}", "account_setting"
        if self.private is None:
            return (
                Exposure.UNKNOWN,
                f"{_UNSAID}, and the account's setting is not in this export",
                None,
            )
        if self.history:
            return Exposure.UNKNOWN, f"{_UNSAID}; the account was private at times, public at others", None
        return self._now()

    def _now(self) -> tuple[Exposure, str, str | None]:
        stated = f"when the export was made (setting {self.setting}); earlier it may not have been"
        word, level = ("private", Exposure.NETWORK) if self.private else ("public", Exposure.PUBLIC)
        return level, f"{_UNSAID}; the account was {word} {stated}", "account_setting"


def _story(level: Exposure, reason: str) -> tuple[Exposure, str]:
    """A story may have gone to close friends only, so a public account does not make it public."""
    if level is Exposure.PUBLIC:
        return Exposure.UNKNOWN, f"{reason}; a story may have been for close friends only"
    return level, f"{reason}; a story lasts a day, and may have been for close friends only"


def account(export: Export) -> Account:
    """From the profile record, else from the download's name."""
    profile = _profile(export)
    user, date = download("instagram", export.name) or old_download(export.name) or (None, None)
    seen = privacy(export)
    periods = seen.history
    if seen.private is not None and not periods:
        reason = f"the account's setting when the export was made ({seen.setting})"
        periods = (Period(not seen.private, date, None, reason),)
    return Account(
        _value(profile, _USERNAME) or as_text(profile.get("username")) or user,
        _value(profile, _NAME) or as_text(profile.get("name")),
        exported_at=date,
        periods=periods,
    )


def old_download(container: str) -> tuple[str, str] | None:
    """(user, date) from a name of until 2021, "ana.example_20210501_part_1"."""
    match = re.match(r"([\w.]{1,30})_(\d{4})(\d\d)(\d\d)_part_\d+(\.\w+)?$", container)
    return (match[1], f"{match[2]}-{match[3]}-{match[4]}") if match else None


def privacy(export: Export) -> Privacy:
    """The privacy setting and its history, worked out once."""
    if "instagram.privacy" not in export.memo:
        profile = _profile(export)
        label, value = _entry(profile, _PRIVATE)
        if value is None and "private_account" in profile:
            label, value = "private_account", profile.get("private_account")
        private = _truth(value)
        export.memo["instagram.privacy"] = Privacy(private, f"'{label}': {value}", _history(export, private))
    found: Privacy = export.memo["instagram.privacy"]
    return found


def _profile(export: Export) -> dict[str, Any]:
    """`string_map_data` of the profile record; of the oldest exports, the whole record."""
    if "instagram.profile" not in export.memo:
        export.memo["instagram.profile"] = next(_profiles(export), {})
    profile: dict[str, Any] = export.memo["instagram.profile"]
    return profile


def _profiles(export: Export) -> Iterator[dict[str, Any]]:
    for path in export.with_name("personal_information.json"):
        for user in as_list(as_dict(repaired(document(export, path))).get("profile_user")):
            fields = dict(as_dict(as_dict(user).get("string_map_data")))
            if fields:
                yield fields
    for path in export.with_name("profile.json"):
        profile = dict(as_dict(repaired(document(export, path))))
        if "username" in profile:
            yield profile


def _entry(profile: dict[str, Any], labels: str) -> tuple[str, Any]:
    for label in labels.split("|"):
        if isinstance(profile.get(label), dict):
            return label, profile[label].get("value")
    return labels.partition("|")[0], None


def _value(profile: dict[str, Any], labels: str) -> str | None:
    return as_text(_entry(profile, labels)[1])


def _truth(value: Any) -> bool | None:
    said = fold(str(value)).strip()
    return True if said in _YES else False if said in _NO else None


def _history(export: Export, private: bool | None) -> tuple[Period, ...]:
    """The account's public and private times; the last one only when today's setting agrees with it."""
    changes = sorted(_changes(export))
    if not changes:
        return ()
    first, public = changes[0]
    periods = [_period(not public, None, first)]
    for number, (since, public) in enumerate(changes):
        until = changes[number + 1][0] if number + 1 < len(changes) else None
        if until or private is None or private is not public:
            periods.append(_period(public, since, until))
    return tuple(periods)


def _period(public: bool, since: str | None, until: str | None) -> Period:
    word = "public" if public else "private"
    span = " ".join(f"{name} {when[:10]}" for name, when in (("from", since), ("until", until)) if when)
    return Period(public, since, until, f"the account was {word} {span} (profile_privacy_changes)")


def _changes(export: Export) -> Iterator[tuple[str, bool]]:
    for path in export.with_name("profile_privacy_changes.json"):
        for entry in records(export, path):
            fields = [as_dict(field) for field in as_dict(entry.get("string_map_data")).values()]
            times = (parse_timestamp(field.get("timestamp")) for field in (entry, *fields))
            when = next((time for time in times if time), None)
            public = _became_public([entry.get("title"), *(field.get("value") for field in fields)])
            if when and public is not None:
                yield when, public
            else:
                export.note(path, "a change of the privacy setting is worded in a way that is not known")


def _became_public(texts: list[Any]) -> bool | None:
    """The state that is named last: "from private to public" means public."""
    told = fold(" ".join(as_text(text) or "" for text in texts))
    private = max(told.rfind(word) for word in _TO_PRIVATE)
    public = max(told.rfind(word) for word in _TO_PUBLIC)
    return None if private == public else public > private
