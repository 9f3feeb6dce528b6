"""Every parser of untrusted bytes, as a function of bytes. `scripts/fuzz` and tests/test_fuzz.py run them.

What stands for a whole chain goes through it to its end: the members of an archive are listed, read, and
written down in a library.
"""

from __future__ import annotations

import atexit
import io
import tempfile
import zipfile
from contextlib import ExitStack, suppress
from dataclasses import asdict
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from selfsearch import settings
from selfsearch.containers.base import Member
from selfsearch.errors import ItemError, LibraryError, PackError, UsageError
from selfsearch.exports.discovery import discover
from selfsearch.exports.export import Export
from selfsearch.exports.platforms import PLATFORMS
from selfsearch.exports.source import FileSet, Source, SourcePart
from selfsearch.library import backup, items, root_key, sources
from selfsearch.library.library import Library, open_library
from selfsearch.media import decode, phash
from selfsearch.media.exif import TiffDirectories, read_orientation
from selfsearch.media.metadata import MetadataBlocks, find_iptc, read_facts
from selfsearch.media.sniff import read_picture, sniff
from selfsearch.monitoring import notify
from selfsearch.packs.onnx_inspect import check_model, inspect_model
from selfsearch.packs.pack_archive import open_pack
from selfsearch.recognition import messages
from selfsearch.recognition.model_pack import read_pack
from selfsearch.types import Outcome
from tests.archives import write_zip
from tests.exports import Pack, _Memory
from tests.fuzzing import Target

MAX_READ = 1 << 22  # bytes of a member
NOW = "2026-01-01T00:00:00+00:00"
PICTURE = b"\xff\xd8\xff\xd9"  # in the place of every media file
RECORD_ENDINGS = (".json", ".js", ".csv", ".html", ".txt", ".xmp", ".xml")

_stack = ExitStack()
atexit.register(_stack.close)


class Unforeseen(Exception):
    """The boundary of a file had to catch something."""


class Memory(_Memory):
    """Files in memory, as an archive."""

    is_folder = False
    stamp = None
    only = None

    def checksum(self, member: Member) -> None:
        """Not known."""


class Undo(Exception):
    """Ends a transaction."""


@cache
def scratch() -> Path:
    """A folder of ours."""
    return Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="selfsearch-fuzz-")))


@cache
def library() -> Library:
    """A library of ours."""
    home, keys = scratch() / "library", scratch() / "keys"
    return _stack.enter_context(open_library(home, key_folder=keys, create=True, writing=True))


def written(name: str, data: bytes) -> Path:
    """The bytes as a file."""
    path = scratch() / name
    path.write_bytes(data)
    return path


def store(source: Source) -> None:
    """Read everything in a source and write it down, with what is said about it; then undo that."""
    with suppress(Undo), library().atomic():
        account = source.account
        row = sources.save_source(
            library(),
            {
                "locator": "fuzz", "root": "/fuzz", "platform": source.platform, "title": source.title,
                "why": source.why, "account": account.name, "display_name": account.display_name,
                "exported_at": account.exported_at, "periods": [asdict(period) for period in account.periods],
                "containers": list(source.containers), "added_at": NOW,
            },
        )  # fmt: skip
        for item in source.items():
            outcome, reason = item.decided or _read(item)
            if outcome is Outcome.FAILED:
                raise Unforeseen(reason)
            new = items.NewItem(
                item.path, item.address, item.size, item.stamp, item.provenance, outcome, reason, None
            )
            items.save_item(library(), row.id, new, NOW)
        raise Undo


def _read(item: Any) -> tuple[Outcome, str | None]:
    try:
        item.member.read(MAX_READ)
        with item.member.open() as stream:
            read_picture(stream)
    except ItemError as exc:
        return exc.outcome, str(exc)
    return Outcome.NO_FACE, None


def archive(data: bytes) -> None:
    """Zip, tar, compressed tars, and what is none of them."""
    for source in discover(written("archive.bin", data)).sources:
        try:
            store(source)
        finally:
            source.close()


def inner_archive(data: bytes) -> None:
    """A zip that a platform put into its zip, as it is and packed again."""
    name = "iCloud Photos Part 1 of 1"
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        outer = write_zip(scratch() / f"{name}.zip", {f"{name}/iCloud Shared Albums.zip": data}, method)
        for source in discover(outer).sources:
            try:
                store(source)
            finally:
                source.close()


@cache
def pack_of(platform: str) -> Pack:
    """An invented export of a platform, small."""
    module = import_module(f"tests.exports.{platform}")
    pack: Pack = module.build(module.LAYOUTS[0])
    return pack


