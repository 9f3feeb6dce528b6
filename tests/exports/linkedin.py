"""LinkedIn downloads: complete, and basic with other file names; pictures are saved beside both."""

from __future__ import annotations

import csv
import io

from selfsearch.types import Exposure

from .. import photos
from . import Pack, Planted

LAYOUTS = ("complete", "basic")
FEED = "https://media.licdn.com/dms/image/v2/D4D22AQHarbourWalk1/feedshare-shrink_800/0/1712908991?e=1&v=beta&t=x"
FACE = "https://media.licdn.com/dms/image/v2/D4D03AQFaceOfAna123/profile-displayphoto-shrink_800_800/0/1?e=1"
BACK = "https://media.licdn.com/dms/image/v2/D4D16AQBackground12/profile-displaybackgroundimage/0/1?e=1"
SENT = "https://www.linkedin.com/dms/prv/image/D4D06AQMessagePic01/messaging-image"
OTHER = SENT.replace("Pic01", "Pic02")
NOTES = 'Notes:\n"When exporting your connection data, you may notice that some addresses are missing."\n\n'


def build(layout: str) -> Pack:
    """Ana Silva's download of 1 May 2026."""
    basic = layout == "basic"
    pack = Pack(f"{'Basic' if basic else 'Complete'}_LinkedInDataExport_05-01-2026")
    connections = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\r\n"
    pack.add("Connections.csv", NOTES + connections)
    profile = table(["First Name", "Last Name", "Maiden Name", "Headline"], ["Ana", "Silva", "", "Sailor"])
    pack.add("Profile.csv", profile)
    _uploads(pack, "Rich Media.csv" if basic else "Rich_Media.csv")
    _posts(pack, "Shares_123456.csv" if basic else "Shares.csv")
    _messages(pack)
    return pack


