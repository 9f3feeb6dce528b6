"""YouTube exports in several languages: rows without a file and the reverse, titles cut or used twice."""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Sequence
from typing import Any

from selfsearch.types import Exposure

from ..photos import photo
from . import Pack, Planted

LAYOUTS = ("english", "german", "spanish", "unknown-language", "same-titles", "records-beside", "damaged")


def _columns(line: str) -> tuple[str, ...]:
    return tuple(line.split(","))


HEADER = _columns(
    "Video ID,Approx Duration (ms),Video Audio Language,Video Category,"
    "Video Description (Original),Channel ID,Tag 1,Tag 2,Video Title (Original),Privacy,"
    "Video State,Video Create Timestamp,Video Publish Timestamp"
)
NO_ROW = "no row of videos.csv has this file's title"
CHANNEL = "UCabcdefghijklmnopqrstuv"
TIMES = ("Video Create Timestamp", "Video Publish Timestamp")
CREATED, PUBLISHED = "2021-07-05T10:00:00+00:00", "2021-07-05T10:30:00+00:00"
PRIVACY = {
    "Public": (Exposure.PUBLIC, 'YouTube: Privacy = "Public"'),
    "Unlisted": (Exposure.NETWORK, 'YouTube: Privacy = "Unlisted": anyone who has the link'),
    "Private": (Exposure.PRIVATE, 'YouTube: Privacy = "Private", on the day of the export'),
}


def video(seconds: float | None = None) -> bytes:
    """Magic bytes of an MP4; with a movie header when its length matters."""
    start = b"\x00\x00\x00\x18ftypisom" + bytes(12)
    if seconds is None:
        return start
    header = struct.pack(">I4sIIIII", 108, b"mvhd", 0, 0, 0, 1000, int(seconds * 1000)) + bytes(80)
    return start + struct.pack(">I4s", len(header) + 8, b"moov") + header


def row(number: str, title: str, privacy: str = "Public", **more: str) -> dict[str, str]:
    """One upload."""
    return {
        "Video ID": number,
        "Approx Duration (ms)": "93000",
        "Video Category": "Howto",
        "Channel ID": CHANNEL,
        "Video Title (Original)": title,
        "Privacy": privacy,
        "Video State": "Live",
        "Video Create Timestamp": CREATED,
        "Video Publish Timestamp": PUBLISHED,
    } | more


def table(header: Sequence[str], rows: Sequence[dict[str, str]], headers: Sequence[str] = ()) -> str:
    """A CSV with the columns of `header`, called `headers` when these are given."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headers or header)
    writer.writerows([upload.get(name, "") for name in header] for upload in rows)
    return out.getvalue()


def says(upload: dict[str, str], field: str = "Video Publish Timestamp") -> dict[str, Any]:
    """What must be read from a row."""
    level, reason = PRIVACY[upload["Privacy"]]
    return {
        "platform": "youtube",
        "account": "Ana's channel",
        "context": "video",
        "caption": upload["Video Title (Original)"],
        "posted_at": PUBLISHED,
        "posted_at_source": field,
        "post_id": upload["Video ID"],
        "audience": upload["Privacy"],
        "url": f"https://www.youtube.com/watch?v={upload['Video ID']}",
        "url_kind": "constructed",
        "audience_source": "per_item",
        "exposure": level,
        "exposure_reason": reason,
        "author_is_owner": True,
    }


def build(layout: str) -> Pack:
    """One export, from below the product's folder."""
    pack = Pack("takeout-20240501T101112Z-001", wrapper="Takeout/YouTube and YouTube Music/")
    {
        "english": _english,
        "german": _german,
        "spanish": _spanish,
        "unknown-language": _unknown,
        "same-titles": _same_titles,
        "records-beside": _beside,
        "damaged": _damaged,
    }[layout](pack)
    return pack


def _channel(pack: Pack, path: str = "channels/channel.csv") -> None:
    names = ("Channel ID", "Channel Title (Original)", "Channel Visibility")
    pack.add(path, table(names, [dict(zip(names, (CHANNEL, "Ana's channel", "Public"), strict=True))]))


