"""Reddit's data request has links and no media."""

from __future__ import annotations

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms import reddit
from selfsearch.exports.platforms.base import Account, Root
from selfsearch.exports.platforms.legacy import Provenance

from .exports import reddit as fixture


def test_every_post_of_a_picture_is_read_as_planted() -> None:
    pack = fixture.build("csv")
    mentions = list(reddit.mentions(pack.as_export()))
    assert [mention.path for mention in mentions] == [planted.path for planted in pack.planted]
    for mention, planted in zip(mentions, pack.planted, strict=True):
        assert {field: getattr(mention.provenance, field) for field in planted.says} == planted.says


def test_the_lists_are_recognised_and_lists_of_others_are_not() -> None:
    pack = fixture.build("csv")
    assert list(reddit.roots(PathIndex(f"x/{path}" for path in pack.files))) == [
        Root("x/", "Reddit's lists of posts and comments")
    ]
    assert list(reddit.roots(PathIndex(["posts.csv", "comments.csv"]))) == []
    export = pack.as_export()
    assert reddit.account(export) == Account("ana_alba", exported_at="2024-05-01")


@pytest.mark.parametrize(
    "posts", ["", "id\n1", "\0\0", 'id,url,subreddit\n1,"http://[bad', "id,url\n1,https://[::1/x.jpg"]
)
def test_a_ruined_list_of_posts_has_no_posts(posts: str) -> None:
    pack = fixture.build("csv")
    pack.add("posts.csv", posts)
    export = pack.as_export()
    assert list(reddit.mentions(export)) == []
    assert reddit.orphan(export, "saved/qw7er8ty9u.jpg") == Provenance(
        "reddit", context="file", exposure_reason="no post of Reddit's export names this file"
    )
