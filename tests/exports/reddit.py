"""Reddit's data request: CSV lists, and one picture that the owner saved beside them."""

from __future__ import annotations

import csv
import io

from ..photos import photo
from . import Pack, Planted

LAYOUTS = ("csv",)


def build(layout: str) -> Pack:
    """Two posts of pictures, a gallery, a text post."""
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
    pack.add("posts.csv", _csv("id,permalink,date,ip,subreddit,gildings,title,url,body", *rows))
    pack.add("comments.csv", _csv("id,permalink,date,ip,subreddit,gildings,link,parent,body,media"))
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
            "exposure": "unknown",
            "author_is_owner": True,
            "post_id": key,
        }
        if n == 1:
            pack.plant("saved/qw7er8ty9u.jpg", photo("astronaut", 1), "astronaut", **says)
        else:
            pack.planted.append(Planted(None, None, says))
    return pack


def _csv(header: str, *rows: tuple[object, ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()
