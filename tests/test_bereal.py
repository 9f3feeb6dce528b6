"""BeReal downloads: both pictures of a pair are found, with the time and the audience of their post."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.bereal import BeReal
from selfsearch.types import Exposure

from .exports import Pack
from .exports.bereal import LAYOUTS, READ, WHEN, build, post
from .exports.reading import mentioned

PHOTO, OTHER = "Photos/post/AbC.webp", "Photos/post/DeF.webp"


def holding(posts: Any, *files: str) -> Export:
    pack = Pack("bereal-export")
    pack.add("posts.json", posts)
    for file in files or (PHOTO, OTHER):
        pack.add(file, b"RIFF")
    return pack.as_export()


def said_of(export: Export, path: str | None) -> list[SimpleNamespace]:
    return [mention for mention in mentioned(BeReal, export) if mention.path == path]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_picture_is_mentioned_once(layout):
    pack = build(layout)
    paths = sorted(
        mention.path for mention in mentioned(BeReal, pack.as_export()) if mention.path in pack.files
    )
    assert paths == sorted(str(planted.path) for planted in pack.planted)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_account_is_in_the_users_record(layout):
    assert BeReal(build(layout).as_export()).account == Account("ana.example", "Ana")


@pytest.mark.parametrize(
    "document", [[{"title": "a blog"}], [], {}, None, "text", [{"primary": "x"}], [{"primary": {"path": 5}}]]
)
def test_another_posts_json_is_not_bereal_s(document):
    assert BeReal.confirm(holding(document)) is (document == [{"primary": {"path": 5}}])


def test_a_missing_picture_is_listed_and_a_link_has_no_path():
    export = build("posts").as_export()
    (gone,) = said_of(export, "Photos/u1234/post/gone.webp")
    assert (gone.context, gone.audience, export.notes) == ("post", "galaxy", {})
    linked = holding([{"primary": {"path": "https://cdn.bereal.network/x.webp"}, "takenAt": WHEN}])
    assert [mention.taken_at for mention in said_of(linked, None)] == [READ]


def test_of_two_files_of_one_name_the_one_in_the_same_folder_is_meant():
    export = holding([post("AbC.webp", "x.webp")], PHOTO, "Photos/bereal/AbC.webp")
    assert len(said_of(export, PHOTO)) == 1
    assert said_of(export, "Photos/bereal/AbC.webp") == []


def test_the_widest_of_several_audiences_counts():
    (mention,) = said_of(holding([post("AbC.webp", "DeF.webp", visibility=["friends", "public"])]), PHOTO)
    assert (mention.exposure, mention.audience) == (Exposure.PUBLIC, "friends, public")
    assert mention.exposure_reason == "BeReal: visibility = friends, public"


@pytest.mark.parametrize("wrap", [lambda record: record, lambda record: {"posts": [record]}])
def test_a_single_post_and_an_envelope_are_read(wrap):
    export = holding(wrap(post("AbC.webp", "DeF.webp", visibility=["friends"])))
    assert BeReal.confirm(export)
    assert [mention.exposure for mention in said_of(export, PHOTO)] == [Exposure.NETWORK]


BAD = [
    None,
    5,
    "x",
    [],
    {},
    {"primary": None, "secondary": []},
    {"primary": {"path": []}, "visibility": {"a": 1}},
]


def test_bad_records_never_hide_the_good_ones():
    good = post("AbC.webp", "DeF.webp", location="Porto", takenAt=[], visibility=None, caption={})
    assert len(said_of(holding([*BAD, good, *BAD]), PHOTO)) == 1


@pytest.mark.parametrize("when", [None, "soon", "0000-00-00T00:00:00Z", "99999-01-01", True])
def test_an_absurd_time_is_no_time(when):
    (mention,) = said_of(holding([post("AbC.webp", "DeF.webp", takenAt=when)]), PHOTO)
    assert (mention.taken_at, mention.taken_at_source) == (None, None)


def test_a_cut_file_is_read_up_to_the_cut():
    export = holding(json.dumps([post("AbC.webp", "x.webp"), post("DeF.webp", "y.webp")])[:-60])
    assert (len(said_of(export, PHOTO)), len(said_of(export, OTHER))) == (1, 0)
    assert "read as far as it goes" in export.notes["posts.json"]


def test_a_file_without_a_record_is_what_its_folder_says():
    export = build("posts").as_export()
    contexts = {
        path: BeReal(export).infer(path).context
        for path in (PHOTO, "Photos/realmoji/1.webp", "Photos/profile/1.webp")
    }
    assert list(contexts.values()) == ["post", "other", "profile_photo"]


@pytest.mark.parametrize(
    ("words", "exposure"),
    [
        *((word, Exposure.PUBLIC) for word in ("public", "everyone", "Global", "discovery")),
        *((word, Exposure.NETWORK) for word in ("friends", "friends-of-friends", "FriendsOfFriends")),
        ("friends_of_friends", Exposure.NETWORK),
        *((word, Exposure.UNKNOWN) for word in ("galaxy", "private", "group")),  # in no description
        (["friends", "friends-of-friends"], Exposure.NETWORK),
        (["friends", "galaxy"], Exposure.UNKNOWN),  # a galaxy may be wider
        (["friends", {"name": "public"}], Exposure.UNKNOWN),  # so may what is no word
        (["friends", None], Exposure.UNKNOWN),
        ([], Exposure.UNKNOWN),
        (None, Exposure.UNKNOWN),
    ],
)
@pytest.mark.parametrize("field", ["visibility", "visibilities"])
def test_every_word_for_an_audience_has_its_level(field, words, exposure):
    record = {"primary": {"path": PHOTO}, "id": "p1", field: words}
    (mention,) = said_of(holding([record]), PHOTO)
    assert (mention.exposure, mention.post_id, mention.author_is_owner) == (exposure, "p1", True)


@pytest.mark.parametrize(
    ("uri", "files", "found"),
    [
        ("/Photos/u1/post/AbC.webp", ["post/AbC.webp"], "post/AbC.webp"),
        ("Photos/u1/post/AbC.webp", ["x/y/AbC.webp"], "x/y/AbC.webp"),
        ("Photos/u1/post/AbC.webp", ["x/AbC.webp", "x/post/AbC.webp"], "x/post/AbC.webp"),
        ("AbC.webp", ["x/AbC.webp", "y/AbC.webp"], "AbC.webp"),  # not there: which one cannot be told
    ],
)
def test_a_picture_is_found_by_as_much_of_its_path_as_there_is(uri, files, found):
    (mention,) = mentioned(BeReal, holding([{"primary": {"path": uri}}], *files))
    assert mention.path == found


def test_a_record_s_pictures_are_listed_once_each():
    record = {"primary": {"path": PHOTO}, "again": [{"path": PHOTO}], "btsMedia": {"path": "c.mp4"}}
    assert [mention.path for mention in mentioned(BeReal, holding([record]))] == [PHOTO, "c.mp4"]


def test_the_clip_behind_the_scenes_alone_is_a_sign_of_bereal():
    assert BeReal.confirm(holding([{"btsMedia": {"path": "c.mp4"}}]))


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"takenAt": WHEN, "takenTime": "2020-01-01T00:00:00Z"}, "takenAt"),
        ({"takenTime": WHEN, "date": "2020-01-01T00:00:00Z"}, "takenTime"),
        ({"date": WHEN}, "date"),
    ],
)
def test_the_surest_time_is_the_one_of_the_picture(fields, source):
    (mention,) = said_of(holding([{"primary": {"path": PHOTO}, "postedAt": WHEN} | fields]), PHOTO)
    assert (mention.taken_at, mention.taken_at_source) == (READ, source)
    assert (mention.posted_at, mention.posted_at_source) == (READ, "postedAt")


def chat(*people: str, wrote: tuple[str, ...] = (), user: Any = None) -> Export:
    """A chat with these people in its list, of whom some wrote."""
    pack = Pack("bereal-export")
    pack.add("user.json", {"id": "u-ana", "username": "ana.example"} if user is None else user)
    messages = [{"userId": f"u-{name}", "message": "hi"} for name in wrote]
    messages.append({"userId": "u-bo", "media": {"path": "/conversations/c1/photo.webp"}})
    listed = [{"id": f"u-{name}", "username": f"{name}.example"} for name in people]
    pack.add("conversations/c1/chat_log.json", {"participants": listed, "messages": messages})
    for file in ("photo.webp", "other.webp"):
        pack.add(f"conversations/c1/{file}", b"RIFF")
    return pack.as_export()


@pytest.mark.parametrize(
    ("people", "wrote", "user", "exposure"),
    [
        (("ana", "bo"), (), None, Exposure.PRIVATE),
        (("bo",), (), None, Exposure.PRIVATE),  # a list without its owner
        (("ana", "bo"), (), {"username": "ana.example"}, Exposure.PRIVATE),
        (("ana", "bo"), (), {}, Exposure.UNKNOWN),  # who knows whether the owner is one of them
        (("bo", "cy"), (), None, Exposure.NETWORK),
        (("ana", "bo", "cy"), (), None, Exposure.NETWORK),
        (("ana", "bo"), ("cy",), None, Exposure.NETWORK),
        ((), ("ana",), None, Exposure.UNKNOWN),  # they wrote, and others may have read
        (("ana",), (), None, Exposure.UNKNOWN),
    ],
)
def test_a_chat_is_of_two_only_where_its_list_shows_it(people, wrote, user, exposure):
    export = chat(*people, wrote=wrote, user=user)
    assert BeReal.confirm(export)
    (mention,) = said_of(export, "conversations/c1/photo.webp")
    log = "conversations/c1/chat_log.json"
    assert (mention.exposure, mention.records, mention.context) == (exposure, (log,), "message")
    assert mention.exposure_evidence == (() if exposure is Exposure.UNKNOWN else (log,))
    assert BeReal(export).infer("conversations/c1/other.webp").exposure.level is exposure


def test_a_picture_of_a_chat_belongs_to_the_message_whose_id_its_name_begins_with():
    pack = build("posts")
    log = {"conversationId": "c1", "messages": [{"id": "8f-2a", "userId": "u-bo", "createdAt": WHEN}]}
    pack.add("conversations/c1/chat_log.json", log)
    for file in ("8f-2a-0.webp", "8f-2a.webp", "8f-2ab.webp", "other/8f-2a.webp"):
        pack.add(f"conversations/c1/{file}", b"RIFF")
    messages = [mention for mention in mentioned(BeReal, pack.as_export()) if mention.context == "message"]
    assert [(mention.path, mention.posted_at, mention.author) for mention in messages] == [
        ("conversations/c1/8f-2a-0.webp", READ, "u-bo"),
        ("conversations/c1/8f-2a.webp", READ, "u-bo"),
    ]


@pytest.mark.parametrize(
    "log", ["", "{", [], {"participants": 3, "messages": {"a": [None, 7]}}, {"messages": "x"}]
)
def test_a_ruined_log_of_a_chat_leaves_its_pictures_unknown(log):
    pack = build("posts")
    pack.add("conversations/c1/chat_log.json", log)
    pack.add("conversations/c1/photo.webp", b"RIFF")
    reader = BeReal(pack.as_export())
    list(reader.mentions())
    inferred = reader.infer("conversations/c1/photo.webp")
    assert (inferred.context, inferred.exposure.level) == ("message", Exposure.UNKNOWN)
