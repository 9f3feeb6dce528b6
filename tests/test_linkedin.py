"""LinkedIn downloads hold links: they are listed, and found again where the owner saved them."""

from __future__ import annotations

from calendar import month_name
from types import SimpleNamespace

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.linkedin import LinkedIn, links, sentence_time
from selfsearch.types import Exposure

from .exports import Pack
from .exports.linkedin import FEED, LAYOUTS, MESSAGES, RICH, SHARES, build, share, table
from .exports.reading import mentioned


def download(**tables: str) -> Export:
    pack = Pack("Complete_LinkedInDataExport_05-01-2026")
    for name, text in tables.items():
        pack.add(f"{name}.csv", text)
    return pack.as_export()


def read(export: Export) -> list[SimpleNamespace]:
    return mentioned(LinkedIn, export)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_whole_download_is_read_without_complaint(layout):
    export = build(layout).as_export()
    read(export)
    assert export.notes == {}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_links_without_media_are_listed_once_each(layout):
    links_only = [mention for mention in read(build(layout).as_export()) if mention.path is None]
    assert [(mention.context, mention.audience) for mention in links_only] == [
        ("post", None),  # the video, which no post of its minute explains
        ("post", "CONNECTIONS"),
        ("post", "HOLOGRAM"),
        ("post", "MEMBER_NETWORK"),
        ("post", "LOGGED_IN"),
        ("post", "CONTAINER"),
        ("message", "group conversation"),
    ]


def test_another_programs_connections_are_not_a_download():
    assert not LinkedIn.confirm(download(Connections="host,port\nlocalhost,80\n"))


def test_the_download_is_dated_by_its_name_and_parts_share_it():
    assert LinkedIn(build("basic").as_export()).account == Account("Ana Silva", "Ana Silva", "2026-05-01")
    name = "complete_linkedindataexport_05-01-2026"
    assert LinkedIn.part_key("Complete_LinkedInDataExport_05-01-2026.zip") == name
    assert LinkedIn.part_key("Complete_LinkedInDataExport_05-01-2026 (1).zip") == name
    assert LinkedIn.part_key("export.zip") is None


@pytest.mark.parametrize(
    ("sentence", "time"),
    [
        ("You uploaded a feed photo on April 12, 2026 at 8:03 AM (GMT)", "2026-04-12T08:03:00+00:00"),
        ("You uploaded a feed photo on April 12, 2026 at 12:03 AM (GMT)", "2026-04-12T00:03:00+00:00"),
        ("You uploaded a feed photo on April 12, 2026 at 12:03\u202fPM (GMT)", "2026-04-12T12:03:00+00:00"),
        ("You uploaded a feed photo on April 12, 2026 at 18:03 (UTC)", "2026-04-12T18:03:00+00:00"),
        ("You uploaded a feed photo on April 12, 2026 at 8:03 AM (PST)", "2026-04-12T08:03:00"),
        ("You uploaded a feed photo on April 31, 2026 at 8:03 AM (GMT)", None),
        ("Vous avez publié une photo le 12 avril 2026 à 8:03", None),
        ("on Octember 1, 2026 at 8:03 AM", None),
        ("", None),
    ],
)
def test_a_sentence_tells_its_time_or_none(sentence, time):
    assert sentence_time(sentence) == time


@pytest.mark.parametrize(
    ("word", "exposure"),
    [
        ("PUBLIC", Exposure.PUBLIC),
        ("public", Exposure.PUBLIC),
        ("ANYONE", Exposure.PUBLIC),
        ("MEMBER_NETWORK", Exposure.UNKNOWN),  # it stands with public posts, too
        ("CONNECTIONS", Exposure.NETWORK),
        ("LOGGED_IN", Exposure.PUBLIC),  # for every member, and anyone can become one
        ("", Exposure.UNKNOWN),
        ("Öffentlich", Exposure.UNKNOWN),
    ],
)
def test_visibility_keeps_linkedins_word(word, exposure):
    row = share(1, media=FEED, visibility=word, when="2026-04-12 08:03:11")
    (mention,) = read(download(Shares=table(SHARES, row)))
    assert (mention.audience, mention.exposure) == (word or None, exposure)


def test_two_posts_of_one_minute_explain_no_upload():
    posts = [share(n, visibility="PUBLIC", when="2026-04-12 08:03:11") for n in (1, 2)]
    upload = ["You uploaded a feed photo on April 12, 2026 at 8:03 AM (GMT)", "-", FEED]
    (mention,) = read(download(Shares=table(SHARES, *posts), Rich_Media=table(RICH, upload)))
    assert (mention.exposure, mention.exposure_reason, mention.url) == (
        Exposure.UNKNOWN,
        "no post of the same minute says who could see it",
        FEED,
    )


