"""Google+ exports: a page for each post, with pictures beside it, in folders of their own, and nowhere."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import quote

from selfsearch.types import Exposure

from ..photos import photo
from . import Pack

LAYOUTS = ("takeout-2018", "communities", "localised")

ANA, BO = (
    ("Ana Silva", "https://plus.google.com/100000000000000000001"),
    ("Bo Berg", "https://plus.google.com/+BoBerg"),
)
CIRCLE, BEES = "https://plus.google.com/circles/p1a2b3", "https://plus.google.com/communities/1234567890"
WHEN = "2014-06-30 14:04:00+0000"
POINT = "52.929412799999994, -1.4805833"


def link(to: tuple[str, str], css: str = "") -> str:
    """A link to somebody."""
    return f'<a href="{to[1]}" target="_blank"{css and f" class={css!r}"}>{html.escape(to[0])}</a>'


def media(href: str) -> str:
    """A picture in a post, of which the page gives the name only, or its place."""
    image = f'<img src="{href}" alt="Image" class="media">'
    return f'<a href="{href}" target="_blank" class="media-link">{image}</a>'


def post(item: str, text: str, inner: str, shared: str, *, after: str = "", more: str = "") -> str:
    """One page, as Google wrote it."""
    head = (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Google+ post</title>'
        "<style>.author {font-weight: 500;}.media {max-width: 100%;}</style></head><body>"
        '<div style="margin-bottom:1em;"><div style="display:flex; align-items:center">'
        '<img class="author-photo" src="https://lh4.googleusercontent.com/photo.jpg" alt="Ana Silva">'
    )
    time = f'<a target="_blank" href="{ANA[1]}/posts/{item}">{WHEN}</a><span> - Updated: {WHEN}</span>'
    said = f'<div class="main-content">{more}{text}</div>'
    visible = f'<div class="visibility">{shared}</div>' if shared else ""
    return f"{head}{link(ANA, 'author')} - {time}</div>{said}{inner}</div>{visible}{after}</body></html>"


def comment(who: tuple[str, str], text: str, inner: str) -> str:
    """One comment with a picture."""
    time = '<span class="time"> - 2014-07-01 08:00:00+0000</span>'
    said = f'<div class="comment-content">{text}</div>{inner}'
    return f'<div class="comments"><div class="comment">{link(who, "author")}{time}{said}</div></div>'


def says(item: str, page: str, word: str | None, exposure: Exposure, **more: Any) -> dict[str, Any]:
    """What must be read of a post's picture."""
    return {
        "platform": "google_plus",
        "account": "Ana Silva",
        "context": "post",
        "posted_at": "2014-06-30T14:04:00+00:00",
        "posted_at_source": "post",
        "url": f"{ANA[1]}/posts/{item}",
        "url_kind": "exact",
        "audience": word,
        "audience_source": "per_item" if word else None,
        "exposure": exposure,
        "exposure_evidence": (page,) if word else (),
        "author": "Ana Silva",
        "author_is_owner": True,
        "post_id": item,
        "caption": None,
    } | more


def build(layout: str) -> Pack:
    """One export, from below the product's folder."""
    product = {"takeout-2018": "Google+ Stream", "communities": "Google+ Communities"}
    pack = Pack(
        "takeout-20181210T091500Z-001", wrapper=f"Takeout/{product.get(layout, 'Stream do Google+')}/"
    )
    {"takeout-2018": _stream, "communities": _communities, "localised": _localised}[layout](pack)
    return pack


def plant(pack: Pack, path: str, person: str, right: dict[str, Any]) -> str:
    """Add a picture; what the page says of it."""
    pack.plant(path, photo(person, len(pack.files)), person, **right)
    return media(quote(path.rpartition("/")[2]))


def page(item: str, word: str | None, exposure: Exposure, **more: Any) -> tuple[str, dict[str, Any]]:
    """A page of the stream, and what it says of its pictures."""
    path = f"Posts/{item}.html"
    return path, says(item, path, word, exposure, **more)


