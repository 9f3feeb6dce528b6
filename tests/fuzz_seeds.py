"""What the corpus begins with: small files of every kind, made here. No photograph of anybody is in it.

`scripts/fuzz --write-corpus` writes them; what a run found is put beside them by hand.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pillow_heif
from PIL import Image

from selfsearch.library import backup, crypto, root_key
from selfsearch.recognition import messages
from selfsearch.types import Analysis, Facts, Location, Timestamp
from tests import archives, fuzz_targets, hostile, packs
from tests.archives import Raw, raw_zip
from tests.fakes import coloured
from tests.fuzzing import CORPUS

Files = dict[str, bytes]
MEMBERS = {
    "your_instagram_activity/media/posts_1.json": b'[{"media": [{"uri": "media/posts/1.png"}]}]',
    "media/posts/1.png": coloured("red"),
    "photo.txt": b"text",
}


def write() -> None:
    """Write the corpus anew; files of other names stay."""
    for target, files in all_seeds().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)


def all_seeds() -> dict[str, Files]:
    """Target -> name -> content."""
    seeds = {
        "archive": archive(), "inner-archive": inner_archives(), "records": records(),
        "picture": pictures(), "metadata": metadata(),
        "sniff": heads(), "manifest": manifests(), "onnx": onnx(), "pack-archive": pack_archives(),
        "backup": backups(), "key": keys(), "worker-answer": answers(), "config": configs(),
    }  # fmt: skip
    return seeds | {f"export-{name}": export(name) for name in fuzz_targets.EXPORTS}


def archive() -> Files:
    """Zips and tars of every packing."""
    files: Files = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "archive")
        for name, method in {"stored": 0, "deflated": 8, "bzip2": 12, "lzma": 14}.items():
            files[f"{name}.zip"] = archives.write_zip(path, MEMBERS, method).read_bytes()
        for ending in ("", ":gz", ":bz2", ":xz"):
            files[f"tar{ending.replace(':', '-')}"] = archives.write_tar(
                path, MEMBERS, f"w{ending}"
            ).read_bytes()
        long = {"d/" * 120 + "é.png": coloured("blue")}
        for form, number in {"gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}.items():
            names = MEMBERS if form == "ustar" else MEMBERS | long
            files[f"{form}.tar"] = archives.write_tar(path, names, form=number).read_bytes()
        files["tar-lzma"] = archives.write_lzma_tar(path, MEMBERS).read_bytes()
        files["program.exe"] = archives.write_self_extractor(path, MEMBERS).read_bytes()
    files["piped.zip"] = archives.piped_zip(MEMBERS)
    files["piped-stored.zip"] = archives.piped_zip(MEMBERS, 0)
    files["zip64.zip"] = raw_zip(Raw(b"a.png", coloured("red")), Raw(b"b/", b""), zip64=True)
    files["huge.zip"] = raw_zip(Raw(b"a.png", coloured("red"), size=1 << 63), zip64=True)
    tar = bytearray(files["gnu.tar"])
    tar[124:136], tar[148:156] = b"\x80" + (1 << 80).to_bytes(11, "big"), b" " * 8
    tar[148:156] = b"%06o\0 " % sum(tar[:512])
    files["huge.tar"] = bytes(tar[:4096])
    files["cut.zip"] = files["deflated.zip"][:-80]
    return files


def inner_archives() -> Files:
    """Shared albums of iCloud, and a zip in one."""
    album = {
        "My Albums/a/AlbumInfo.json": b'{"albumName": "a", "isPublic": true}',
        "My Albums/a/1.png": coloured("red"),
    }
    files: Files = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "archive")
        for name, method in {"stored": 0, "deflated": 8}.items():
            files[f"{name}.zip"] = archives.write_zip(path, album, method).read_bytes()
        deeper = {"My Albums/b.zip": files["stored.zip"]}
        files["deeper.zip"] = archives.write_zip(path, deeper).read_bytes()
    files["liar.zip"] = raw_zip(
        Raw(b"a.png", bytes(99), method=8, packed=archives.deflated(bytes(99)), size=3)
    )
    files["locked.zip"] = raw_zip(Raw(b"a.png", coloured("red"), flags=1))
    return files


def export(name: str) -> Files:
    """Every record of an invented export behind the number that `fuzz_targets.export` reads."""
    files = fuzz_targets.pack_of(name).files
    named = sorted(path for path in files if path.lower().endswith(fuzz_targets.RECORD_ENDINGS))
    seen: dict[bytes, str] = {}
    for number, path in enumerate(named):
        if len(files[path]) < 8_000:
            seen.setdefault(bytes([number]) + files[path], f"{number:02}{Path(path).suffix}")
    return {file: data for data, file in list(seen.items())[:12]}


def records() -> Files:
    """JSON, JavaScript and CSV."""
    return {
        "list.json": b'[{"media": [{"uri": "a.jpg", "title": "\\ud83d\\ude00", "n": [1, -3e2, null]}]}]',
        "map.json": b'{"media": {"item": [{"a": {"b": []}}]}, "": "x"}',
        "assigned.js": b'window.YTD.tweets.part0 = [ {"tweet": {"id_str": "1"}} ];\r\n',
        "wide.json": '[{"a": "é"}]'.encode("utf-16"),
        "half.json": b'["\\ud800", "\\udc00", "\\\\ud800", "\\ud83d\\u0041"]',
        "table.csv": b'\xef\xbb\xbfa,b\r\n1,"x ""y"""\r\n',
    }