def test_addresses_may_be_separated_by_commas_or_spaces_and_hold_commas():
    cell = "https://a/x,1.jpg,https://b/y https://c/z, not-a-link"
    assert links(cell) == ["https://a/x,1.jpg", "https://b/y", "https://c/z"]


@pytest.mark.parametrize("name", ["Shares", "Rich_Media", "messages", "Profile", "Connections"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "one,two\n1\n",
        'ShareLink,Date\n"never closed',
        "Media Link\n\n,,,\n",
        "\0\0",
        "\ufeffShareLink\nx\n",
    ],
)
def test_a_broken_table_never_stops_the_others(name, text):
    tables = {
        "Shares": table(SHARES, share(1, media=FEED, visibility="PUBLIC", when="nonsense")),
        "messages": table(MESSAGES, ["x"] * 10 + [f"{FEED}3"]),
    }
    mentions = read(download(**(tables | {name: text})))
    assert {mention.context for mention in mentions} >= (
        {"post", "message"} - {"post" if name == "Shares" else "message" if name == "messages" else ""}
    )


def test_a_picture_that_no_row_links_to_is_only_a_file():
    provenance = LinkedIn(build("basic").as_export()).infer("holiday.jpg")
    assert (provenance.platform, provenance.context) == ("folder", "file")
    assert provenance.exposure.level is Exposure.UNKNOWN


def test_every_month_has_its_number():
    for number, month in enumerate(month_name[1:], 1):
        assert sentence_time(f"on {month} 1, 2026 at 8:03 AM (UTC)") == f"2026-{number:02}-01T08:03:00+00:00"


@pytest.mark.parametrize(
    ("sentence", "context", "reason"),
    [
        ("You uploaded a profile photo on", "profile_photo", "could see the profile photo"),
        ("You uploaded a profile picture on", "profile_photo", "could see the profile photo"),
        ("You uploaded a background photo on", "header", "could see the background photo"),
        ("You uploaded a cover photo on", "header", "could see the background photo"),
        ("You uploaded a feed document on", "post", "no post of the same minute"),
        ("You uploaded a photo on", "post", "no post of the same minute"),
        ("You uploaded a video on", "post", "no post of the same minute"),
        ("You uploaded a thing on", None, "could see this upload"),
    ],
)
def test_the_sentence_says_what_was_uploaded(sentence, context, reason):
    (mention,) = read(download(Rich_Media=table(RICH, [sentence, "words", FEED])))
    assert (mention.context, mention.exposure, mention.caption) == (context, Exposure.UNKNOWN, "words")
    assert reason in mention.exposure_reason
    assert (mention.url, mention.url_kind, mention.author_is_owner) == (FEED, "exact", True)


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("CONNECTIONS_ONLY", Exposure.NETWORK),
        *((word, Exposure.UNKNOWN) for word in ("CONTAINER", "GROUP", "PUBLICLY")),
    ],
)
def test_every_word_for_visibility_has_its_level(word, level):
    row = share(1, media=FEED, visibility=word, when="2026-04-12 08:03:11")
    assert [mention.exposure for mention in read(download(Shares=table(SHARES, row)))] == [level]


def test_an_upload_and_the_post_of_its_minute_are_one():
    post = share(1, media=FEED, visibility="PUBLIC", when="2026-04-12 08:03:11")
    upload = ["You uploaded a feed photo on April 12, 2026 at 8:03 AM (GMT)", "words", FEED]
    (mention,) = read(download(Shares=table(SHARES, post), Rich_Media=table(RICH, upload)))
    assert (mention.exposure, mention.caption, mention.post_id) == (Exposure.PUBLIC, "words", "1")
    later = share(1, media=FEED, visibility="PUBLIC", when="2026-04-12 08:04:00")
    mentions = read(download(Shares=table(SHARES, later), Rich_Media=table(RICH, upload)))
    assert [mention.exposure for mention in mentions] == [Exposure.UNKNOWN, Exposure.PUBLIC]


def test_an_upload_counts_with_a_sentence_or_a_link_and_a_post_only_with_a_picture():
    sentence = "You uploaded a feed photo on April 12, 2026 at 8:03 AM (GMT)"
    uploads = table(RICH, [sentence, "", "-"], ["-", "", FEED], ["-", "words", "-"])
    assert [mention.url for mention in read(download(Rich_Media=uploads))] == [None, FEED]
    assert (
        read(download(Shares=table(SHARES, share(1, visibility="PUBLIC", when="2026-04-12 08:03:11")))) == []
    )