def _english(pack: Pack) -> None:
    long = "How we built a house out of nothing but old windows and patience"
    trip = row("aB3dE5fG7h_", "Apartment: tour / day 1", "Unlisted")
    rows = [
        trip,
        row("bB3dE5fG7h_", long, "Public"),
        row("cB3dE5fG7h_", "My diary", "Private", **{"Video Description (Original)": "only for me"}),
        row("dB3dE5fG7h_", "Never exported", "Public"),
        row("eB3dE5fG7h_", "🎉🎉", "Public"),
        row("fB3dE5fG7h_", "First steps", "Private", **dict.fromkeys(TIMES, "2014-05-01T10:00:00+00:00")),
    ]
    _channel(pack)
    pack.add("video metadata/videos.csv", table(HEADER, rows))
    pack.add("video metadata/video texts.csv", table(("Video ID", "Video Title (Original) Segment 1"), rows))
    pack.add(
        "playlists/Best-videos.csv",
        "Video ID,Playlist Video Creation Timestamp\naB3dE5fG7h_,2021-07-05T10:00:00\n",
    )
    pack.add(
        "comments/comments.csv",
        f"Comment ID,Channel ID,Video ID,Comment text\nUgx1,{CHANNEL},aB3dE5fG7h_,hi\n",
    )
    pack.add("subscriptions/subscriptions.csv", "Channel Id,Channel Url,Channel Title\nUC2,http://x,Bo\n")
    pack.plant("videos/Apartment_ tour _ day 1.mp4", video(), None, **says(trip))
    pack.plant(f"videos/{long[:45]}.mov", video(), None, **says(rows[1]))
    pack.plant("videos/My diary.wmv", video(), None, **(says(rows[2]) | {"caption": "My diary\nonly for me"}))
    pack.planted.append(Planted(None, None, says(rows[3])))
    pack.plant("videos/🎉🎉.mp4", video(), None, **says(rows[4]))
    made = "in July 2021 YouTube itself made unlisted videos of before 2017 private"
    old = says(rows[5]) | {
        "posted_at": "2014-05-01T10:00:00+00:00",
        "exposure": Exposure.UNKNOWN,
        "exposure_reason": 'YouTube: Privacy = "Private", on the day of the export; '
        f"until then anyone with the link may have seen it: {made}",
    }
    pack.plant("videos/First steps.mp4", video(), None, **old)
    pack.plant(
        "videos/live recording.mp4",
        video(),
        None,
        context="video",
        url=None,
        exposure=Exposure.UNKNOWN,
        exposure_reason=NO_ROW,
    )
    post = {
        "context": "post",
        "caption": "at the sea",
        "post_id": "UgkxAbCdEfGhIjKl",
        "posted_at": CREATED,
        "url": "https://www.youtube.com/post/UgkxAbCdEfGhIjKl",
        "url_kind": "constructed",
        "author_is_owner": True,
        "exposure": Exposure.UNKNOWN,
        "exposure_reason": "YouTube does not export who could see a community post",
    }
    pack.add(
        "posts/posts.csv",
        "Post ID,Post text,Image name 1,Post Create Timestamp\n"
        f"UgkxAbCdEfGhIjKl,at the sea,pic.jpg,{CREATED}\n",
    )
    pack.plant("posts/pic.jpg", photo("astronaut", 1), "astronaut", **post)
    pack.plant(
        "channels/banner.jpg", photo("astronaut", 2), "astronaut", context=None, exposure=Exposure.UNKNOWN
    )


def _german(pack: Pack) -> None:
    pack.wrapper = "Takeout/YouTube und YouTube Music/"
    headers = _columns(
        "Video-ID,Ungefähre Dauer (ms),Audiosprache,Videokategorie,"
        "Videobeschreibung (Original),Kanal-ID,Tag: 1,Tag: 2,Videotitel (Original),Datenschutz,"
        "Videostatus,Zeitstempel der Videoerstellung,Zeitstempel der Videoveröffentlichung"
    )
    rows = [row("aB3dE5fG7h_", "Ausflug", "Nicht gelistet"), row("bB3dE5fG7h_", "Fest", "Öffentlich")]
    pack.add("Video-Metadaten/Videos.csv", "\ufeff" + table(HEADER, rows, headers))
    _channel(pack, "Kanäle/Kanal.csv")
    field = "Zeitstempel der Videoveröffentlichung"
    unlisted = {
        "audience": "Nicht gelistet",
        "exposure": Exposure.NETWORK,
        "exposure_reason": 'YouTube: Privacy = "Nicht gelistet": anyone who has the link',
    }
    public = {
        "audience": "Öffentlich",
        "exposure": Exposure.PUBLIC,
        "exposure_reason": 'YouTube: Privacy = "Öffentlich"',
    }
    pack.plant(
        "Videos/Ausflug.mp4", video(), None, **(says(rows[0] | {"Privacy": "Unlisted"}, field) | unlisted)
    )
    pack.plant("Videos/Fest.mp4", video(), None, **(says(rows[1] | {"Privacy": "Public"}, field) | public))


def _spanish(pack: Pack) -> None:
    """Sentence case, columns in another order, and a word for the privacy that nobody has told us."""
    pack.wrapper = "Takeout/YouTube y YouTube\u00a0Music/"
    order = _columns(
        "Video ID,Video Title (Original),Video Create Timestamp,Video Publish Timestamp,Privacy,Channel ID"
    )
    headers = _columns(
        "ID de vídeo,Título del vídeo (original),Marca de tiempo de creación del vídeo,"
        "Marca de tiempo de publicación del vídeo,Privacidad,ID de canal"
    )
    odd = {"audience": "Semisecreto", "exposure": Exposure.UNKNOWN}
    rows = [row("aB3dE5fG7h_", "Día 1", "Público"), row("bB3dE5fG7h_", "Día 2", "Semisecreto")]
    rows[0]["Video Publish Timestamp"] = ""
    pack.add("metadatos de vídeos/vídeos.csv", table(order, rows, headers))
    pack.plant(
        "vídeos/Día 1.mp4",
        video(),
        None,
        audience="Público",
        exposure=Exposure.PUBLIC,
        posted_at=CREATED,
        posted_at_source=headers[2],
        account=None,
    )
    reason = 'YouTube: Privacy = "Semisecreto", a word that is not known'
    pack.plant("vídeos/Día 2.mp4", video(), None, posted_at=PUBLISHED, exposure_reason=reason, **odd)