def table(*rows: list[str]) -> str:
    """Rows as LinkedIn's CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def share(number: int, *, text: str = "", media: str = "", visibility: str = "", when: str) -> list[str]:
    """A row of Shares.csv."""
    link = f"https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A{number}"
    return [when, link, text, "", media, visibility]


SHARES = ["Date", "ShareLink", "ShareCommentary", "SharedUrl", "MediaUrl", "Visibility"]
RICH = ["Date/Time", "Media Description", "Media Link"]
MESSAGES = [
    "CONVERSATION ID",
    "CONVERSATION TITLE",
    "FROM",
    "SENDER PROFILE URL",
    "TO",
    "RECIPIENT PROFILE URLS",
    "DATE",
    "SUBJECT",
    "CONTENT",
    "FOLDER",
    "ATTACHMENTS",
]


def _uploads(pack: Pack, file: str) -> None:
    def sentence(what: str, when: str) -> str:
        return f"You uploaded a {what} on {when} (GMT)"

    rows = [
        [sentence("feed photo", "April 12, 2026 at 8:03 AM"), "-", FEED],
        [sentence("profile photo", "January 2, 2025 at 12:30 PM"), "-", FACE],
        [sentence("background photo", "January 2, 2025 at 12:05 AM"), "sails", BACK],
        [sentence("feed video", "March 1, 2024 at 9:00 PM"), "-", f"{FEED}2"],
    ]
    pack.add(file, table(RICH, *rows))
    own = {"platform": "linkedin", "account": "Ana Silva", "author": "Ana Silva", "author_is_owner": True}
    pack.plant(
        "D4D03AQFaceOfAna123.jpg",
        photos.photo("astronaut", 1),
        "astronaut",
        context="profile_photo",
        posted_at="2025-01-02T12:30:00+00:00",
        posted_at_source="Date/Time",
        url=FACE,
        url_kind="exact",
        caption=None,
        exposure=Exposure.UNKNOWN,
        **own,
    )
    pack.plant(
        "pictures/D4D16AQBackground12_1.jpg",
        photos.photo("astronaut", 2),
        "astronaut",
        context="header",
        posted_at="2025-01-02T00:05:00+00:00",
        caption="sails",
        url=BACK,
        **own,
    )
    says = {"context": "post", "posted_at": "2024-03-01T21:00:00+00:00", "exposure": Exposure.UNKNOWN}
    pack.planted.append(Planted(None, None, says))


def _posts(pack: Pack, file: str) -> None:
    # LinkedIn's own quoting: every line in quotes, quotes doubled once more
    text = 'First line"\n"second ""quoted"" line'
    hall = "https://media.licdn.com/dms/image/v2/D4D22AQHall00000001/feedshare/0/1"
    rows = [
        share(7180000000000000001, text=text, visibility="PUBLIC", when="2026-04-12 08:03:11"),
        share(
            7180000000000000002, text="hall", media=hall, visibility="CONNECTIONS", when="2026-02-01 10:00:00"
        ),
        share(
            7180000000000000003, text="words only", visibility="MEMBER_NETWORK", when="2026-02-02 10:00:00"
        ),
        share(7180000000000000004, media=f"{hall}9", visibility="HOLOGRAM", when="2026-02-03 10:00:00"),
        share(7180000000000000005, media=f"{hall}8", visibility="MEMBER_NETWORK", when="2026-02-04 10:00:00"),
        share(7180000000000000006, media=f"{hall}7", visibility="LOGGED_IN", when="2026-02-05 10:00:00"),
        share(7180000000000000007, media=f"{hall}6", visibility="CONTAINER", when="2026-02-06 10:00:00"),
    ]
    pack.add(file, table(SHARES, *rows))
    link = "https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A718000000000000000"
    pack.plant(
        "pictures/7180000000000000001.jpg",
        photos.photo("astronaut", 3),
        "astronaut",
        context="post",
        caption='First line\nsecond "quoted" line',
        posted_at="2026-04-12T08:03:11+00:00",
        posted_at_source="Date",
        url=f"{link}1",
        url_kind="exact",
        audience="PUBLIC",
        audience_source="per_item",
        exposure=Exposure.PUBLIC,
        exposure_reason="LinkedIn: Visibility = PUBLIC",
        post_id="7180000000000000001",
    )
    for number, word, exposure in (
        (2, "CONNECTIONS", Exposure.NETWORK),
        (4, "HOLOGRAM", Exposure.UNKNOWN),
        (5, "MEMBER_NETWORK", Exposure.UNKNOWN),
        (6, "LOGGED_IN", Exposure.PUBLIC),
        (7, "CONTAINER", Exposure.UNKNOWN),
    ):
        says = {"audience": word, "exposure": exposure, "url": f"{link}{number}", "context": "post"}
        pack.planted.append(Planted(None, None, says))


def _messages(pack: Pack) -> None:
    def sent(talk: str, sender: str, to: str, profiles: str, files: str) -> list[str]:
        return [
            talk,
            "Sailing",
            sender,
            "",
            to,
            profiles,
            "2026-01-05 07:00:01 UTC",
            "",
            "hi",
            "INBOX",
            files,
        ]

    bo, cy = "https://www.linkedin.com/in/bo", "https://www.linkedin.com/in/cy"
    rows = [
        sent("2-a", "Bo Berg", "Ana Silva", "https://www.linkedin.com/in/ana", SENT),
        sent(
            "2-b", "Ana Silva", "Bo Berg,Cy Cole", f"{bo},{cy}", f"{OTHER} https://www.linkedin.com/x/a.pdf"
        ),
        sent("2-b", "Bo Berg", "Ana Silva", "", ""),
    ]
    pack.add("messages.csv", table(MESSAGES, *rows))
    pack.plant(
        "pictures/D4D06AQMessagePic01.jpeg",
        photos.photo("astronaut", 4),
        "astronaut",
        context="message",
        caption="hi",
        posted_at="2026-01-05T07:00:01+00:00",
        url=SENT,
        author="Bo Berg",
        author_is_owner=False,
        album="Sailing",
        exposure=Exposure.PRIVATE,
        exposure_evidence=("messages.csv",),
    )
    says = {"url": OTHER, "exposure": Exposure.NETWORK, "exposure_evidence": ("messages.csv",)}
    pack.planted.append(Planted(None, None, says))
