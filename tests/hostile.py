"""Builders of hostile pictures, named after the attack. Each is small; what it asks of a decoder is not."""

from __future__ import annotations

import io
import struct
import zlib

import pillow_heif
from PIL import Image

from .photos import encoded, photo, picture

BROKEN_PROFILE = b"\xff\xe2\x00\x18ICC_PROFILE\x00\x02\x05" + bytes(8)  # the second piece of five, alone


def png_declaring(width: int, height: int) -> bytes:
    """A PNG whose header declares a size that its data does not have."""
    return png(width, height, zlib.compress(bytes(100)))


def tall_png(height: int = 60_000) -> bytes:
    """A real picture, one pixel wide: legal, and a trap for code that divides by the width."""
    return encoded(picture("astronaut").resize((1, height)), "PNG")


def png_with_exploding_text() -> bytes:
    """64 MB of zeros as a compressed comment of 64 kB."""
    return png(
        8, 8, zlib.compress(bytes(8 * 9)), (b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(64 * 2**20)))
    )


def png_with_exploding_profile() -> bytes:
    """64 MB of zeros as a compressed colour profile of 64 kB."""
    return png(
        8, 8, zlib.compress(bytes(8 * 9)), (b"iCCP", b"sRGB\x00\x00" + zlib.compress(bytes(64 * 2**20)))
    )


def gif_declaring(width: int, height: int) -> bytes:
    """A GIF whose screen and first picture declare a size that its data does not have."""
    size = struct.pack("<HH", width, height)
    return (
        b"GIF89a"
        + size
        + b"\x80\x00\x00"
        + bytes(6)
        + b"\x2c"
        + bytes(4)
        + size
        + b"\x00\x02\x02\x4c\x01\x00\x3b"
    )


def bmp_declaring(width: int, height: int) -> bytes:
    """A BMP of 60 bytes that declares any size."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 60, 0, 0, 54) + header + bytes(6)


def bmp_with_an_empty_fourth_channel() -> bytes:
    """A 2 by 1 BMP, red and green, with an alpha mask and zeros behind it, as many programs write."""
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    header = struct.pack("<IiiHHIIiiII", 108, 2, 1, 1, 32, 3, 8, 0, 0, 0, 0) + masks + bytes(52)
    return b"BM" + struct.pack("<IHHI", 130, 0, 0, 122) + header + b"\x00\x00\xff\x00" + b"\x00\xff\x00\x00"


def tiff_declaring(width: int, height: int) -> bytes:
    """An uncompressed TIFF that declares a size that its data does not have."""
    tags = (
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, height),
        (279, 8),
    )
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(12)


def tiff_with_overlapping_values() -> bytes:
    """3,000 tags that all claim the same 36 kB: 108 MB from a file of 72 kB, and growing with its square."""
    entries = b"".join(struct.pack("<HHII", 40_000 + number, 7, 36_000, 8) for number in range(3_000))
    return (
        b"II*\x00" + struct.pack("<I", 36_008) + bytes(36_000) + struct.pack("<H", 3_000) + entries + bytes(4)
    )


def tiff_with_a_tag_beyond_its_end(image: Image.Image) -> bytes:
    """A sound picture whose last tag claims a gigabyte that is not there."""
    out = io.BytesIO()
    image.save(out, "TIFF", tiffinfo={65000: b"x" * 8})
    entry = struct.pack("<HHI", 65000, 7, 8)
    return out.getvalue().replace(entry, struct.pack("<HHI", 65000, 7, 1 << 30))


def webp_declaring(width: int, height: int) -> bytes:
    """A lossless WebP of 40 bytes that declares up to 16,384 by 16,384 pixels."""
    body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(9)
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBPVP8L" + struct.pack("<I", len(body)) + body


def heic_declaring(width: int, height: int) -> bytes:
    """A real HEIC whose image properties declare another size."""
    data = heic(picture("astronaut", side=128))
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def jpeg_declaring(width: int, height: int) -> bytes:
    """A real JPEG whose frame declares another size."""
    data = photo("astronaut", side=64)
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def jpeg_with_endless_scans(scans: int = 5_000) -> bytes:
    """A progressive JPEG whose last scan comes again and again; each is a pass over the whole picture."""
    data = encoded(picture("astronaut", side=64), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def jpeg_with_a_million_empty_segments() -> bytes:
    """4 MB of comments without a text between the header and the picture."""
    data = photo("astronaut", side=64)
    return data[:2] + b"\xff\xfe\x00\x02" * 1_000_000 + data[2:]


def jpeg_with_a_long_fuse() -> bytes:
    """4 MB of fill bytes before the first marker; they are legal."""
    data = photo("astronaut", side=64)
    return data[:2] + b"\xff" * 2**22 + data[2:]


def jpeg_with_laughing_entities() -> bytes:
    """A billion laughs: an XMP packet whose entities grow to gigabytes when they are expanded."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    packet = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>' + xmp("&l9;", ()).decode()
    return encoded(picture("astronaut", side=64), xmp=packet.encode())


def jpeg_with_nested_captions() -> bytes:
    """A caption in a caption, 1,500 deep: quadratic work for a reader that searches each one whole."""
    packet = (
        '<r xmlns:d="http://purl.org/dc/elements/1.1/">'
        + "<d:description>" * 1_500
        + "</d:description>" * 1_500
    )
    return encoded(picture("astronaut", side=64), xmp=(packet + "</r>").encode())


def jpeg_with(segment: bytes, *, before: bytes = b"\xff\xdb") -> bytes:
    """A photograph with something more in front of the segment that begins so; by default its first table."""
    data = photo("a", 3)
    at = data.index(before)
    return data[:at] + segment + data[at:]


def text_named_jpg() -> bytes:
    """What a failed download leaves behind under a picture's name."""
    return b"<!DOCTYPE html><html><body>404 Not Found</body></html>"


def cut(data: bytes, part: float) -> bytes:
    """The beginning of a file, as an interrupted download or a full card leaves it."""
    return data[: int(len(data) * part)]


def heic(image: Image.Image, **options: object) -> bytes:
    """An image as the bytes of a HEIC file; an orientation in `exif` (bytes) makes the container turn it."""
    out = io.BytesIO()
    file = pillow_heif.from_pillow(image)
    file.save(out, **({"quality": 90, "enc_params": {"preset": "ultrafast"}} | options))
    return out.getvalue()


def xmp(caption: str, people: tuple[str, ...]) -> bytes:
    """An XMP packet as photo managers write it: one person as a face region, the others by name."""
    names = "".join(f"<rdf:li>{name}</rdf:li>" for name in people[1:])
    region = f'<rdf:li><rdf:Description r:Type="Face" r:Name="{people[0]}"/></rdf:li>' if people else ""
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:r="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:p="http://ns.adobe.com/photoshop/1.0/"
 p:DateCreated="2020-05-04T03:02:01Z">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{caption}</rdf:li></rdf:Alt></dc:description>
<r:Regions rdf:parseType="Resource"><r:RegionList><rdf:Bag>{region}
<rdf:li><rdf:Description r:Type="Pet" r:Name="Rex"/></rdf:li></rdf:Bag></r:RegionList></r:Regions>
<e:PersonInImage><rdf:Bag>{names}</rdf:Bag></e:PersonInImage>
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


def png(
    width: int, height: int, packed: bytes, *extra: tuple[bytes, bytes], colour: int = 2, interlace: int = 0
) -> bytes:
    """A PNG with 8 bits per channel of any size from any compressed rows, with extra chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, interlace)
    chunks = ((b"IHDR", header), *extra, (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