def _unknown(pack: Pack) -> None:
    """Headers that no list has: values tell what the columns are."""
    pack.wrapper = "Takeout/YouTube at YouTube Music/"
    headers = tuple(f"q{number}" + (" (ms)" if number == 1 else "") for number in range(len(HEADER)))
    upload = row("aB3dE5fG7h_", "Biyahe", "Private")
    pack.add("q/q.csv", table(HEADER, [upload], headers))
    pack.plant("q/Biyahe.mp4", video(), None, **(says(upload, headers[12]) | {"account": None}))


def _same_titles(pack: Pack) -> None:
    """Told apart by length, by order, or not at all."""
    long, short = {"Approx Duration (ms)": "60000"}, {"Approx Duration (ms)": "12000"}
    rows = [
        row("aB3dE5fG7h_", "Again", "Public", **long),
        row("bB3dE5fG7h_", "Again", "Private", **short),
        row("cB3dE5fG7h_", "Twice", "Public"),
        row("dB3dE5fG7h_", "Twice", "Private"),
        row("eB3dE5fG7h_", "Lost", "Public"),
        row("fB3dE5fG7h_", "Lost", "Private"),
        row("gB3dE5fG7h_", "Lost", "Private"),
        row("hB3dE5fG7h_", "Trip (1)", "Public"),
    ]
    _channel(pack)
    pack.add("video metadata/videos.csv", table(HEADER, rows))
    pack.plant("videos/Again.mp4", video(12.1), None, **says(rows[1]))
    pack.plant("videos/Again(1).mp4", video(60), None, **says(rows[0]))
    order = "; several uploads have this title, and only their order in the export told them apart"
    doubted = {"exposure": Exposure.UNKNOWN, "audience": None}  # which of them is private is not sure
    for path, upload, more in (
        ("videos/Twice.mp4", rows[2], {}),
        ("videos/Twice(1).mp4", rows[3], doubted),
    ):
        provenance = says(upload)
        reason = {"exposure_reason": provenance["exposure_reason"] + order}
        pack.plant(path, video(), None, **(provenance | reason | more))
    pack.plant(
        "videos/Lost.mp4",
        video(),
        None,
        caption="Lost",
        url=None,
        audience=None,
        exposure=Exposure.UNKNOWN,
        exposure_reason="3 uploads have this title, and nothing tells which it is; Privacy: Public, Private",
        posted_at=PUBLISHED,
        post_id=None,
    )
    for upload in rows[4:7]:
        pack.planted.append(Planted(None, None, says(upload)))
    pack.plant("videos/Trip (1).mp4", video(), None, **says(rows[7]))


def _beside(pack: Pack) -> None:
    """As before about 2022: no CSV, and a record called like the video."""
    pack.wrapper = "Takeout/YouTube/"
    snippet = {"title": "Old: days", "description": "of ours", "publishedAt": "2014-05-01T10:00:00.000Z"}
    status = {"privacyStatus": "unlisted"}
    pack.add("videos/Old_ days.json", [{"id": "aB3dE5fG7h_", "snippet": snippet, "status": status}])
    reason = 'YouTube: privacyStatus = "unlisted": anyone who has the link'
    right = {
        "caption": "Old: days\nof ours",
        "posted_at": "2014-05-01T10:00:00+00:00",
        "exposure_reason": reason,
    }
    place = {"url": "https://www.youtube.com/watch?v=aB3dE5fG7h_", "exposure": Exposure.NETWORK}
    pack.plant("videos/Old_ days.mp4", video(), None, **right, **place)
    pack.add("videos/Broken.json", '{"id": ')
    pack.plant("videos/Broken.mp4", video(), None, url=None, exposure=Exposure.UNKNOWN)


def _damaged(pack: Pack) -> None:
    good = row("aB3dE5fG7h_", "Good", "Public")
    rows = [good, row("not an id", "Bad id", ""), {}, row("cB3dE5fG7h_", "", "Public")]
    text = table(HEADER, rows) + 'dB3dE5fG7h_,93000,,"cut off in the mid'
    pack.add("video metadata/videos.csv", text)
    pack.add("video metadata/more.csv", "")
    pack.add("channels/channel.csv", b"\xff\xfe\x00")
    pack.plant("videos/Good.mp4", video(), None, **(says(good) | {"account": None}))
    pack.plant("videos/Bad id.mp4", video(), None, post_id="not an id", url=None, exposure=Exposure.UNKNOWN)
    pack.plant("videos/nothing.mp4", b"", None, context="video", url=None)
    for link in ({"post_id": "cB3dE5fG7h_", "caption": None}, {"post_id": "dB3dE5fG7h_", "posted_at": None}):
        pack.planted.append(Planted(None, None, link))
