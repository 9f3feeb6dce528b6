"""Mastodon archives are read for what they say, and no further."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.mastodon import Mastodon
from selfsearch.types import Exposure

from . import photos
from .exports import Pack
from .exports.mastodon import ACTOR, BO, FOLLOWERS, LAYOUTS, PUBLIC, build, note, picture
from .exports.reading import mentioned

PHOTO = "media_attachments/files/108/original/0123456789abcdef.jpg"


def archive(*items: Any, member: str = PHOTO) -> Export:
    pack = Pack("archive")
    pack.add("outbox.json", {"type": "OrderedCollection", "orderedItems": list(items)})
    pack.add("actor.json", {"id": ACTOR, "preferredUsername": "ana"})
    pack.add(member, photos.nobody())
    return pack.as_export()


def posted(**more: Any) -> dict[str, Any]:
    activity = note("1", [PUBLIC], [], [picture(PHOTO)])
    activity["object"] |= more
    return activity


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everything_planted_is_mentioned_in_order(layout):
    pack = build(layout)
    export = pack.as_export()
    mentions = mentioned(Mastodon, export)
    assert [mention.path for mention in mentions] == [planted.path for planted in pack.planted]
    for mention, planted in zip(mentions, pack.planted, strict=True):
        assert vars(mention) == vars(mention) | planted.says, planted.path
    assert export.notes == {}


def test_the_account_carries_its_server():
    assert Mastodon(build("zip").as_export()).account == Account("ana@ex.social", "Ana", "2022-08-15")


@pytest.mark.parametrize(
    ("to", "cc", "audience", "exposure"),
    [
        (PUBLIC, FOLLOWERS, "public", Exposure.PUBLIC),  # text where a list is expected
        ([FOLLOWERS], [], "followers-only", Exposure.NETWORK),
        ([BO], [FOLLOWERS], "followers-only", Exposure.NETWORK),
        ([BO], [], "direct", Exposure.PRIVATE),
        ([], [], "direct", Exposure.PRIVATE),
        (["https://x/users/bo"], [], None, Exposure.UNKNOWN),  # not among those mentioned: it may be a group
        ([FOLLOWERS], ["https://ex.social/#Public"], None, Exposure.UNKNOWN),  # Akkoma: all of the server
        (None, None, None, Exposure.UNKNOWN),
        ([7, None], {}, None, Exposure.UNKNOWN),
        (["https://x/users/bo", "as:Everybody"], [], None, Exposure.UNKNOWN),
        ([FOLLOWERS], ["as:Everybody"], None, Exposure.UNKNOWN),
        ([FOLLOWERS, "as:Everybody"], [PUBLIC], "unlisted", Exposure.PUBLIC),
    ],
)
def test_the_audience_is_the_addressees(to, cc, audience, exposure):
    (mention,) = mentioned(Mastodon, archive(note("1", to, cc, [picture(PHOTO)])))
    assert (mention.audience, mention.exposure) == (audience, exposure)


@pytest.mark.parametrize(
    ("actor", "reason"),
    [
        ({}, "Mastodon: addressed to followers only"),
        ({"manuallyApprovesFollowers": True}, "Mastodon: addressed to followers only"),
        (
            {"manuallyApprovesFollowers": False},
            "Mastodon: addressed to followers only; anyone could become a follower, since the account "
            "accepts them without asking",
        ),
    ],
)
def test_a_post_for_followers_says_when_anyone_could_become_one(actor, reason):
    pack = Pack("archive")
    pack.add("actor.json", actor)
    pack.add("outbox.json", {"orderedItems": [note("1", [FOLLOWERS], [], [picture(PHOTO)])]})
    (mention,) = Mastodon(pack.as_export()).mentions()
    assert mention.provenance.exposure == Exposure.NETWORK.because(reason, "outbox.json")
    assert mention.provenance.records == ("outbox.json",)


def with_actor(**actor: Any) -> Mastodon:
    pack = Pack("archive")
    pack.add("actor.json", actor)
    for file in ("avatar.jpg", "header.png", "pictures/avatar.png", "face.webp"):
        pack.add(file, b"")
    return Mastodon(pack.as_export())


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        (
            {"preferredUsername": "ana", "url": "https://ex.social/@ana", "id": "https://other/1"},
            "ana@ex.social",
        ),
        ({"preferredUsername": "ana", "id": "https://ex.social/users/ana"}, "ana@ex.social"),
        ({"preferredUsername": "ana"}, "ana"),
        ({"url": "https://ex.social/@ana"}, None),
    ],
)
def test_the_server_is_that_of_the_accounts_page(actor, name):
    assert with_actor(**actor).account.name == name


@pytest.mark.parametrize(
    ("actor", "files"),
    [
        ({}, ["avatar.jpg", "header.png"]),
        ({"icon": {"url": "face.webp"}, "image": {"url": "avatar.jpg"}}, ["face.webp", "avatar.jpg"]),
        ({"icon": {"url": "gone.webp"}, "image": {"url": ""}}, ["avatar.jpg", "header.png"]),
    ],
)
def test_the_profiles_pictures_are_those_that_the_actor_names_else_those_with_the_usual_names(actor, files):
    mentions = list(with_actor(**actor).mentions())
    assert [mention.path for mention in mentions] == files
    assert [mention.provenance.context for mention in mentions] == ["profile_photo", "header"]


@pytest.mark.parametrize(
    ("attachment", "is_read"),
    [
        ({"mediaType": "image/jpeg"}, True),
        ({"mediaType": "video/mp4"}, True),
        ({"mediaType": None}, True),
        ({"mediaType": "audio/mpeg"}, False),
        ({"mediaType": "application/pdf"}, False),
        ({"mediaType": "text/plain"}, False),
        ({"mediaType": None, "type": "Audio"}, False),
    ],
)
def test_an_attachment_counts_unless_it_is_said_to_be_no_picture(attachment, is_read):
    assert bool(mentioned(Mastodon, archive(posted(attachment=picture(PHOTO, **attachment))))) == is_read


def test_an_attachment_without_anything_in_it_is_none():
    assert mentioned(Mastodon, archive(posted(attachment=[{}, 3, None]))) == []


def test_a_post_without_any_address_has_no_link():
    (mention,) = mentioned(Mastodon, archive(posted(url=None, id=None)))
    assert (mention.path, mention.url, mention.post_id) == (PHOTO, None, None)


def test_what_a_post_lacks_the_activity_around_it_says():
    activity = posted(url=None, published=None)
    (mention,) = mentioned(Mastodon, archive(activity | {"published": "2022-08-15T00:00:00"}))
    assert (mention.url, mention.post_id) == (f"{ACTOR}/statuses/108820522598404711", "108820522598404711")
    assert (mention.posted_at, mention.posted_at_source) == ("2022-08-15T00:00:00+00:00", "published")


@pytest.mark.parametrize(
    ("by", "actor", "author", "is_owner"),
    [
        (ACTOR, ACTOR, "ana@ex.social", True),
        (None, ACTOR, "ana@ex.social", True),
        (ACTOR, None, "ana@ex.social", True),
        ("https://ex.social/users/bo", ACTOR, "https://ex.social/users/bo", False),
    ],
)
def test_a_post_is_the_owners_unless_another_wrote_it(by, actor, author, is_owner):
    (mention,) = mentioned(Mastodon, archive(posted(attributedTo=by) | {"actor": actor}))
    assert (mention.author, mention.author_is_owner) == (author, is_owner)


def test_people_are_those_whom_a_post_mentions():
    tags = [{"type": "Mention", "name": "@bo@x"}, {"type": "Hashtag", "name": "#sea"}, {"type": "Mention"}]
    (mention,) = mentioned(Mastodon, archive(posted(tag=tags)))
    assert mention.people == ("@bo@x",)


def test_two_pictures_of_one_name_are_told_apart_by_their_folders():
    pack = Pack("archive")
    pack.add("outbox.json", {"orderedItems": [posted(attachment=picture("/system/1/small/a.png"))]})
    for folder in ("x/original", "x/small"):
        pack.add(f"{folder}/a.png", b"")
    (mention,) = mentioned(Mastodon, pack.as_export())
    assert mention.path == "x/small/a.png"


def test_the_addressees_may_stand_on_the_activity_alone():
    activity = note("1", [FOLLOWERS], [], [picture(PHOTO)])
    del activity["object"]["to"], activity["object"]["cc"]
    (mention,) = mentioned(Mastodon, archive(activity))
    assert mention.audience == "followers-only"


@pytest.mark.parametrize(
    ("url", "member"),
    [
        (PHOTO, PHOTO),
        (f"/{PHOTO}", PHOTO),
        (f"/system/{PHOTO}", PHOTO),
        (f"https://ex.social/system/{PHOTO}", PHOTO),
        (PHOTO, f"some/bucket/{PHOTO}"),
        (f"https://cdn/bucket/{PHOTO}?v=1", f"other/{PHOTO}"),
        (PHOTO, "media/original/0123456789abcdef.jpg"),
        ([{"type": "Link", "href": PHOTO}], PHOTO),
    ],
)
def test_a_picture_is_found_whatever_stands_before_its_path(url, member):
    (mention,) = mentioned(Mastodon, archive(note("1", [PUBLIC], [], [picture(url)]), member=member))
    assert mention.path == member


@pytest.mark.parametrize("url", [None, "", "../../etc/passwd", "https://elsewhere/other.jpg", 7, [], {}])
def test_a_picture_that_is_not_there_is_a_link(url):
    (mention,) = mentioned(Mastodon, archive(note("1", [PUBLIC], [], [picture(url)])))
    assert (mention.path, mention.url) == (None, "https://ex.social/@ana/108820522598404711")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Sea &amp; sun</p>", "Sea & sun"),
        ("<p>one</p><p>two<br />three</p>", "one\ntwo\nthree"),
        (
            '<a href="x"><span class="invisible">https://</span><span>ex.com/lo</span>'
            '<span class="invisible">ng</span></a>',
            "https://ex.com/long",
        ),
        ("a <![if[ b", "a <![if[ b"),
        ("", None),
        (None, None),
    ],
)
def test_a_caption_is_the_text_of_the_post(html, text):
    (mention,) = mentioned(Mastodon, archive(posted(content=html)))
    assert mention.caption == text


def test_a_caption_may_be_in_a_language_alone():
    (mention,) = mentioned(Mastodon, archive(posted(content=None, contentMap={"pt": "<p>mar</p>"})))
    assert mention.caption == "mar"


@pytest.mark.parametrize(
    "key", ["id", "url", "published", "to", "cc", "content", "summary", "tag", "attributedTo", "attachment"]
)
@pytest.mark.parametrize("value", [None, 7, [], {}, "?", [None, 3, {"name": 4}], {"url": []}, True])
def test_a_field_of_the_wrong_type_never_stops_the_others(key, value):
    bad, good = posted(**{key: value}), posted(content="good")
    export = archive(bad, None, 3, [], "boost", {"object": None}, good)
    assert [mention.caption for mention in mentioned(Mastodon, export)][-1] == "good"
    assert export.notes == {"outbox.json": "holds entries that are not objects; they were passed over"}


def test_a_picture_that_the_archive_lacks_is_named():
    (mention,) = mentioned(Mastodon, archive(posted(), member="other.jpg"))
    assert mention.path == PHOTO


def test_a_single_attachment_may_be_no_list():
    (mention,) = mentioned(Mastodon, archive(posted(attachment=picture(PHOTO))))
    assert mention.path == PHOTO


def test_a_cut_outbox_is_read_up_to_the_cut():
    text = json.dumps({"type": "OrderedCollection", "orderedItems": [posted() for _ in range(4)]})
    pack = Pack("archive")
    pack.add("outbox.json", text[: len(text) * 5 // 8])
    pack.add("actor.json", "{")
    export = pack.as_export()
    assert len(list(Mastodon(export).mentions())) == 2
    assert sorted(export.notes) == ["actor.json", "outbox.json"]
    assert Mastodon.confirm(export)


def test_files_without_a_post_keep_what_their_name_says():
    export = archive()
    inferred = {
        path: (provenance.context, provenance.exposure.level)
        for path in (PHOTO, "avatar.png", "header.jpg")
        for provenance in [Mastodon(export).infer(path)]
    }
    assert inferred == {
        PHOTO: (None, Exposure.UNKNOWN),
        "avatar.png": ("profile_photo", Exposure.PUBLIC),
        "header.jpg": ("header", Exposure.PUBLIC),
    }


def test_small_copies_are_derivatives():
    assert Mastodon.derivative("media_attachments/files/108/small/0123456789abcdef.jpg")
    assert Mastodon.derivative(PHOTO) is None


def test_a_time_without_a_zone_is_in_utc():
    (mention,) = mentioned(Mastodon, archive(posted(published="2022-08-15T00:00:00")))
    assert (mention.posted_at, mention.posted_at_source) == ("2022-08-15T00:00:00+00:00", "object.published")