def pictures() -> Files:
    """Every format, sixteen pixels wide or a little more."""
    pillow_heif.register_heif_opener()
    gradient = Image.linear_gradient("L").resize((40, 24)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "caption"
    files: Files = {}
    for name, form, options in (
        ("baseline.jpg", "JPEG", {"exif": exif, "xmp": hostile.xmp("caption", ("Ada", "Ben"))}),
        ("progressive.jpg", "JPEG", {"progressive": True}), ("truecolour.png", "PNG", {}),
        ("lossy.webp", "WEBP", {}), ("lossless.webp", "WEBP", {"lossless": True, "exif": exif}),
        ("picture.gif", "GIF", {}),
        ("picture.bmp", "BMP", {}), ("picture.dib", "DIB", {}),
        ("lzw.tif", "TIFF", {"compression": "tiff_lzw"}), ("raw.tif", "TIFF", {}),
        ("picture.avif", "AVIF", {"exif": exif}), ("picture.heic", "HEIF", {"exif": exif}),
    ):  # fmt: skip
        out = io.BytesIO()
        gradient.save(out, form, **options)  # type: ignore[arg-type]
        files[name] = out.getvalue()
    for mode in ("CMYK", "L"):
        out = io.BytesIO()
        gradient.convert(mode).save(out, "JPEG")
        files[f"{mode.lower()}.jpg"] = out.getvalue()
    out = io.BytesIO()
    Image.merge("LAB", gradient.split()).save(out, "TIFF")
    files["lab.tif"] = out.getvalue()
    for mode in ("P", "RGBA", "I;16", "1"):
        out = io.BytesIO()
        gradient.convert("L" if mode == "I;16" else "RGB").convert(mode).save(out, "PNG")
        files[f"{mode.lower().replace(';', '')}.png"] = out.getvalue()
    files["junk.jpg"] = files["baseline.jpg"].replace(b"\xff\xc0", b"junk\xff\xc0", 1)
    files["profile.jpg"] = files["baseline.jpg"].replace(b"\xff\xdb", hostile.BROKEN_PROFILE + b"\xff\xdb", 1)
    return files


def metadata() -> Files:
    """EXIF of both byte orders, XMP, IPTC with and without Photoshop's frame."""
    exif = Image.Exif()
    exif[0x010E] = "caption"
    exif.get_ifd(0x8769).update({0x9003: "2024:05:01 12:00:00", 0x9011: "+02:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (38.0, 42.0, 1.5), 3: "W", 4: (9.0, 8.0, 2.5)})
    fields = ((120, b"caption"), (55, b"20240501"), (60, b"120000+0200"))
    iptc = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text for number, text in fields)
    little, big = exif.tobytes(), Image.Exif()
    big.load(little)
    big.endian = ">"
    return {
        "little.exif": little, "big.exif": big.tobytes(),
        "packet.xmp": b"\xef\xbb\xbf" + hostile.xmp("caption", ("Ada", "Ben")),
        "fields.iptc": iptc, "resources.iptc": b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc,
    }  # fmt: skip


def heads() -> Files:
    """The beginnings of files."""
    texts = {
        "svg": b"<?xml version='1.0'?><svg",
        "html": b"<!doctype html>",
        "ftyp": b"\0\0\0\x18ftypmif1\0\0\0\0heic",
    }
    return texts | {name: data[:64] for name, data in pictures().items()}


def manifests() -> Files:
    """The default pack's."""
    return {"manifest.json": (packs.DEFAULT / "manifest.json").read_bytes()}


def onnx() -> Files:
    """Small networks."""
    return {
        "recogniser.onnx": packs.network((0, 3, 112, 112)),
        "detector.onnx": packs.network((1, 3, 0, 0), outputs=9),
        "other.onnx": packs.network((1, 3, 96, 96), kind="Sigmoid"),
    }


def pack_archives() -> Files:
    """Zips with models that are none, flat and in a folder."""
    files = {"a.onnx": b"x", "manifest.json": b"{}", "MODEL.LICENSE": b"text"}
    inner = {f"pack/{name}": data for name, data in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pack.zip")
        return {
            "flat.zip": archives.write_zip(path, files).read_bytes(),
            "stored.zip": archives.write_zip(path, inner, 0).read_bytes(),
        }


ROOT = root_key.RootKey(bytes(32), (bytes(32),))


def backups() -> Files:
    """A backup in form, of databases that are none."""
    content = {name: name.encode() * 9 for name in sorted(backup.DATABASES)}
    listed = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in content.items()
    }
    values = {
        name: "" for name in backup.Manifest.__dataclass_fields__ if name not in ("files", "counts", "key")
    }
    values |= {
        "ledger_length": 0,
        "schema": backup.SCHEMA,
        "library_id": "0" * 16,
        "made_at": "2026-01-01T00:00:00+00:00",
    }
    manifest = json.dumps(values | {"files": listed, "counts": {}}).encode()
    members = {backup.MANIFEST: manifest, backup.MAC: b"0" * 64, **content}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, archives.WHEN), data)
    return {"backup.zip": out.getvalue()}


