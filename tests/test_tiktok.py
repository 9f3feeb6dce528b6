"""TikTok downloads hold links only: they are listed with what is said, and joined to downloaded files."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from selfsearch.exports.export import Export
from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms import tiktok
from selfsearch.exports.platforms.base import Account, Period
from selfsearch.types import Exposure

from .exports import Pack
from .exports.tiktok import FIRST, LAYOUTS, MP4, build, post, profile, record, share

RECORD = "user_data_tiktok.json"


def holding(whole: Any, *files: str, name: str = RECORD) -> Export:
    pack = Pack("TikTok_Data_1714586400")
    pack.add(name, whole)
    for file in files:
        pack.add(file, MP4)
    return pack.as_export()


def of_posts(*posts: Any, private: str = "Off", files: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What is said about these posts, with `path`."""
    whole = {"Post": {"Posts": {"VideoList": list(posts)}}, "Profile And Settings": profile(private)}
    return [asdict(m.provenance) | {"path": m.path} for m in tiktok.mentions(holding(whole, *files))]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_post_is_listed_with_what_the_record_says(layout):
    pack = build(layout)
    export = pack.as_export()
    found = [asdict(m.provenance) | {"path": m.path} for m in tiktok.mentions(export)]
    expected = [planted.says | {"path": planted.path} for planted in pack.planted]
    assert found == [says | right for says, right in zip(found, expected, strict=True)]
    assert export.notes == {}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_download_is_recognised_bare_and_in_a_folder(layout):
    pack = build(layout)
    assert [root.prefix for root in tiktok.roots(PathIndex(pack.files))] == [""]
    assert [root.prefix for root in tiktok.roots(PathIndex(f"x/{path}" for path in pack.files))] == ["x/"]
    assert tiktok.confirm(pack.as_export())


def test_somebody_else_s_user_data_json_is_not_tiktok_s():
    assert not tiktok.confirm(holding({"users": [], "x": {"Post": 1}}, name="user_data.json"))
    assert not tiktok.confirm(holding("cut {", name="user_data.json"))
    assert tiktok.confirm(holding({"Video": None}, name="user_data.json"))


def test_the_account_and_its_setting_are_read_from_behind_the_posts():
    reason = "the account's setting when the export was made (Private Account = On)"
    period = Period(public=False, since="2024-05-01T18:00:00+00:00", until=None, reason=reason)
    read = tiktok.account(build("private").as_export())
    assert read == Account("ana.example", "Ana", "2024-05-01T18:00:00+00:00", (period,))
    assert tiktok.account(holding({})) == Account(exported_at="2024-05-01T18:00:00+00:00")
    assert tiktok.series("TikTok_Data_1714586400.zip") == "tiktok-1714586400"
    assert tiktok.series("videos.zip") is None


@pytest.mark.parametrize(
    ("word", "private", "exposure", "reason"),
    [
        ("Everyone", "Off", Exposure.PUBLIC, "TikTok: Who can view = Everyone"),
        (
            "Everyone",
            "On",
            Exposure.NETWORK,
            "TikTok: Who can view = Everyone, but the account was private when the export was made",
        ),
        ("Friends", "On", Exposure.NETWORK, "TikTok: Who can view = Friends"),
        ("only ME", "Off", Exposure.PRIVATE, "TikTok: Who can view = only ME"),
        ("Self", "On", Exposure.PRIVATE, "TikTok: Who can view = Self"),
        ("Jeder", "Off", Exposure.UNKNOWN, "TikTok: Who can view = Jeder, a word that is not known here"),
        (None, "Off", Exposure.UNKNOWN, "this TikTok export does not say who can view the post"),
        (
            "N/A",
            "On",
            Exposure.NETWORK,
            "this TikTok export does not say who can view the post; "
            "the account was private when it was made: at most its followers",
        ),
    ],
)
def test_who_can_view_decides_and_is_quoted(word, private, exposure, reason):
    (said,) = of_posts(post(1, share(FIRST), word), private=private)
    assert (said["exposure"], said["exposure_reason"]) == (exposure, reason)


def test_the_watch_history_is_not_taken_for_own_posts():
    found = tiktok.mentions(holding(record("2023", [])))
    assert [m.provenance.post_id for m in found] == []


@pytest.mark.parametrize("empty", [None, [], {}, 5, "x"])
def test_an_empty_list_of_any_kind_holds_no_posts(empty):
    assert list(tiktok.mentions(holding({"Post": {"Posts": {"VideoList": empty}}}))) in ([], [_nothing()])


def _nothing() -> Any:
    """A bare empty object is a post of which nothing is said."""
    (mention,) = tiktok.mentions(holding({"Post": {"Posts": {"VideoList": [{}]}}}))
    return mention


def test_a_single_post_may_be_an_object():
    whole = {"Post": {"Posts": {"VideoList": post(1, share(FIRST))}}}
    assert [m.provenance.post_id for m in tiktok.mentions(holding(whole))] == [FIRST]


def test_a_post_without_a_date_was_made_when_its_id_says():
    (said,) = of_posts(post(1, share(FIRST), Date="N/A"))
    assert (said["posted_at"], said["posted_at_source"]) == ("2024-05-01T18:22:10+00:00", "the post's id")


def test_downloaded_files_are_the_post_s_whose_id_they_carry():
    files = (
        f"{FIRST}.mp4",
        f"more/ana-{FIRST}_2.jpg",
        "9364098226472890425.mp4",
        f"{FIRST}1.mp4",
        f"{FIRST}.txt",
    )
    said = of_posts(post(1, share(FIRST)), files=files)
    assert [one["path"] for one in said] == [f"{FIRST}.mp4", f"more/ana-{FIRST}_2.jpg"]


def test_a_file_without_a_post_is_only_a_file():
    export = holding({"Profile": profile()})
    plain, named = tiktok.orphan(export, "saved/film.mp4"), tiktok.orphan(export, f"saved/{FIRST}.mp4")
    assert (plain.platform, plain.exposure) == ("folder", Exposure.UNKNOWN)
    assert (named.platform, named.account, named.post_id) == ("tiktok", "ana.example", FIRST)
    assert tiktok.orphan(export, RECORD).platform == "tiktok"


BAD_POSTS = [None, 7, "text", [], {"Link": 5, "Date": [], "WhoCanView": {}, "Title": True}, {"Date": "soon"}]


def test_bad_posts_never_hide_the_good_ones():
    said = of_posts(*BAD_POSTS, post(1, share(FIRST)), *BAD_POSTS)
    assert [one["post_id"] for one in said if one["post_id"]] == [FIRST]
    assert len(said) == 5


@pytest.mark.parametrize(
    "date", ["0000-00-00 00:00:00", "9999-99-99", "-1", "", 17145, "2024-13-01 00:00:00"]
)
def test_an_absurd_date_is_no_date(date):
    (said,) = of_posts(post(1, "N/A", Date=date))
    assert said["posted_at"] is None


def test_a_cut_record_is_read_up_to_the_cut():
    whole = json.dumps({"Post": {"Posts": {"VideoList": [post(1, share(FIRST)), post(2, "N/A")]}}})
    export = holding(whole[:-60])
    assert [m.provenance.post_id for m in tiktok.mentions(export)] == [FIRST]
    assert "read as far as it goes" in export.notes[RECORD]
