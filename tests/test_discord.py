"""Discord packages hold links: they are listed, and found again where the owner saved them."""

from __future__ import annotations

from typing import Any

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.platforms.base import Account
from selfsearch.exports.platforms.discord import Discord
from selfsearch.types import Exposure, Timestamp

from . import photos
from .exports import Pack
from .exports.discord import CDN, LAYOUTS, build
from .exports.reading import columns

CHANNEL = "200000000000000001"
ITEM = 949733078073348242


def package(*messages: Any, channel: Any = None, saved: tuple[str, ...] = ()) -> Export:
    pack = Pack("package")
    pack.add("messages/index.json", {})
    pack.add(
        f"messages/c{CHANNEL}/channel.json", {"id": CHANNEL, "type": "DM"} if channel is None else channel
    )
    pack.add(f"messages/c{CHANNEL}/messages.json", list(messages))
    for path in saved:
        pack.add(path, photos.nobody())
    return pack.as_export()


def sent(url: Any, item: Any = ITEM, **more: Any) -> dict[str, Any]:
    return {"ID": item, "Timestamp": "2022-03-05 18:20:11", "Contents": "", "Attachments": url, **more}


def paths(export: Export) -> list[str | None]:
    return [mention.path for mention in Discord(export).mentions()]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everything_planted_is_read_with_what_its_records_say(layout):
    pack = build(layout)
    export = pack.as_export()
    records = [(mention.path, mention.provenance.columns()) for mention in Discord(export).mentions()]
    for planted in pack.planted:
        matching = [read for path, read in records if path == planted.path and read == read | planted.says]
        assert len(matching) == 1, planted
    assert export.notes == {}


@pytest.mark.parametrize("folder", ["c111", "C111", "c12345678901234567890", "12345678901234567890"])
def test_a_channels_folder_is_known_by_its_c_or_by_a_long_number(folder):
    pack = Pack("package")
    pack.add("Messages/index.json", {})
    pack.add(f"Messages/{folder}/channel.json", {"id": folder.strip("cC"), "type": "DM"})
    pack.add(f"Messages/{folder}/messages.json", [sent(f"{CDN}/111/8801/IMG_1.jpg")])
    export = pack.as_export()
    assert Discord.confirm(export)
    assert paths(export) == [None]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_links_without_media_are_listed_and_documents_are_not(layout):
    mentions = list(Discord(build(layout).as_export()).mentions())
    assert (
        sum(mention.path is None for mention in mentions) == 2 + 4 * 2
    )  # two photos, and two images per channel
    assert sum(mention.path is not None for mention in mentions) == 3


def test_another_programs_message_index_is_not_a_package():
    pack = Pack("app")
    pack.add("messages/index.json", {"en": "English"})
    pack.add("account/user.json", {"name": "x"})
    assert not Discord.confirm(pack.as_export())


def test_the_account_is_named():
    assert Discord(build("current").as_export()).account == Account("ana_example", "Ana")


@pytest.mark.parametrize(
    ("saved", "is_found"),
    [
        ("saved/777000000000000001_IMG_1.jpg", True),
        (f"files/{CHANNEL}/777000000000000001/other.png", True),
        ("saved/IMG_1.jpg", True),
        ("saved/img_1.JPG", True),
        ("saved/7770000000000000015.jpg", False),  # a longer number
        ("saved/IMG_1.txt", False),
        ("saved/IMG_11.jpg", False),
    ],
)
def test_a_saved_file_is_found_by_the_attachments_id_or_its_own_name(saved, is_found):
    export = package(sent(f"{CDN}/{CHANNEL}/777000000000000001/IMG_1.jpg?ex=1"), saved=(saved,))
    assert paths(export) == [saved if is_found else None]


def test_a_name_that_several_attachments_share_finds_no_file():
    urls = f"{CDN}/1/777000000000000001/image.png {CDN}/1/777000000000000002/image.png"
    assert paths(package(sent(urls), saved=("image.png",))) == [None, None]


def test_a_spoiler_is_found_under_its_plain_name():
    url = f"{CDN}/1/777000000000000001/SPOILER_x.jpg"
    assert paths(package(sent(url), saved=("x.jpg",))) == ["x.jpg"]