def export(platform: str, data: bytes) -> None:
    """One record of an export is something else. The first byte says which record."""
    pack = pack_of(platform)
    records = sorted(filter(_is_record, pack.files))
    damaged = pack.files | {records[(data[:1] or b"\0")[0] % len(records)]: data[1:]}
    container = Memory({path: data if _is_record(path) else PICTURE for path, data in damaged.items()})
    reader = next(each for each in PLATFORMS if each.__module__.endswith(f".{platform}"))
    members = list(container.members())
    reader.confirm(Export(pack.name, {member.path: member for member in members}))
    store(Source(FileSet(reader, [SourcePart(container, "", members, pack.name)]), title="x", why="x"))  # type: ignore[arg-type]


EXPORTS = (  # modules of tests/exports
    "bereal", "discord", "facebook", "flickr", "google_chat", "google_maps",
    "google_photos", "google_plus", "hangouts", "icloud", "instagram", "linkedin", "mastodon",
    "reddit", "snapchat", "telegram", "tiktok", "twitter", "whatsapp", "youtube",
)  # fmt: skip


def _is_record(path: str) -> bool:
    return path.lower().endswith(RECORD_ENDINGS)


def records(data: bytes) -> None:
    """Each way in which an export gives out a record."""
    for assigned in (False, True):
        list(_export_of(data).each("a.json", "", "media", "*", assigned=assigned))
    list(_export_of(data).objects("a.json", lambda prefix: prefix.endswith("item")))
    _export_of(data).json("a.json")
    list(_export_of(data).rows("a.json"))


def _export_of(data: bytes) -> Export:
    pack = Pack("any")
    pack.add("a.json", data)
    return pack.as_export()


def picture(data: bytes) -> None:
    """Every decoder."""
    kind, data = read_picture(io.BytesIO(data))
    still = decode.open_still(data, kind)
    _ = still.facts
    for side in (64, 1600):
        phash.perceptual_hash(still.pixels(side))


def metadata(data: bytes) -> None:
    """EXIF, XMP and IPTC as they lie in a picture."""
    read_facts(MetadataBlocks(data, data, data))
    read_facts(MetadataBlocks(iptc=find_iptc(data)))
    read_orientation(data)
    directories = TiffDirectories.find(data)
    if directories:
        directories.claimed_bytes()


def manifest(data: bytes) -> None:
    """A model pack's manifest."""
    folder = scratch() / "pack"
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_bytes(data)
    _ = read_pack(folder).terms


def onnx(data: bytes) -> None:
    """A model file."""
    path = written("model.onnx", data)
    check_model(path, "model.onnx", inspect_model(path, "model.onnx"))


def pack_archive(data: bytes) -> None:
    """A model pack as a zip."""
    with open_pack(written("pack.zip", data)) as opened:
        for name in opened.sizes:
            opened.text(name)


def backup_file(data: bytes) -> None:
    """A backup, up to the authentication under a key."""
    with backup.opened(written("backup.zip", data)) as opened:
        opened.check()
        opened.authenticate(root_key.RootKey(bytes(32), (bytes(32),)))


def key(data: bytes) -> None:
    """key.json, a key file, a recovery code."""
    for parse in (
        root_key.KeyPlace.parse,
        root_key.RootKey.unpack,
        lambda data: root_key.from_code(data.decode()),
    ):
        with suppress(LibraryError, UsageError, UnicodeDecodeError):
            parse(data)


def answer(data: bytes) -> None:
    """What a worker process says, which a decoder in it may have been made to say."""
    message = messages.receive(io.BytesIO(data))
    if message:
        for decode in (
            lambda: messages.decode_analysis(message, 4),
            lambda: messages.decode_pictures(message, 1),
        ):
            with suppress(messages.MessageError):
                decode()


def config(data: bytes) -> None:
    """config.toml, with the channels of notifications in it."""
    notify.parse(settings.parse(data.decode(), "config.toml").notify)


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target("archive", archive, speed=60),
        Target("inner-archive", inner_archive, speed=30),
        *(
            Target(f"export-{name}", lambda data, name=name: export(name, data), speed=20)  # type: ignore[misc]
            for name in EXPORTS
        ),
        Target("records", records),
        Target("picture", picture, (ItemError,), speed=60),
        Target("metadata", metadata, speed=2000),
        Target("sniff", sniff, speed=5000),
        Target("manifest", manifest, (PackError,)),
        Target("onnx", onnx, (PackError,)),
        Target("pack-archive", pack_archive, (PackError,)),
        Target("backup", backup_file, (LibraryError,)),
        Target("key", key, speed=2000),
        Target("worker-answer", answer, (messages.MessageError,), speed=2000),
        Target("config", config, (UsageError, LibraryError, UnicodeDecodeError)),
    )
}
