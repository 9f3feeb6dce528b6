"""Reddit's data request has links and no media."""

from __future__ import annotations

import pytest

from selfsearch.exports.path_index import PathIndex
from selfsearch.exports.platforms.base import Account, Root
from selfsearch.exports.platforms.reddit import Reddit
from selfsearch.types import Exposure, Provenance

from .exports import Pack
from .exports import reddit as fixture
from .exports.reading import mentioned


@pytest.mark.parametrize("layout", fixture.LAYOUTS)
def test_every_picture_of_posts_comments_and_chats_is_mentioned_in_order(layout: str) -> None:
    pack = fixture.build(layout)
    mentions = mentioned(Reddit, pack.as_export())
    assert [mention.path for mention in mentions] == [planted.path for planted in pack.planted]
    for mention, planted in zip(mentions, pack.planted, strict=True):
        assert {field: getattr(mention, field) for field in planted.says} == planted.says


def test_the_lists_are_recognised_and_lists_of_others_are_not() -> None:
    pack = fixture.build("csv")
    for layout in fixture.LAYOUTS:
        assert list(Reddit.recognize(PathIndex(f"x/{path}" for path in fixture.build(layout).files))) == [
            Root("x/", "Reddit's lists of posts and comments")
        ]
    assert list(Reddit.recognize(PathIndex(["posts.csv", "comments.csv"]))) == []
    assert Reddit(pack.as_export()).account == Account("ana_alba", exported_at="2024-05-01")


@pytest.mark.parametrize(
    "posts", ["", "id\n1", "\0\0", 'id,url,subreddit\n1,"http://[bad', "id,url\n1,https://[::1/x.jpg"]
)
def test_a_ruined_list_of_posts_has_no_posts(posts: str) -> None:
    pack = fixture.build("csv")
    pack.add("posts.csv", posts)
    reddit = Reddit(pack.as_export())
    assert {mention.provenance.context for mention in reddit.mentions()} == {"comment", "message"}
    assert reddit.infer("saved/qw7er8ty9u.jpg") == Provenance(
        "reddit",
        context="file",
        exposure=Exposure.UNKNOWN.because("no post in the export names this file"),
    )


@pytest.mark.parametrize(
    ("url", "is_media"),
    [
        *((f"https://{host}/abc", True) for host in ("i.redd.it", "v.redd.it", "preview.redd.it")),
        *(
            (f"https://{host}/abc", True)
            for host in ("i.imgur.com", "imgur.com", "gfycat.com", "redgifs.com")
        ),
        ("https://example.org/a.jpg", True),
        ("https://example.org/a", False),
        ("https://reddit.com/gallery/abc", True),
        ("https://old.reddit.com/gallery/abc", True),
        ("https://notreddit.com/gallery/abc", False),
        ("https://www.reddit.com/r/pics/comments/abc", False),
        ("", False),
    ],
)
def test_a_post_counts_when_its_address_is_that_of_a_picture(url: str, is_media: bool) -> None:
    pack = fixture.build("csv")
    pack.add("posts.csv", f"id,permalink,url\nabc12,,{url}\n")
    mentions = [mention for mention in mentioned(Reddit, pack.as_export()) if mention.context == "post"]
    assert [(mention.url, mention.url_kind) for mention in mentions] == [(url, "exact")] * is_media


def test_a_saved_picture_is_found_by_the_name_in_the_address_or_by_the_posts_id() -> None:
    for name in ("pics_qw7er8ty9u.jpg", "me - 1abc2d.png"):
        pack = fixture.build("csv")
        pack.files.pop("saved/qw7er8ty9u.jpg")
        pack.add(f"saved/{name}", b"")
        assert next(Reddit(pack.as_export()).mentions()).path == f"saved/{name}"


@pytest.mark.parametrize(
    ("statistics", "name"),
    [
        ("statistic,value\nUsername,ana\n", "ana"),
        ("statistic,value\n account name ,ana\n", "ana"),
        ("statistic,value\nexport time,2024\n", None),
        ("", None),
    ],
)
def test_the_account_is_in_the_statistics(statistics: str, name: str | None) -> None:
    pack = fixture.build("csv")
    pack.add("statistics.csv", statistics)
    assert Reddit(pack.as_export()).account == Account(name, exported_at="2024-05-01")


@pytest.mark.parametrize(
    ("subreddit", "exposure"),
    [
        ("pics", Exposure.UNKNOWN),
        ("u_ana_alba", Exposure.PUBLIC),
        ("u_bo", Exposure.PUBLIC),
        ("", Exposure.UNKNOWN),
    ],
)
def test_a_profile_is_open_to_everyone_and_a_subreddit_perhaps_not(
    subreddit: str, exposure: Exposure
) -> None:
    pack = fixture.build("csv")
    pack.add("posts.csv", f"id,subreddit,url\nabc12,{subreddit},https://i.redd.it/me.jpg\n")
    mention = mentioned(Reddit, pack.as_export())[0]
    assert (mention.exposure, mention.records) == (exposure, ("posts.csv",))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("https://preview.redd.it/abc.jpg?width=1080&auto=webp and https://i.redd.it/def.png", 2),
        ("[me](https://preview.redd.it/abc.jpg?width=1080)", 1),
        ("![img](qw7er8ty9u)", 1),
        ("![gif](giphy|qw7er8ty9u)", 0),
        ("![img](emote|t5_2th52|4271)", 0),
        ("https://imgur.com/abc.jpg", 0),  # anybody's
        ("https://i.redd.it/" * 50_000, 0),
        ("![img](" * 100_000, 0),
    ],
)
def test_a_comments_pictures_are_those_that_were_uploaded_with_it(text: str, count: int) -> None:
    pack = fixture.build("csv")
    pack.add("comments.csv", f'id,subreddit,body\nabc12,pics,"{text}"\n')
    comments = [mention for mention in mentioned(Reddit, pack.as_export()) if mention.context == "comment"]
    assert len(comments) == count


@pytest.mark.parametrize(
    ("column", "value", "level"),
    [
        ("subreddit", "", Exposure.NETWORK),
        ("subreddit,conversation_type", ",group", Exposure.NETWORK),
        ("subreddit,conversation_type", ",community", Exposure.UNKNOWN),
        ("updated_at", "", Exposure.UNKNOWN),
    ],
)
def test_a_chat_of_three_is_a_group_s_where_its_record_could_say_otherwise(
    column: str, value: str, level: Exposure
) -> None:
    pack = Pack("export_ana_20240501")
    rows = "".join(f"{name},https://i.redd.it/me.jpg,chat-1,{value}\n" for name in ("ana", "bo", "cy"))
    pack.add("chat_history.csv", f"username,message,channel_url,{column}\n{rows}")
    assert {said.exposure for said in mentioned(Reddit, pack.as_export())} == {level}


def test_the_chat_of_a_subreddit_may_be_open_to_everybody() -> None:
    pack = fixture.build("csv")
    rows = "".join(f"{name},https://i.redd.it/me.jpg,chat-1,pics\n" for name in ("ana", "bo", "cy"))
    pack.add("chat_history.csv", f"username,message,channel_url,subreddit\n{rows}")
    messages = [mention for mention in mentioned(Reddit, pack.as_export()) if mention.context == "message"]
    assert {(mention.exposure, mention.album) for mention in messages} == {(Exposure.UNKNOWN, "r/pics")}