def _stream(pack: Pack) -> None:
    _audiences(pack)
    path, right = page("Public1aaaa", "Public", Exposure.PUBLIC, caption="At <the> sea", place="Home")
    right |= {"location": (52.929412799999994, -1.4805833), "location_source": "location"}
    right |= {"exposure_reason": "Google+: Shared with: Public"}
    where = f'<a href="https://maps.google.com/?ll=1" class="location" target="_blank" title="{POINT}">'
    where += "<img src='https://www.gstatic.com/p.png'><span>Home<br>Address: 14 North St</span></a>"
    inner = plant(pack, "Posts/IMG_1.jpg", "astronaut", right) + where
    said = right | {"context": "comment", "author": "Bo Berg", "author_is_owner": False, "caption": "and me"}
    said |= {"posted_at": "2014-07-01T08:00:00+00:00", "posted_at_source": "comment", "place": None}
    said |= {"location": None, "location_source": None}
    of_bo = comment(BO, "and me", plant(pack, "Posts/bo.jpg", "b", said))
    pack.add(path, post("Public1aaaa", "At &lt;the&gt; sea", inner, "Shared with: Public", after=of_bo))

    word = "Public, Bo Berg"
    path, right = page("Album1aaaaa", word, Exposure.PUBLIC, album=None)
    folder = "Photos/Photos of posts/2014-06-30/"
    album = "".join(plant(pack, f"{folder}DSC {each}.jpg", "astronaut", right) for each in (1, 2))
    shared = f"Shared with: Public, {link(BO)}"
    pack.add(path, post("Album1aaaaa", "", f'<div class="album">{album}</div>', shared))
    pack.add(f"{folder}DSC 1.jpg.metadata.csv", "title,description\nDSC 1.jpg,\n")

    path, right = page("Reshare1aaa", "Public", Exposure.PUBLIC, author="Bo Berg", author_is_owner=None)
    more = f'<a href="{BO[1]}/posts/Zz" class="reshare-attribution">Originally shared by Bo Berg</a>'
    inner = plant(pack, "Posts/bee.jpg", "c", right | {"caption": "Bees"})
    pack.add(path, post("Reshare1aaa", "Bees", inner, "Shared with: Public", more=more))

    path, right = page("Missing1aaa", "Public", Exposure.PUBLIC)
    gone = media("gone.jpg") + media("https://lh3.googleusercontent.com/abc/photo.jpg")
    pack.add(path, post("Missing1aaa", "", gone, "Shared with: Public"))

    plain = {"platform": "google_plus", "context": "album", "exposure": Exposure.UNKNOWN, "posted_at": None}
    plain |= {"exposure_reason": "no post in the export names this file"}
    pack.plant("Photos/Profile Photos/me.jpg", photo("astronaut", 99), "astronaut", **plain)


def _audiences(pack: Pack) -> None:
    for item, shared, word in (
        ("Circles1aaa", "Shared with: Your circles", "Your circles"),
        ("Extended1aa", "Shared with: Your extended circles", "Your extended circles"),
        ("Friends1aaa", f"Shared with: {link(('Friends', CIRCLE))}, {link(BO)}", "Friends, Bo Berg"),
    ):
        reason = f"Google+: Shared with: {word}: only they could see it"
        path, right = page(item, word, Exposure.NETWORK, exposure_reason=reason)
        pack.add(path, post(item, "", plant(pack, f"Posts/{item}.jpg", "astronaut", right), shared))

    for item, shared, word in (
        ("Domain1aaaa", "Shared with: Example Ltd", "Example Ltd"),
        ("Bees1aaaaaa", f"Shared to the community {link(('Bees', BEES))}", "Shared to the community Bees"),
        ("Bees2aaaaaa", f"Shared with: {link(('Bees', BEES))}", "Bees"),
        ("Nothing1aaa", "", None),
    ):
        path, right = page(item, word, Exposure.UNKNOWN)
        pack.add(path, post(item, "", plant(pack, f"Posts/{item}.jpg", "astronaut", right), shared))


def _communities(pack: Pack) -> None:
    """A post of a community: whether everybody could read it is not said."""
    path = "Bees/Posts/Bees3aaaaaa.html"
    shared = f"Shared to the community {link(('Bees', BEES))}"
    pack.add(path, post("Bees3aaaaaa", "hives", media("hive.jpg"), shared))
    right = says("Bees3aaaaaa", path, "Shared to the community Bees", Exposure.UNKNOWN, caption="hives")
    pack.plant("Bees/Posts/hive.jpg", photo("astronaut", 1), "astronaut", **right)


def _localised(pack: Pack) -> None:
    path = "Postagens/Publico1aaa.html"
    pack.add(path, post("Publico1aaa", "", media("eu.jpg"), "Compartilhado com: Público"))
    right = says("Publico1aaa", path, "Público", Exposure.PUBLIC)
    pack.plant("Postagens/eu.jpg", photo("astronaut", 1), "astronaut", **right)
    path = "Postagens/Alguem1aaaa.html"
    pack.add(path, post("Alguem1aaaa", "", media("nos.jpg"), "Compartilhado com: Seus círculos"))
    right = says("Alguem1aaaa", path, "Seus círculos", Exposure.UNKNOWN)
    pack.plant("Postagens/nos.jpg", photo("astronaut", 2), "astronaut", **right)
