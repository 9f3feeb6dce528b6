"""Telegram Desktop exports are read for what they say, and no further."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.telegram import Telegram
from selfsearch.exports.platforms.telegram_pages import UNKNOWN_KIND
from selfsearch.types import Exposure

from . import photos
from .exports import Pack
from .exports.reading import columns
from .exports.telegram import LAYOUTS, ME, build, message

PHOTO = "photos/photo_1@17-06-2023_12-01-02.jpg"


def exported(result: Any) -> Export:
    pack = Pack("ChatExport_2023-06-18")
    pack.add("result.json", result)
    pack.add(PHOTO, photos.nobody())
    return pack.as_export()


def chat(*messages: Any, kind: str = "personal_chat") -> dict[str, Any]:
    return {"name": "Bo", "type": kind, "id": 123456, "messages": list(messages)}


def read(export: Export) -> list[SimpleNamespace]:
    return [columns(mention.provenance) for mention in Telegram(export).mentions()]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everything_planted_is_read_with_what_its_records_say(layout):
    pack = build(layout)
    export = pack.as_export()
    records = {mention.path: mention.provenance.columns() for mention in Telegram(export).mentions()}
    for planted in pack.planted:
        assert records[planted.path] == records[planted.path] | planted.says, planted.path
    assert set(records) - {None} == {planted.path for planted in pack.planted}
    is_unsaid = layout in ("html-single", "html-2019")
    assert export.notes == ({"messages.html": UNKNOWN_KIND} if is_unsaid else {})


@pytest.mark.parametrize(
    "result",
    [
        [],
        {},
        {"result": "ok", "messages": []},
        {"name": "x", "type": "report", "id": 1, "messages": [{"text": "a", "date": "b"}]},
        "",
        "{",
    ],
)
def test_another_programs_result_json_is_not_an_export(result):
    assert not Telegram.confirm(exported(result))


def test_a_chat_without_its_type_is_recognised_by_its_messages():
    assert Telegram.confirm(exported({"messages": [message(1)]}))


def test_the_account_is_named_where_the_export_names_it():
    assert Telegram(build("full").as_export()).account == Account("ana_example", "Ana Silva", "2023-06-18")
    assert Telegram(build("single-personal").as_export()).account == Account(exported_at="2023-06-18")


def test_placeholders_are_links_without_media_and_sounds_are_not_media():
    missing = [
        m.provenance for m in Telegram(build("single-personal").as_export()).mentions() if m.path is None
    ]
    assert [(provenance.post_id, provenance.caption) for provenance in missing] == [
        ("15", "gone"),
        ("17", None),
    ]


def test_thumbnails_are_derivatives_and_sent_files_are_not():
    thumbs = [
        "video_files/trip.mp4_thumb.jpg",
        "stickers/a.webp_thumb.jpg",
        "chats/chat_01/video_files/x_thumb.jpg",
    ]
    assert all(map(Telegram.derivative, thumbs))
    assert not any(map(Telegram.derivative, ["files/my_thumb.jpg", PHOTO, "my_thumb.jpg"]))


def test_two_captions_in_one_second_stay_with_their_photos():
    sent = [message(n, photo=PHOTO, text=text) for n, text in ((1, "one"), (2, "two"), (3, ""))]
    assert [item.caption for item in read(exported(chat(*sent)))] == ["one", "two", None]


def test_a_caption_is_not_carried_to_another_sender_or_past_a_gap_or_to_a_forwarded_photo():
    sent = [
        message(1, photo=PHOTO, text="one"),
        message(2, ME, photo=PHOTO),
        message(4, ME, photo=PHOTO, text="four"),
        message(5, ME, photo=PHOTO, forwarded_from=None),
    ]
    assert [item.caption for item in read(exported(chat(*sent)))] == ["one", None, "four", None]


@pytest.mark.parametrize(
    ("more", "author", "mine"),
    [
        ({}, "Bo Berg", False),
        ({"from_id": "user99"}, "Bo Berg", True),
        ({"from_id": 99}, "Bo Berg", True),
        ({"from": None, "from_id": None}, None, None),
        ({"from_id": "channel99"}, "Bo Berg", None),
        ({"forwarded_from": "Some Channel"}, "Some Channel", False),
        ({"forwarded_from": "Ana Silva", "from_id": "user99"}, "Ana Silva", True),
        ({"forwarded_from": "A. S.", "forwarded_from_id": "user99"}, "A. S.", True),
        ({"forwarded_from": None, "from_id": "user99"}, None, None),
    ],
)
def test_the_author_is_whoever_made_it_and_the_owner_only_when_the_export_says_so(more, author, mine):
    owner = {"user_id": 99, "first_name": "Ana", "last_name": "Silva"}
    record = {"personal_information": owner, "chats": {"list": [chat(message(1, photo=PHOTO) | more)]}}
    (provenance,) = read(exported(record))
    assert (provenance.author, provenance.author_is_owner) == (author, mine)


def test_an_unknown_type_of_chat_has_an_unknown_audience():
    (provenance,) = read(exported(chat(message(1, photo=PHOTO), kind="secret_disco")))
    assert (provenance.audience, provenance.exposure) == ("secret_disco", Exposure.UNKNOWN)
    assert provenance.exposure_reason == "Telegram: type of the chat = secret_disco, a word that is not known"


def test_the_type_of_a_chat_may_stand_after_its_messages():
    record = {"messages": [message(1, photo=PHOTO)], "id": 123456, "type": "private_group", "name": "Family"}
    (provenance,) = read(exported(record))
    assert (provenance.audience, provenance.album, provenance.exposure) == (
        "private_group",
        "Family",
        Exposure.NETWORK,
    )


def test_the_owner_may_stand_after_the_chats():
    record = {
        "chats": {"list": [chat(message(1, ME, photo=PHOTO))]},
        "personal_information": {"user_id": "99"},
    }
    (provenance,) = read(exported(record))
    assert provenance.author_is_owner is True


def test_a_path_may_lie_in_its_chats_own_folder():
    pack = Pack("DataExport_2023-06-18")
    pack.add("result.json", chat(message(1, photo=PHOTO)))
    pack.add(f"chats/chat_1/{PHOTO}", photos.nobody())
    assert [mention.path for mention in Telegram(pack.as_export()).mentions()] == [f"chats/chat_1/{PHOTO}"]


@pytest.mark.parametrize(
    "key", ["id", "date", "date_unixtime", "from", "from_id", "text", "text_entities", "type"]
)
@pytest.mark.parametrize(
    "value", [None, 7, [], {}, "?", [None, 3, {"text": 4}], {"text": []}, True, 10**18, -1e300]
)
def test_a_field_of_the_wrong_type_never_stops_the_others(key, value):
    bad = message(1, photo=PHOTO) | {key: value}
    export = exported(chat(bad, None, [], "x", 3, message(9, photo=PHOTO, text="good")))
    assert read(export)[-1].caption == "good"
    assert export.notes == {"result.json": "holds entries that are not objects; they were passed over"}


@pytest.mark.parametrize(
    "photo", [None, 7, [], {}, "", "../../etc/passwd", "(File unavailable, please try later)"]
)
def test_a_photo_that_is_no_path_is_no_file(photo):
    assert [mention.path for mention in Telegram(exported(chat(message(1, photo=photo)))).mentions()] in (
        [],
        [None],
    )


def test_a_photo_that_the_export_lacks_is_named():
    (mention,) = Telegram(exported(chat(message(1, photo="photos/lost.jpg")))).mentions()
    assert mention.path == "photos/lost.jpg"


def test_a_cut_record_is_read_up_to_the_cut():
    text = json.dumps(chat(*(message(n, photo=PHOTO) for n in range(1, 9))))
    export = exported(text[: text.index('"id": 5')])
    assert [item.post_id for item in read(export)] == ["1", "2", "3", "4"]
    assert export.notes["result.json"].startswith("damaged JSON, read as far as it goes")


def test_a_photo_without_a_record_keeps_the_local_time_of_its_name():
    export = exported("")
    assert list(Telegram(export).mentions()) == []
    inferred = {
        path: (provenance.context, provenance.posted_at, provenance.exposure)
        for path in (
            PHOTO,
            "profile_pictures/photo_1@99-99-2023_12-01-02.jpg",
            "stories/s.jpg",
            "elsewhere/a.jpg",
        )
        for provenance in [columns(Telegram(export).infer(path))]
    }
    assert inferred == {
        PHOTO: ("message", "2023-06-17T12:01:02", Exposure.UNKNOWN),
        "profile_pictures/photo_1@99-99-2023_12-01-02.jpg": ("profile_photo", None, Exposure.UNKNOWN),
        "stories/s.jpg": ("story", None, Exposure.UNKNOWN),
        "elsewhere/a.jpg": (None, None, Exposure.UNKNOWN),
    }


def test_a_time_of_zero_is_no_time():
    (provenance,) = read(exported(chat(message(1, stamp="0", photo=PHOTO) | {"date": "nonsense"})))
    assert (provenance.posted_at, provenance.posted_at_source) == (None, None)


@pytest.mark.parametrize(
    ("kind", "exposure", "link"),
    [
        ("saved_messages", Exposure.PRIVATE, None),
        ("personal_chat", Exposure.PRIVATE, None),
        ("bot_chat", Exposure.PRIVATE, None),
        ("private_group", Exposure.NETWORK, None),
        ("private_supergroup", Exposure.NETWORK, "https://t.me/c/123456/7"),
        ("private_channel", Exposure.NETWORK, "https://t.me/c/123456/7"),
        ("public_supergroup", Exposure.PUBLIC, "https://t.me/c/123456/7"),
        ("public_channel", Exposure.PUBLIC, "https://t.me/c/123456/7"),
        ("replies", Exposure.UNKNOWN, None),
        (None, Exposure.UNKNOWN, None),
    ],
)
def test_who_could_see_a_message_follows_from_the_kind_of_chat(kind, exposure, link):
    (item,) = read(exported(chat(message(7, photo=PHOTO), kind=kind)))
    assert (item.exposure, item.url, item.audience) == (exposure, link, kind)
    assert item.context == ("saved" if kind == "saved_messages" else "message")
    assert (item.album, item.post_id) == ("Bo", "7")


@pytest.mark.parametrize(
    ("chat_id", "message_id", "link"),
    [
        (-100123, 7, "https://t.me/c/123/7"),
        ("channel123", 7, None),
        (None, 7, None),
        (123, None, None),
        (123, "x", None),
    ],
)
def test_an_address_is_made_of_two_numbers_or_not_at_all(chat_id, message_id, link):
    record = chat(message(message_id, photo=PHOTO), kind="public_channel") | {"id": chat_id}
    assert [item.url for item in read(exported(record))] == [link]


@pytest.mark.parametrize(
    ("kind", "sender", "is_owner"),
    [
        ("personal_chat", "user123456", False),  # the chat has the other's number
        ("personal_chat", "user99", True),
        ("bot_chat", "user99", True),
        ("private_group", "user99", None),
        ("saved_messages", "user99", True),
        ("personal_chat", "channel99", None),
        ("private_group", "chat99", None),
        ("personal_chat", None, None),
    ],
)
def test_without_the_owners_number_only_a_chat_of_two_tells_whose_a_message_is(kind, sender, is_owner):
    record = chat(message(1, sender, photo=PHOTO) | {"from_id": sender}, kind=kind)
    assert [item.author_is_owner for item in read(exported(record))] == [is_owner]


@pytest.mark.parametrize(
    ("more", "is_owner"),
    [
        ({"from_id": "user99"}, True),
        ({"from_id": "user9"}, False),
        ({"from_id": None, "actor_id": "user99"}, True),
        ({"forwarded_from_id": "user99"}, True),
        ({"forwarded_from_id": "channel99"}, False),
        ({"forwarded_from_id": "user5"}, False),
        ({"forwarded_from": "Ana Silva"}, True),
        ({"forwarded_from": "Bo"}, False),
        ({"forwarded_from": None}, None),
    ],
)
def test_with_the_owners_number_every_message_tells_whose_it_is(more, is_owner):
    me = {"user_id": 99, "first_name": "Ana", "last_name": "Silva"}
    talk = chat(message(1, photo=PHOTO) | more)
    (item,) = read(exported({"personal_information": me, "chats": {"list": [talk]}}))
    assert item.author_is_owner is is_owner


@pytest.mark.parametrize(
    ("second", "is_album"),
    [
        ({}, True),
        ({"id": 3}, False),
        ({"id": "x"}, False),
        ({"date_unixtime": "1686996063"}, False),
        ({"date": "2023-06-17T12:01:03"}, False),
        ({"from_id": f"user{ME}"}, False),
        ({"forwarded_from": "Bo"}, False),
        ({"photo": None, "text": "two"}, False),
    ],
)
def test_an_album_is_pictures_of_one_sender_and_second_with_numbers_in_a_row(second, is_album):
    items = [
        message(1, photo=PHOTO, text="one"),
        message(2, photo=PHOTO) | second,
        message(9, ME, photo=PHOTO),
    ]
    captions = [item.caption for item in read(exported(chat(*items)))]
    assert captions[-1] is None
    assert captions[1:-1] == ([] if "photo" in second else ["one" if is_album else None])


def test_an_album_has_at_most_ten_pictures():
    items = [message(n, photo=PHOTO, text="words" if n == 10 else "") for n in range(1, 13)]
    assert [item.caption for item in read(exported(chat(*items)))] == ["words"] * 10 + [None] * 2


@pytest.mark.parametrize(
    ("more", "is_read"),
    [
        ({"media_type": "sticker"}, True),
        ({"media_type": "video_message"}, True),
        ({"media_type": "animation"}, True),
        ({"media_type": "video_file"}, True),
        ({"media_type": "voice_message", "mime_type": "video/mp4"}, False),
        ({"media_type": "audio_file"}, False),
        ({"mime_type": "image/png"}, True),
        ({"mime_type": "video/mp4"}, True),
        ({"mime_type": "application/pdf"}, False),
        ({"file_name": "a.jpg"}, True),
        ({"file_name": "a.pdf"}, False),
        ({}, False),
    ],
)
def test_a_file_counts_where_it_can_show_a_face(more, is_read):
    assert bool(read(exported(chat(message(1, file="files/a.bin", **more))))) == is_read


def test_a_message_says_where_it_was_sent_from():
    place = {"location_information": {"latitude": 38.7, "longitude": -9.1}, "address": "Rua 1"}
    (item,) = read(exported(chat(message(1, photo=PHOTO, **place))))
    assert (item.location, item.location_source, item.place) == (
        (38.7, -9.1),
        "location_information",
        "Rua 1",
    )
    (item,) = read(exported(chat(message(1, photo=PHOTO, place_name="Café", **place))))
    assert item.place == "Café"


def test_a_message_may_be_a_service_s_and_name_people():
    entities = [
        {"type": "mention", "text": "@bo"},
        {"type": "mention_name", "text": "Cy"},
        {"type": "bold", "text": "x"},
    ]
    (item,) = read(exported(chat(message(1, photo=PHOTO, type="service", text_entities=entities))))
    assert (item.context, item.people) == ("service", ("@bo", "Cy"))
    (item,) = read(exported(chat(message(1, None, photo=PHOTO, actor="Bo"))))
    assert item.author == "Bo"
