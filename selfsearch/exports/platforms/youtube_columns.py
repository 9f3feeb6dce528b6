# ruff: noqa: RUF001 (the Turkish words have a dotless i)
"""The columns of YouTube's CSVs, whose headers and values are in the language of the account.

Values tell most: identifiers and times look the same everywhere. The rest goes by words in the header.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...types import Exposure
from ..path_index import fold

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")

_PUBLIC = (
    "public", "öffentlich", "publique", "público", "pública", "publico", "pubblico", "pubblica",
    "openbaar", "publiczny", "publiczne", "публичный", "открытый доступ", "доступно всем", "公開",
    "公开", "공개", "julkinen", "offentlig", "offentligt", "herkese açık", "nyilvános", "veřejné",
    "veřejný", "verejné", "vieša", "viešas", "δημόσιο", "công khai", "publik", "สาธารณะ",
    "public listed",
)  # fmt: skip
_UNLISTED = (
    "unlisted", "nicht gelistet", "non répertoriée", "non répertorié", "no listado", "no listada",
    "oculto", "non in elenco", "não listado", "não listada", "niepubliczny", "niepubliczne",
    "verborgen", "niet vermeld", "доступ по ссылке", "не в списке", "限定公開", "不公开列出",
    "일부 공개", "liste dışı", "olistad", "nem listázott", "neveřejné", "nelistat", "nelistată",
)  # fmt: skip
_PRIVATE = (
    "private", "privat", "privé", "privée", "privado", "privada", "privato", "privata", "prywatny",
    "prywatne", "ограниченный доступ", "личный", "非公開", "私享", "私人", "비공개", "yksityinen",
    "özel", "privát", "soukromé", "soukromý", "súkromné", "privati", "privatus", "ιδιωτικό",
    "riêng tư", "pribadi",
)  # fmt: skip
PRIVACY = {
    **dict.fromkeys(_PUBLIC, Exposure.PUBLIC),
    **dict.fromkeys(_UNLISTED, Exposure.NETWORK),  # anyone who has the link
    **dict.fromkeys(_PRIVATE, Exposure.PRIVATE),
}

_TITLE = (
    "title", "titel", "título", "titulo", "titre", "titolo", "tytuł", "titlu", "başlı", "názov",
    "název", "cím", "naslov", "заголов", "назван", "назва", "タイトル", "标题", "標題", "제목",
    "pavadinim", "nosaukum", "otsikko", "tittel", "τίτλ", "tiêu đề", "ชื่อ", "judul",
)  # fmt: skip
_DESCRIPTION = (
    "descri", "beschreib", "beschrijv", "omschrijv", "opis", "описан", "опис", "説明", "描述",
    "说明", "說明", "설명", "kuvaus", "beskriv", "açıklama", "leírás", "popis", "aprašym",
    "περιγραφ", "deskripsi", "mô tả",
)  # fmt: skip
_PRIVACY_HEADER = (
    "privac", "privat", "datenschutz", "sichtbarkeit", "confidential", "visibil", "zichtbaar",
    "prywatno", "конфиденц", "доступ", "видимость", "プライバシー", "公開", "隐私", "隱私", "개인",
    "공개", "yksityisyys", "integritet", "personvern", "gizlilik", "adatvéd", "soukrom", "súkrom",
    "privatum",
)  # fmt: skip
_CHANNEL_HEADER = (
    "channel", "kanal", "kanał", "canal", "chaîne", "kanaal", "канал", "チャンネル", "频道", "頻道",
    "채널",
)  # fmt: skip
_PUBLISHED = (
    "publish", "veröffentlich", "publica", "publié", "pubblica", "gepubliceerd", "publiek",
    "publicer", "opublik", "публик", "公開", "发布", "發布", "게시", "paskelb", "yayın", "julkais",
    "közzét",
)  # fmt: skip
_CREATED = (
    "creat", "erstell", "creac", "créat", "creaz", "criaç", "aanmaak", "gemaakt", "utworz",
    "создан", "作成", "创建", "建立", "생성", "sukūr", "oluştur", "opret", "skap", "luonti",
    "létrehoz",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """The headers that matter, as the CSV spells them; None for what it does not have."""

    video: str | None = None
    channel: str | None = None
    title: str | None = None
    description: str | None = None
    privacy: str | None = None
    seconds: str | None = None
    created: str | None = None
    published: str | None = None

    @property
    def lists_uploads(self) -> bool:
        """Whether these are the columns of the list of uploads, and not of comments, playlists or texts."""
        if self.video is None:
            return False
        marks = (self.title, self.privacy, self.seconds, self.channel)
        return sum(mark is not None for mark in marks) >= 2 or self.title is not None


def exposure(word: str, field: str = "Privacy") -> tuple[Exposure, str]:
    """Who could see a video of this privacy, and why. `field` is what the record calls it."""
    level = PRIVACY.get(fold(word).strip(), Exposure.UNKNOWN)
    reason = f'YouTube: {field} = "{word}"'
    if level is Exposure.UNKNOWN:
        return level, f"{reason}, a word that is not known"
    return level, f"{reason}: anyone who has the link" if level is Exposure.NETWORK else reason


def columns(rows: Sequence[Mapping[str, str]]) -> Columns:
    """What each column of a CSV is. `rows` have the same headers, but for the ends of rows that are cut."""
    headers: list[str] = []
    for row in rows:
        headers = list(row) if len(row) > len(headers) else headers
    video = _named(headers, ("video id", "video-id")) or _where(rows, headers[:1], VIDEO_ID.fullmatch)
    times = _all_where(rows, headers, _TIME.fullmatch)
    created, published = _times(times)
    channel_words = [header for header in headers if _says(header, _CHANNEL_HEADER)]
    own = [header for header in headers if header not in channel_words and header != video]
    title = _named(own, ("video title (original)",)) or _saying(own, _TITLE)
    rest = [header for header in own if header != title]
    return Columns(
        video=video,
        channel=_where(rows, headers, CHANNEL_ID.match) or _named(headers, ("channel id",)),
        title=title,
        description=_saying(rest, _DESCRIPTION),
        privacy=_where(rows, rest, lambda text: fold(text).strip() in PRIVACY)
        or _saying(rest, _PRIVACY_HEADER),
        seconds=_saying(rest, ("(ms)",)),
        created=created,
        published=published,
    )


def _times(headers: list[str]) -> tuple[str | None, str | None]:
    """The time columns of creation and of publication: by their words, else in this order."""
    published = _saying(headers, _PUBLISHED)
    created = _saying([header for header in headers if header != published], _CREATED)
    rest = [header for header in headers if header not in (created, published)]
    created = created or (rest.pop(0) if rest else None)
    return created, published or (rest[0] if rest else None)


def _where(
    rows: Sequence[Mapping[str, str]], headers: Sequence[str], fits: Callable[[str], object]
) -> str | None:
    return next(iter(_all_where(rows, headers, fits)), None)


def _all_where(
    rows: Sequence[Mapping[str, str]], headers: Sequence[str], fits: Callable[[str], object]
) -> list[str]:
    """The columns where half of the values fit: a damaged row must not hide a column."""
    found = []
    for header in headers:
        values = [text for row in rows if (text := row.get(header, "").strip())]
        if values and 2 * sum(bool(fits(text)) for text in values) >= len(values):
            found.append(header)
    return found


def _named(headers: Sequence[str], names: Sequence[str]) -> str | None:
    return next((header for header in headers if fold(header).strip() in names), None)


def _saying(headers: Sequence[str], words: Sequence[str]) -> str | None:
    return next((header for header in headers if _says(header, words)), None)


def _says(header: str, words: Sequence[str]) -> bool:
    return any(word in fold(header) for word in words)