@pytest.mark.parametrize(
    ("channel", "audience", "exposure"),
    [
        ({"type": 1}, "DM", Exposure.PRIVATE),
        ({"type": "1"}, "DM", Exposure.PRIVATE),
        ({"type": "GUILD_VOICE"}, "GUILD_VOICE", Exposure.UNKNOWN),
        ({"type": "PRIVATE_THREAD"}, "PRIVATE_THREAD", Exposure.NETWORK),
        ({"guild": {"id": "5"}}, None, Exposure.UNKNOWN),
        ({"recipients": ["1", "2", "3"]}, "GROUP_DM", Exposure.NETWORK),
        ({"type": "HOLOGRAM"}, "HOLOGRAM", Exposure.UNKNOWN),
        ({}, None, Exposure.UNKNOWN),
        ([], None, Exposure.UNKNOWN),
        ({"type": [], "guild": 4, "recipients": None}, None, Exposure.UNKNOWN),
        ("not json", None, Exposure.UNKNOWN),
    ],
)
def test_the_audience_is_the_channels(channel, audience, exposure):
    (mention,) = Discord(package(sent(f"{CDN}/1/2/a.jpg"), channel=channel)).mentions()
    provenance = columns(mention.provenance)
    assert (provenance.audience, provenance.exposure) == (audience, exposure)


def test_a_message_without_time_has_that_of_its_id():
    (mention,) = Discord(package(sent(f"{CDN}/1/2/a.jpg", Timestamp="?"))).mentions()
    assert mention.provenance.posted == Timestamp("2022-03-05T18:20:11+00:00", "ID (snowflake)")


@pytest.mark.parametrize("key", ["ID", "Timestamp", "Contents", "Attachments"])
@pytest.mark.parametrize("value", [None, 7, [], {}, "?", [None, 3, {"url": 4}], "https://[ http://", True])
def test_a_field_of_the_wrong_type_never_stops_the_others(key, value):
    bad = sent(f"{CDN}/1/2/a.jpg") | {key: value}
    good = sent(f"{CDN}/1/2/b.jpg", Contents="good")
    export = package(bad, None, 3, [], "x", {}, good)
    assert [m.provenance.caption for m in Discord(export).mentions()][-1] == "good"
    assert list(export.notes) == [f"messages/c{CHANNEL}/messages.json"]


def test_numbers_may_be_text_and_keys_may_be_small():
    message = {"id": str(ITEM), "timestamp": "2022-03-05 18:20:11", "attachments": f"{CDN}/1/2/a.jpg"}
    (mention,) = Discord(package(message)).mentions()
    assert columns(mention.provenance).url == f"https://discord.com/channels/@me/{CHANNEL}/{ITEM}"


def test_files_without_a_message_keep_what_their_place_says():
    export = build("current").as_export()
    inferred = {
        path: (provenance.platform, provenance.context, provenance.exposure.level)
        for path in ("Account/recent_avatars/a.png", "Servers/300/icon.png", "saved/other.jpg")
        for provenance in [Discord(export).infer(path)]
    }
    assert inferred == {
        "Account/recent_avatars/a.png": ("discord", "profile_photo", Exposure.PUBLIC),
        "Servers/300/icon.png": ("discord", "server", Exposure.UNKNOWN),
        "saved/other.jpg": ("folder", "file", Exposure.UNKNOWN),
    }


SHARED = {"0": "GUILD_TEXT", "2": "GUILD_VOICE", "5": "GUILD_ANNOUNCEMENT", "13": "GUILD_STAGE_VOICE"}
SHARED |= {"15": "GUILD_FORUM", "16": "GUILD_MEDIA"}
SHARED |= {"10": "ANNOUNCEMENT_THREAD", "11": "PUBLIC_THREAD"}


@pytest.mark.parametrize(
    ("number", "word", "exposure"),
    [
        ("1", "DM", Exposure.PRIVATE),
        ("3", "GROUP_DM", Exposure.NETWORK),
        ("12", "PRIVATE_THREAD", Exposure.NETWORK),
        *((number, word, Exposure.UNKNOWN) for number, word in SHARED.items()),
        ("99", "99", Exposure.UNKNOWN),
    ],
)
def test_a_channels_number_means_the_same_as_its_word(number, word, exposure):
    for kind in (number, word):
        (mention,) = Discord(package(sent(f"{CDN}/1/2/a.jpg"), channel={"type": kind})).mentions()
        provenance = columns(mention.provenance)
        assert (provenance.audience, provenance.audience_source) == (word, "chat_type")
        assert provenance.exposure is exposure
        unknown_word = "Discord: type of the channel = 99, a word that is not known"
        assert (provenance.exposure_reason == unknown_word) == (word == "99")