@pytest.mark.parametrize(
    ("to", "recipients", "audience", "exposure"),
    [
        ("Bo", "https://www.linkedin.com/in/bo", "conversation", Exposure.PRIVATE),
        ("Bo,Cy", "https://l.com/in/bo,https://l.com/in/cy", "group conversation", Exposure.NETWORK),
        ("Bo,LinkedIn Member", "https://l.com/in/bo", None, Exposure.UNKNOWN),
        ("", "https://l.com/in/bo", None, Exposure.UNKNOWN),
        ("Bo", "", None, Exposure.UNKNOWN),
    ],
)
def test_a_message_to_several_is_a_groups(to, recipients, audience, exposure):
    cells = {"RECIPIENT PROFILE URLS": recipients, "ATTACHMENTS": FEED, "FROM": "Ana Silva", "CONTENT": "hi"}
    cells |= {"TO": to}
    profile = table(["First Name", "Last Name"], ["Ana", "Silva"])
    (mention,) = read(
        download(messages=table(MESSAGES, [cells.get(c, "") for c in MESSAGES]), Profile=profile)
    )
    source = audience and "chat_type"
    assert (mention.audience, mention.audience_source, mention.exposure) == (audience, source, exposure)
    assert (mention.author_is_owner, mention.caption, mention.context) == (True, "hi", "message")


@pytest.mark.parametrize("third", ["SENDER PROFILE URL", "FROM"])  # who has left LinkedIn has no address
def test_a_conversation_in_which_a_third_took_part_is_a_groups(third):
    people = [f"https://www.linkedin.com/in/{name}" for name in ("ana", "bo", "cy")]
    cells = [
        {
            "TO": "Bo",
            "SENDER PROFILE URL": people[0],
            "RECIPIENT PROFILE URLS": people[1],
            "ATTACHMENTS": FEED,
        },
        {"TO": "Bo", third: people[2], "RECIPIENT PROFILE URLS": people[1]},
    ]
    rows = [[row.get(c, "2-x" if c == "CONVERSATION ID" else "") for c in MESSAGES] for row in cells]
    (mention,) = read(download(messages=table(MESSAGES, *rows)))
    assert (mention.exposure, mention.exposure_evidence) == (Exposure.NETWORK, ("messages.csv",))


def test_an_upload_is_not_narrowed_by_a_post_that_does_not_name_it():
    upload = ["You uploaded a feed photo on April 12, 2026 at 8:03 AM (GMT)", "-", FEED]
    for media, exposure in (("", Exposure.UNKNOWN), (FEED, Exposure.NETWORK)):
        post = share(1, media=media, visibility="CONNECTIONS", when="2026-04-12 08:03:11")
        (mention,) = read(download(Shares=table(SHARES, post), Rich_Media=table(RICH, upload)))
        assert (mention.exposure, mention.records) == (exposure, ("Rich_Media.csv", "Shares.csv"))
        assert mention.audience == (
            "CONNECTIONS" if media else None
        )  # a known word is not offered as unknown


def test_a_saved_picture_is_found_by_the_links_id_the_posts_id_or_its_name():
    row = share(7123456789012345678, media=FEED, visibility="PUBLIC", when="2026-04-12 08:03:11")
    for name in ("D4D22AQHarbourWalk1.jpg", "post 7123456789012345678.jpg"):
        pack = Pack("Complete_LinkedInDataExport_05-01-2026")
        pack.add("Shares.csv", table(SHARES, row))
        pack.add(f"saved/{name}", b"")
        assert [mention.path for mention in read(pack.as_export())] == [f"saved/{name}"]


def test_a_saved_picture_is_found_by_the_name_in_its_address_and_tables_in_folders_are_anothers():
    pack = Pack("Complete_LinkedInDataExport_05-01-2026")
    row = share(1, media="https://example.org/me.jpg", visibility="PUBLIC", when="2026-04-12 08:03:11")
    pack.add("Shares.csv", table(SHARES, row))
    pack.add("old/Shares.csv", table(SHARES, share(2, media=FEED, visibility="PUBLIC", when="2026-04-12")))
    pack.add("saved/me.jpg", b"")
    assert [(mention.path, mention.post_id) for mention in read(pack.as_export())] == [("saved/me.jpg", "1")]
