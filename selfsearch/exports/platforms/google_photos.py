"""Google Photos, as Google Takeout exports it: a folder per year and per album, JSON beside the photographs.

Folder and file names are localised, so albums are known by the content of their record and exports by their
sidecars. A photograph stands in its year's folder and once more in each album's: one mention for each.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from ..export import Export
from ..path_index import PathIndex, fold
from .base import Account, Root
from .google_names import SUFFIX, exported_at, key, pair, series, split_counter, split_ending, without_suffix
from .google_records import PLATFORM, Album, Item, bare, in_album, read, read_item
from .legacy import Mention, Provenance
from .media_refs import MEDIA_EXTENSIONS, is_media_name

__all__ = ["account", "confirm", "derivative", "mentions", "name", "orphan", "roots", "series", "title"]

name = PLATFORM
title = "Google Photos (Takeout)"

# The product's folder in the languages in which it is known; in others the sidecars give it away.
PRODUCT = frozenset(
    fold(word)
    for word in (
        "Google Photos", "Google Fotos", "Google Foto", "Fotky Google", "Google Фото", "Google Снимки",
        "Google Foto's", "Google Bilder", "Zdjęcia Google", "Google Fotoğraflar", "Google Fotók",
        "Google フォト", "Google 相册", "Google 相簿", "Google 포토",
    )
)  # fmt: skip
_TRASH = frozenset(
    (
        "trash", "bin", "papelera", "lixeira", "lixo", "cestino", "corbeille", "papierkorb", "prullenbak",
        "корзина", "kosz", "koš",
    )
)  # fmt: skip
_ARCHIVE = frozenset(
    ("archive", "archivo", "arquivo", "archivio", "archiv", "archief", "архив", "archiwum", "archív")
)
_YEAR = re.compile(r"(?<![0-9])(?:18|19|20)[0-9]{2}(?![0-9])")
_PHOTO_WORD = re.compile(
    "phot|fot|bilder|kuv|zdj|снимк|фото|світлин|写真|照片|相片|사진|صور|תמונות|รูป|ảnh|görsel|fénykép|slike|εικόν"
)
_KEYS = ('"photoTakenTime"', "photos.google.com", '"googlePhotosOrigin"', '"geoDataExif"')
_SAMPLE = 3  # sidecars with something in them that may lack Google's keys before another program wrote them


def roots(names: PathIndex) -> Iterable[Root]:
    """The product's folder; failing that, the one around folders that hold sidecars."""
    found: dict[str, Root] = {}
    guessed: dict[str, Root] = {}
    for folder, sidecars in _folders(names).items():
        if prefix := _product(folder):
            word = prefix.rstrip("/").rpartition("/")[2]
            found.setdefault(prefix, Root(prefix, f"folder “{word}” of a Google Takeout"))
        elif sidecars or (_is_year(folder) and "takeout" in fold(folder)):
            prefix = folder[: folder.rstrip("/").rfind("/") + 1]
            why = f"photographs with Google's JSON records in “{folder.rstrip('/') or '.'}”"
            guessed.setdefault(prefix, Root(prefix, why))
    for prefix, root in sorted(guessed.items()):
        if not any(known.startswith(prefix) or prefix.startswith(known) for known in found):
            found[prefix] = root
    return list(found.values())


def _folders(names: PathIndex) -> dict[str, bool]:
    """Every folder with a file in it, and whether one of them is called like a photograph's record."""
    found: dict[str, bool] = {}
    for path in names.paths:
        folder = path[: path.rfind("/") + 1]
        if not found.get(folder):
            found[folder] = path[-5:].lower() == ".json" and _is_sidecar(path[len(folder) :])
    return found


def _is_sidecar(record: str) -> bool:
    base = split_counter(record[: -len(".json")])[0]
    if "." + SUFFIX in base.lower():
        return True
    return split_ending(without_suffix(base))[1][1:].lower() in MEDIA_EXTENSIONS


def _product(folder: str) -> str | None:
    """The path down to the outermost folder that carries the product's name."""
    parts = folder.split("/")
    for depth, part in enumerate(parts):
        if fold(part) in PRODUCT:
            return "/".join(parts[: depth + 1]) + "/"
    return None


def _is_year(folder: str) -> bool:
    word = fold(folder.rstrip("/").rpartition("/")[2])
    return bool(_YEAR.search(word) and _PHOTO_WORD.search(word))


def confirm(export: Export) -> bool:
    """Other programs write IMG.jpg.json too: some sidecar must hold Google's keys. Without any, names do."""
    sidecars = (path for path in export.members if path[-5:].lower() == ".json" and _is_sidecar(_base(path)))
    texts = islice((text for path in sidecars if (text := export.text(path)).strip()), _SAMPLE)
    foreign = [text for text in texts if not any(word in text for word in _KEYS)]
    return len(foreign) < _SAMPLE


def account(export: Export) -> Account:
    """Takeout does not name the account in this product's folder."""
    return Account(exported_at=exported_at(export.name))


def derivative(path: str) -> str | None:
    """Videos that Google failed to process are exported once more in a folder of their own."""
    if "failed videos" in fold(path).split("/")[:-1]:
        return "a video that Google Photos could not process (Failed Videos)"
    return None


def orphan(export: Export, path: str) -> Provenance:
    """The folder says whether it is the library, the trash, the archive, or an album."""
    return _in_folder(bare("library"), None, _folder_name(path))


@dataclass(slots=True)
class _Folder:
    media: list[str] = field(default_factory=list)  # paths
    records: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Said:
    """What the records of one folder say that are no photograph's by their names."""

    album: Album | None = None
    spare: list[Item] = field(default_factory=list)