@pytest.mark.parametrize(
    ("channel", "title", "url"),
    [
        ({"type": "DM"}, None, "@me"),
        ({"type": "GROUP_DM", "name": "us"}, "us", "@me"),
        ({"type": "GUILD_TEXT", "guild": {"id": "5"}, "name": "sea"}, "sea", "5"),
        ({"type": "GUILD_TEXT", "name": "sea"}, "sea", None),
        ({"name": "Direct Message with bo#1"}, "Direct Message with bo#1", None),
        ({"recipients": ["1", "2"]}, None, None),
        ({"recipients": ["1", "2", "3"]}, None, "@me"),
    ],
)
def test_a_message_has_an_address_where_its_place_is_known(channel, title, url):
    (mention,) = Discord(package(sent(f"{CDN}/1/2/a.jpg"), channel=channel)).mentions()
    provenance = columns(mention.provenance)
    assert provenance.album == title
    assert provenance.url == (url and f"https://discord.com/channels/{url}/{CHANNEL}/{ITEM}")


def test_a_channels_title_is_the_indexs_before_its_own():
    export_pack = Pack("package")
    export_pack.add("messages/index.json", {CHANNEL: "Direct Message with bo"})
    export_pack.add(f"messages/c{CHANNEL}/channel.json", {"name": "x"})
    export_pack.add(f"messages/c{CHANNEL}/messages.json", [sent(f"{CDN}/1/2/a.jpg")])
    (mention,) = Discord(export_pack.as_export()).mentions()
    assert mention.provenance.album == "Direct Message with bo"


def test_a_title_alone_makes_no_direct_message():
    """The members of a group give it a name of their own."""
    channel = {"name": "Direct Message with bo"}
    (mention,) = Discord(package(sent(f"{CDN}/1/2/a.jpg"), channel=channel)).mentions()
    assert mention.provenance.exposure.level is Exposure.UNKNOWN


def test_what_is_said_of_a_message_rests_on_the_record_of_its_channel():
    (mention,) = Discord(package(sent(f"{CDN}/1/2/a.jpg"))).mentions()
    folder = f"messages/c{CHANNEL}"
    assert mention.provenance.records == (f"{folder}/messages.json", f"{folder}/channel.json")
    assert mention.provenance.exposure.evidence == (f"{folder}/channel.json",)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("https://x/a.jpg http://x/b.png", 2),
        ("https://x/a.pdf", 0),
        ("https://x/a.mp3", 0),
        ("https://x/a.mp4", 1),
        ("https://x/a", 1),  # it may be a picture
        ("ftp://x/a.jpg", 0),
        ("a.jpg", 0),
    ],
)
def test_an_attachment_is_an_address_that_may_show_a_face(text, count):
    assert len(paths(package(sent(text)))) == count


def account(*files: str) -> Export:
    pack = Pack("package")
    pack.add("Account/user.json", {"id": "1", "username": "ana"})
    pack.add("messages/index.json", {})
    for file in files:
        pack.add(file, b"")
    return pack.as_export()


def test_the_avatar_is_the_picture_in_the_accounts_folder():
    export = account("Account/avatar.png", "Account/avatar.txt", "saved/avatar.png", "Account/old/avatar.png")
    (mention,) = Discord(export).mentions()
    assert (mention.path, mention.provenance.context, mention.provenance.exposure.level) == (
        "Account/avatar.png", "profile_photo", Exposure.PUBLIC,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "platform", "context"),
    [
        ("Account/old/Avatar.png", "discord", "profile_photo"),
        ("Account/banner.png", "discord", "server"),
        ("servers/1/icon.png", "discord", "server"),
        ("saved/avatar.png", "folder", "file"),
    ],
)
def test_a_file_without_a_message_is_what_its_folder_says(path, platform, context):
    provenance = Discord(account()).infer(path)
    assert (provenance.platform, provenance.context) == (platform, context)
    is_avatar = context == "profile_photo"
    assert provenance.exposure.level is (Exposure.PUBLIC if is_avatar else Exposure.UNKNOWN)