def keys() -> Files:
    """key.json of every kind, a key file, a recovery code."""
    places = {
        "file": {"library_id": "0" * 16, "kind": "file"},
        "passphrase": {"library_id": "0" * 16, "kind": "passphrase", "salt": "00" * 16, "sealed": "00" * 92},
    }
    files = {f"{name}.json": json.dumps(values).encode() for name, values in places.items()}
    return files | {"key": bytes(2 * crypto.KEY_BYTES), "code.txt": root_key.to_code(ROOT).encode()}


def answers() -> Files:
    """A worker's answer about a picture without a face, and a small picture of one."""
    facts = Facts(
        Timestamp("2024-05-01T12:00:00", "exif"), Location(1.0, 2.0, "EXIF"), "caption", ("Ada", "Ben")
    )
    none = Analysis("image/jpeg", 16, 16, (), 7, facts, "cut short")
    analysis, pictures = io.BytesIO(), io.BytesIO()
    text, parts = messages.encode_analysis(none)
    messages.send(analysis, text, *parts)
    messages.send(pictures, {"pictures": [[0, 0, 1, 1, 9, 9, 4]]}, b"\xff\xd8\xff\xd9")
    return {"none": analysis.getvalue(), "pictures": pictures.getvalue()}


def configs() -> Files:
    """config.toml."""
    return {"config.toml": b'notify = "desktop, file:/tmp/x, mail:a@example.org, ntfy://topic"\n'}