def mentions(export: Export) -> Iterator[Mention]:
    """Each photograph with its record and album; then records whose photograph is elsewhere, or nowhere."""
    folders = _by_folder(export)
    early = _read_all(export) if _forward_only(export) else {}
    known: dict[str, str] = {}  # web address -> a photograph's path
    homeless: list[Mention] = []
    for folder in folders.values():
        for mention in _folder_mentions(export, folder, early):
            if mention.path is None or mention.path not in export.members:
                homeless.append(mention)
                continue
            if mention.provenance.url:
                known.setdefault(mention.provenance.url, mention.path)
            yield mention
    for mention in homeless:
        yield Mention(known.get(mention.provenance.url or "", mention.path), mention.provenance)


def _by_folder(export: Export) -> dict[str, _Folder]:
    folders: dict[str, _Folder] = {}
    for path in export.members:
        folder = folders.setdefault(path[: path.rfind("/") + 1], _Folder())
        if path[-5:].lower() == ".json":
            folder.records.append(path)
        elif not _base(path).startswith("."):
            folder.media.append(path)
    return folders


def _forward_only(export: Export) -> bool:
    return any(member.container.forward_only for member in export.members.values())


def _read_all(export: Export) -> dict[str, Item | Album | None]:
    """All records in the order in which they lie in the archive: going back would mean starting again."""
    return {path: _record(export, path) for path in export.members if path[-5:].lower() == ".json"}


def _record(export: Export, path: str) -> Item | Album | None:
    data = export.json(path)
    sidecar = _is_sidecar(_base(path))
    found = read_item(data) if sidecar else read(data)
    if found is None and (sidecar or not isinstance(data, (dict, list))):
        export.note(
            path, "not a Google Photos record: a JSON object with its fields was expected", unread=True
        )
    return found


def _folder_mentions(
    export: Export, folder: _Folder, early: dict[str, Item | Album | None]
) -> Iterator[Mention]:
    pairs = _pairs(folder)
    said = _said(export, folder, early, set(pairs.values()))
    by_title = _by_title([path for path in folder.media if path not in pairs], said.spare)
    for path in folder.media:
        item = _own(export, pairs[path], early) if path in pairs else by_title.get(path)
        if item or (said.album and is_media_name(path)):
            yield Mention(path, _in_folder(item.provenance if item else None, said.album, _folder_name(path)))
    matched = {id(item) for item in by_title.values()}
    for item in said.spare:
        if id(item) not in matched:
            yield _absent(export, folder, item, said.album)


def _absent(export: Export, folder: _Folder, item: Item, album: Album | None) -> Mention:
    """A record whose photograph is not in its folder, under the name that it would have there."""
    record = folder.records[0]
    said = _in_folder(item.provenance, album, _folder_name(record))
    path = record[: record.rfind("/") + 1] + item.title.replace("/", "_")
    return Mention(path if item.title and export.find(path) is None else None, said)


def _said(export: Export, folder: _Folder, early: dict[str, Item | Album | None], used: set[str]) -> _Said:
    said = _Said()
    for path in folder.records:
        if path in used:  # read with its photograph: a folder may hold half a million
            continue
        found = early.pop(path) if path in early else _record(export, path)
        if isinstance(found, Album):
            said.album = said.album or found
        elif found:
            said.spare.append(found)
    return said


def _own(export: Export, path: str, early: dict[str, Item | Album | None]) -> Item | None:
    """The record that a photograph has by its name; several photographs may have the same."""
    found = early[path] if path in early else _record(export, path)
    return found if isinstance(found, Item) else None


def _pairs(folder: _Folder) -> dict[str, str]:
    """Media path -> record path. All lie in one folder, so that their names tell."""
    records = {_base(path): path for path in folder.records}
    found = pair(map(_base, folder.media), list(records))
    return {path: records[found[one]] for path in folder.media if (one := _base(path)) in found}


def _by_title(paths: list[str], spare: list[Item]) -> dict[str, Item]:
    """What names alone did not match, by the title in the record, where one photograph fits one record."""
    titles: dict[str, list[Item]] = {}
    for item in spare:
        if item.title:
            titles.setdefault(key(split_ending(item.title)[0]), []).append(item)
    wanted: dict[str, list[str]] = {}
    if titles:
        order = sorted(titles)
        for path in paths:
            if fits := _fitting(key(split_ending(split_counter(_base(path))[0])[0]), order):
                wanted.setdefault(fits, []).append(path)
    return {
        paths[0]: titles[one][0] for one, paths in wanted.items() if len(paths) == 1 and len(titles[one]) == 1
    }


def _fitting(stem: str, order: list[str]) -> str | None:
    """The title that is this name, or the only one that a long name can be the beginning of."""
    at = bisect_left(order, stem)
    near = [one for one in order[at : at + 2] if one.startswith(stem)]
    if near and near[0] == stem:
        return stem
    return near[0] if len(near) == 1 and len(stem) >= 20 else None


def _in_folder(said: Provenance | None, album: Album | None, folder: str) -> Provenance:
    """What is said of an item, with what its folder adds."""
    said = said or bare("library")
    word = fold(folder)
    if album:
        return in_album(said, album, folder)
    if word in _TRASH or word in _ARCHIVE:
        there = bare("trashed" if word in _TRASH else "archived")
        return _standing_as(said, there) if said.context == "library" else said
    return said if not folder or _is_year(folder) else in_album(said, Album(folder), folder)


def _standing_as(said: Provenance, there: Provenance) -> Provenance:
    return replace(
        said, context=there.context, exposure=there.exposure, exposure_reason=there.exposure_reason
    )


def _folder_name(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[2]


def _base(path: str) -> str:
    return path.rpartition("/")[2]
