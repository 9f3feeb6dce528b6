"""Reddit's data request: CSV lists, whole or in numbered files, and pictures that the owner saved beside."""

from __future__ import annotations

import csv
import io

from ..photos import photo
from . import Pack, Planted

LAYOUTS = ("csv", "numbered")


def build(layout: str) -> Pack:
    """Two posts of pictures, a gallery, a text post; comments and chats with pictures."""
    part = "_1" if layout == "numbered" else ""
    pack = Pack("export_ana_alba_20240501")
    posts = [
        ("1abc2d", "pics", "My new hat", "https://i.redd.it/qw7er8ty9u.jpg"),
        ("2bcd3e", "selfie", 'Me, "the" painter\nand me', "https://i.redd.it/gone12345.png"),
        ("3cde4f", "u_ana_alba", "Gallery", "https://www.reddit.com/gallery/3cde4f"),
        ("4def5g", "help", "A question", "https://www.reddit.com/r/help/comments/4def5g/a_question/"),
    ]
    rows = [
        (
            key,
            f"https://www.reddit.com/r/{place}/comments/{key}/x/",
            f"2024-01-0{n} 10:11:12 UTC",
            "",
            place,
            0,
            title,
            url,
            "",
        )
        for n, (key, place, title, url) in enumerate(posts, 1)
    ]
    header = "id,permalink,date,ip,subreddit,gildings,title,url,body"
    if part:
        pack.add("posts_2.csv", _csv(header, *rows[2:]))
        del rows[2:]
    pack.add(f"posts{part}.csv", _csv(header, *rows))
    pack.add(
        "statistics.csv", _csv("statistic,value", ("account name", "ana_alba"), ("export time", "2024-05-01"))
    )
    for n, (key, place, title, _) in enumerate(posts[:3], 1):
        says = {
            "platform": "reddit",
            "account": "ana_alba",
            "context": "post",
            "caption": title,
            "posted_at": f"2024-01-0{n}T10:11:12+00:00",
            "posted_at_source": "date",
            "url": f"https://www.reddit.com/r/{place}/comments/{key}/x/",
            "url_kind": "exact",
            "album": f"r/{place}",
            "exposure": "public" if place.startswith("u_") else "unknown",
            "author_is_owner": True,
            "post_id": key,
        }
        if n == 1:
            pack.plant("saved/qw7er8ty9u.jpg", photo("astronaut", 1), "astronaut", **says)
        else:
            pack.planted.append(Planted(None, None, says))
    _comments(pack, part)
    _chats(pack)
    return pack


def _comments(pack: Pack, part: str) -> None:
    """One with an address, one with the picture's id and a GIF of somebody else's, one without a picture."""
    bodies = {
        "c1aaaa": "This is me: https://preview.redd.it/ab3de5fg7hi.jpeg?width=1080&format=pjpg (blue hat)",
        "c2bbbb": "![img](jk9lm8no7pq)\n\nand ![gif](giphy|ECtLJKdGj8jfy) ![img](emote|t5_2th52|4271)",
        "c3cccc": "no picture here",
    }
    page = "https://www.reddit.com/r/pics/comments/1abc2d/x"
    rows = [
        (key, f"{page}/{key}/", "2024-02-01 08:00:00 UTC", "", "pics", 0, f"{page}/", "t3_1abc2d", body, "")
        for key, body in bodies.items()
    ]
    pack.add(
        f"comments{part}.csv", _csv("id,permalink,date,ip,subreddit,gildings,link,parent,body,media", *rows)
    )
    for number, key in ((2, "c1aaaa"), (3, "c2bbbb")):
        pack.plant(
            f"saved/{'ab3de5fg7hi.jpeg' if number == 2 else 'jk9lm8no7pq.png'}",
            photo("astronaut", number, kind="JPEG" if number == 2 else "PNG"),
            "astronaut",
            platform="reddit",
            context="comment",
            caption=bodies[key],
            url=f"{page}/{key}/",
            posted_at="2024-02-01T08:00:00+00:00",
            exposure="unknown",
            album="r/pics",
            author="ana_alba",
            author_is_owner=True,
            post_id=key,
        )


def _chats(pack: Pack) -> None:
    """A chat of two, in which one sent a picture, and one of three."""
    header = (
        "message_id,created_at,updated_at,username,message,thread_parent_message_id,channel_url,subreddit"
    )
    talks = [
        ("m1", "bo", "https://i.redd.it/rs6tu5vw4xy.jpg", "chat-1"),
        ("m2", "ana_alba", "nice", "chat-1"),
        ("m3", "ana_alba", "https://i.redd.it/zz9yy8xx7ww.jpg", "chat-2"),
        ("m4", "bo", "hi", "chat-2"),
        ("m5", "cy", "hi", "chat-2"),
    ]
    when = "2024-03-01 09:00:00 UTC"
    rows = [(key, when, "", name, text, "", talk, "", "", "direct") for key, name, text, talk in talks]
    pack.add("chat_history.csv", _csv(f"{header},channel_name,conversation_type", *rows))
    says = {"platform": "reddit", "context": "message", "posted_at": "2024-03-01T09:00:00+00:00"}
    pack.plant(
        "saved/rs6tu5vw4xy.jpg",
        photo("astronaut", 4),
        "astronaut",
        **says,
        author="bo",
        author_is_owner=False,
        exposure="unknown",
        exposure_reason="a chat; Reddit's export does not say who was in it; conversation_type "
        "= direct, a word that is not known",
        audience="direct",
    )
    pack.plant(
        "saved/zz9yy8xx7ww.jpg",
        photo("astronaut", 5),
        "astronaut",
        **says,
        author="ana_alba",
        author_is_owner=True,
        exposure="network",
        exposure_evidence=("chat_history.csv",),
    )


def _csv(header: str, *rows: tuple[object, ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()
