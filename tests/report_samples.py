"""Answers for the tests of the report: a realistic one with real photographs, and a hostile one."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from selfsearch.media.crop import Picture, crop
from selfsearch.types import Answer, Appearance, Exposure, LinkOnly, ProbeSummary, Provenance, Sighting

from .photos import group, picture

EXPORTS = "/home/ana/exports"
HOSTILE = (
    "</blockquote><script>alert(1)</script>\"'><img src=x onerror=alert(2)> [red]markup[/red] "
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07click\x1b]8;;\x07 \u202egpj.exe\u202c \ud800 "
    "${body} $body </style>\u2028end"
)


def provenance(platform: str, **columns: object) -> Provenance:
    """What a platform said, by the names of its columns."""
    return changed(Provenance(platform), **columns)


def changed(provenance: Provenance, **columns: object) -> Provenance:
    """The same with other values in these columns."""
    return Provenance.from_columns(provenance.columns() | columns)


INSTAGRAM = provenance(
    "instagram",
    account="ana.lisbon",
    context="post",
    caption="Beach with Ana 🏖️ and the whole crew, before the storm came in",
    posted_at="2021-06-02T10:11:12+00:00",
    posted_at_source="creation_timestamp",
    url="https://www.instagram.com/ana.lisbon/",
    url_kind="profile",
    audience_source="account_setting",
    exposure_reason="Instagram does not export who could see a post; the account was public at export",
)
TIKTOK = provenance(
    "tiktok",
    account="ana.moves",
    context="post",
    caption="day in my life #lisboa #fyp",
    posted_at="2022-03-14T18:30:00",
    posted_at_source="Date",
    url="https://www.tiktok.com/@ana.moves/video/7071234567890123456",
    url_kind="exact",
    audience="Everyone",
    audience_source="per_item",
    exposure=Exposure.PUBLIC,
    exposure_reason="TikTok: Who can view = Everyone",
    author_is_owner=True,
)
FACEBOOK = provenance(
    "facebook",
    account="Ana Example",
    context="album",
    album="Erasmus 2013",
    caption="last night in the residence " * 14,
    posted_at="2013-05-20T22:00:00+00:00",
    taken_at="2013-05-18T23:41:07",
    taken_at_source="EXIF DateTimeOriginal",
    exposure=Exposure.NETWORK,
    audience="Friends",
    audience_source="per_album",
    exposure_reason="Facebook: the album's audience was Friends",
    people=("Ana Example", "Rui", "Łucja"),
    place="Sintra, Lisbon",
    location=(38.7979, -9.3906),
    location_source="exif",
)
WHATSAPP = provenance(
    "whatsapp",
    account="Primos 👨‍👩‍👧",
    context="message",
    posted_at="2020-12-24T20:05:00",
    exposure=Exposure.PRIVATE,
    exposure_reason="WhatsApp: a chat of two people",
    author="Tia Rosa",
    author_is_owner=False,
)
FOLDER = provenance("folder", taken_at="2019-08-11T14:02:33", taken_at_source="EXIF DateTimeOriginal")
GOOGLE = provenance(
    "google_photos",
    account="ana@example.org",
    context="album",
    album="Trip to Lisbon",
    taken_at="2019-08-11T14:02:33+00:00",
    taken_at_source="photoTakenTime",
    url="https://photos.google.com/photo/AF1QipEXAMPLE",
    url_kind="owner_only",
    exposure=Exposure.PRIVATE,
    exposure_reason="Google Photos: the album was not shared",
    people=("Ana",),
)


def appearance(
    rank: int, *sightings: Sighting, score: float = 0.71, expected: float | None = 0.0003, **more: object
) -> Appearance:
    """One appearance; whatever is not said is unremarkable."""
    band = next((name for name, least in BANDS.items() if score >= least), None)
    usual: dict[str, object] = {
        "rank": rank,
        "id": f"q{rank:05}",
        "verdict": None,
        "face": 10 + rank,
        "score": score,
        "band": band if expected is not None else None,
        "expected_false_matches": expected,
        "box": (60.0, 55.0, 90.0, 110.0),
        "time_ms": None,
        "from_ms": None,
        "to_ms": None,
        "quality": 0.88,
        "sha256": f"{rank:064x}",
        "type": "image/jpeg",
        "width": 1080,
        "height": 1350,
        "sightings": sightings,
    }
    return Appearance(**(usual | more))  # type: ignore[arg-type]


BANDS = {"strong": 0.61, "likely": 0.55, "possible": 0.48}


def seen(source: int, path: str, provenance: Provenance, **more: bool) -> Sighting:
    """A sighting in an export of Ana's."""
    return Sighting(source, f"{EXPORTS}/{path}", provenance, **more)


def answer(*appearances: Appearance, **more: object) -> Answer:
    """An answer with these appearances from a small library."""
    usual: dict[str, object] = {
        "person": "me",
        "pack": "opencv-zoo",
        "dimension": 128,
        "calibrated": True,
        "sources": 2,
        "media": 812,
        "faces": 1404,
        "probes": (ProbeSummary("/home/ana/selfie.jpg", 1, (40.0, 50.0, 120.0, 150.0), 0.93),),
        "bands": BANDS,
        "appearances": appearances,
        "found": appearances,
        "left_out": {},
        "rejected": 0,
        "is_by_date": False,
        "not_looked_at": {},
        "links": (),
        "asked_at": "2026-11-22T01:26:49+00:00",
    }
    if "appearances" in more:
        more.setdefault("found", more["appearances"])
    return Answer(**(usual | more))  # type: ignore[arg-type]


