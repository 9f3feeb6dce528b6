"""Snapchat's chats as pages: the same structure and classes as Snapchat writes, around other words."""

from __future__ import annotations

import html
from typing import Any

from ..photos import nobody, photo
from . import Pack, Planted

TROOP = "b7c1a2d3-0000-4111-8222-933344445555"
CREW = "c7c1a2d3-0000-4111-8222-933344445555"
NEXT = '</div><div style="background: #f2f2f2;">'
UNSAID = "a Snapchat chat; the export does not say whether of two people or of a group"


def page(title: str, *boxes: str) -> str:
    """A conversation, as its page shows it."""
    names = '<div class="leftpanel"><a href="subpage_bo.html">bo</a><div><h4>no message</h4></div></div>'
    head = f"<h1>{html.escape(title)}</h1>"
    style = "<style>.rightpanel {width: 80%}</style>"
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8">{style}</head><body>{names}'
        f'<div class="rightpanel">{head}<div style="background: #f2f2f2;">{NEXT.join(boxes)}</div></div>'
        "</body></html>"
    )


def box(sender: str, kind: str, date: str, words: str = "", more: str = "") -> str:
    """What stands in a message's box."""
    said = f"<p>{html.escape(words)}</p>" if words else ""
    return f"<span><div><h4>{sender}</h4></div><span>{kind}</span>{said}{more}<h6>{date}</h6></span>"


def account(user: str, name: str) -> str:
    """html/account.html; the second table is not about the account."""
    rows = f"<tr><th>Username</th><th>{user}</th></tr><tr><th>Name</th><th>{name}</th></tr>"
    return (
        f"<html><body><table>{rows}</table><table><tr><th>Username</th><th>x</th></tr></table></body></html>"
    )


def chats(pack: Pack, says: dict[str, Any], pair: dict[str, Any], group: dict[str, Any]) -> None:
    """A chat of two, a group with a name, one without, one of whom only the owner wrote in."""
    pack.add("html/account.html", account("ana.alba", "Ana Alba"))
    pack.add("index.html", "<html></html>")
    at = "2022-08-14 09:30:00 UTC"
    says = says | {"account": "ana.alba", "posted_at": "2022-08-14T09:30:00+00:00"}
    bo = {"author": "bo", "author_is_owner": False}
    ana = {"author": "ana.alba", "author_is_owner": True}

    def plant(item: str, person: str, seed: int, *more: dict[str, Any], **last: Any) -> str:
        right = says.copy()
        for each in (*more, {"post_id": item}, last):
            right |= each
        pack.plant(f"chat_media/2022-08-14_{item}.jpg", photo(person, seed), person, **right)
        return f"<span>{item}</span>"

    record = "html/chat_history/subpage_bo.html"
    pair = pair | {"exposure_evidence": (record,), "records": (record,)}
    linked = plant("b~Aa1", "astronaut", 2, pair, ana, post_id=None, caption="us <two>\nb~Aa1 said")
    linked = '<a href="../../chat_media/2022-08-14_b~Aa1.jpg"><img src="../../index.html"></a>'
    boxes = (
        box("bo", "MEDIA", at, "", plant("b~Qw7Er8Ty9", "astronaut", 1, pair, bo)),
        box("ana.alba", "MEDIA", at, "us <two>\nb~Aa1 said", linked).replace("\n", "<br>"),
        box("bo", "TEXT", at, "hello b~Words"),
        box("bo", "MEDIA", at, "", "<span>b~Gone9</span>"),
        box("bo", "MEDIA", at),
        "<p>nothing of a message</p>",
    )
    pack.add(record, page("bo", *boxes))
    gone = pair | bo | {"post_id": "b~Gone9"}
    pack.planted.append(Planted(None, None, says | gone))

    for key, title in ((TROOP, "Lake House"), (CREW, CREW)):
        record = f"html/chat_history/subpage_{key}.html"
        right = group | {"exposure_evidence": (record,), "album": None if title == CREW else title}
        named = plant(f"b~{key[0]}Cc3", "astronaut", 3, right, author="cy", author_is_owner=False)
        pack.add(record, page(title, box("cy", "MEDIA", at, "", named)))

    record = "html/chat_history/subpage_dee.html"
    right = {"exposure": "unknown", "exposure_reason": UNSAID, "audience": None, "audience_source": None}
    right |= {"album": "dee", "exposure_evidence": (record,)}
    pack.add(record, page("Dee Ode", box("ana.alba", "MEDIA", at, "", plant("b~Dd4", "d", 1, right, ana))))
    alone = {"context": "message", "exposure": "unknown", "posted_at": "2022-08-16", "account": "ana.alba"}
    pack.plant("chat_media/2022-08-16_b~Nobody.jpg", nobody(), None, **alone)