def realistic() -> Answer:
    """Eight appearances over six platforms: a video, copies, links without media, unreadable files."""
    tiktok = "tiktok-2024.zip!TikTok/7071234567890123456.mp4"
    return answer(
        appearance(
            1,
            seen(2, tiktok, TIKTOK),
            score=0.83,
            expected=0.00002,
            type="video/mp4",
            time_ms=14_200,
            from_ms=12_000,
            to_ms=17_900,
        ),
        appearance(
            2,
            seen(
                1,
                "instagram-ana.zip!media/posts/202106/198273645_1029384756.jpg",
                changed(INSTAGRAM, exposure=Exposure.PUBLIC),
            ),
            seen(
                4,
                "facebook-ana/your_facebook_activity/posts/media/InstagramPhotos_12/198273645.jpg",
                changed(FACEBOOK, album="Instagram Photos", caption="Beach with Ana"),
            ),
            seen(6, "Pictures/Camera/2021/06/IMG_2231.jpg", FOLDER, gone=True),
            score=0.74,
            expected=0.0002,
        ),
        appearance(
            3,
            seen(4, "facebook-ana/photos/Erasmus2013_4f/53012345.jpg", FACEBOOK),
            score=0.66,
            expected=0.002,
        ),
        appearance(
            4,
            seen(
                1,
                "instagram-ana.zip!media/stories/202203/27.jpg",
                changed(
                    INSTAGRAM,
                    context="story",
                    caption=None,
                    posted_at="2022-03-01T08:00:00+00:00",
                    exposure_reason="Instagram does not export who could see a story",
                ),
            ),
            score=0.64,
            expected=0.004,
        ),
        appearance(
            5,
            seen(3, "WhatsApp Chat - Primos.zip!00000212-PHOTO-2020-12-24-20-05-00.jpg", WHATSAPP),
            score=0.62,
            expected=0.008,
        ),
        appearance(
            6,
            seen(
                5,
                "takeout-20240501T000000Z-001.zip!Takeout/Google Photos/Trip to Lisbon/IMG_0001.jpg",
                GOOGLE,
            ),
            score=0.58,
            expected=0.05,
        ),
        appearance(
            7,
            seen(
                6,
                "Pictures/Camera/2019/08/a folder with a rather long name, and then some/IMG_0044.HEIC",
                FOLDER,
            ),
            score=0.57,
            expected=0.06,
        ),
        appearance(
            8,
            seen(
                2,
                "tiktok-2024.zip!TikTok/7079999999999999999_2.jpg",
                changed(
                    TIKTOK,
                    url="https://www.tiktok.com/@ana.moves/video/7079999999999999999",
                    url_kind="constructed",
                    caption="throwback",
                    posted_at="2022-04-02T09:00:00",
                ),
            ),
            score=0.5,
            expected=0.6,
        ),
        person="me",
        sources=6,
        not_looked_at={"unreadable": 3, "encrypted": 2, "unsupported": 17},
        links=(
            LinkOnly(
                2,
                changed(
                    TIKTOK,
                    caption="not downloaded",
                    url="https://www.tiktok.com/@ana.moves/video/7071111111111111111",
                ),
                "TikTok's export has links, not media",
            ),
            LinkOnly(
                7,
                provenance(
                    "linkedin",
                    account="ana-example",
                    context="post",
                    posted_at="2023-01-09T07:00:00",
                    url="https://www.linkedin.com/feed/update/urn:li:share:7018",
                    url_kind="exact",
                    audience="MEMBER_NETWORK",
                    exposure=Exposure.PUBLIC,
                    exposure_reason="LinkedIn: Visibility = MEMBER_NETWORK",
                ),
                "LinkedIn's export has links, not media",
            ),
        ),
    )


def hostile() -> Answer:
    """Everything that somebody else wrote is an attack."""
    written = provenance(
        HOSTILE,
        account=HOSTILE,
        context=HOSTILE,
        caption=HOSTILE,
        posted_at=HOSTILE,
        posted_at_source=HOSTILE,
        taken_at=HOSTILE,
        taken_at_source=HOSTILE,
        url="javascript:alert(3)//" + HOSTILE,
        url_kind=HOSTILE,
        audience=HOSTILE,
        audience_source=HOSTILE,
        exposure_reason=HOSTILE,
        album=HOSTILE,
        place=HOSTILE,
        people=(HOSTILE, HOSTILE),
        author=HOSTILE,
        post_id=HOSTILE,
    )
    return answer(
        appearance(
            1,
            Sighting(1, HOSTILE, written),
            Sighting(1, HOSTILE + "2", changed(written, url='https://x.example/"onclick=alert(4)')),
            type=HOSTILE,
        ),
        person=HOSTILE,
        pack=HOSTILE,
        probes=(ProbeSummary(HOSTILE, 1, (0.0, 0.0, 1.0, 1.0), 0.5),),
        not_looked_at={HOSTILE: 1},
        links=(LinkOnly(1, written, HOSTILE),),
        asked_at=HOSTILE,
    )


@lru_cache
def pictured(rank: int) -> Picture | None:
    """A real crop for every appearance but the fourth, whose file is gone."""
    if rank == 4:
        return None
    if rank == 3:  # one of six people, at the edge
        return crop(np.asarray(group()), (905.0, 60.0, 130.0, 150.0))
    image = picture("astronaut", rank, side=360)
    return crop(np.asarray(image), (125.0, 75.0, 120.0, 150.0))
