"""Mastodon's archive (also Hometown's and glitch-soc's): the outbox with its attachments, avatar and header.

Each post names its audience: the address of the public in `to` is public, in `cc` unlisted; the followers'
address is followers-only, and anything else is for the people mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex
from .base import Account, Root
from .dates import parse_iso
from .legacy import Mention, Provenance
from .media_refs import missing_path
from .parsing import as_dict, as_list, as_text, as_url, html_to_text

name = "mastodon"
title = "Mastodon"

OUTBOX, ACTOR = "outbox.json", "actor.json"
DATED_NAME = re.compile(r"archive-(\d{4})(\d\d)(\d\d)\d{6}-")
PUBLIC = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}
AUDIENCES = {
    "public": (Exposure.PUBLIC, "Mastodon: addressed to the public"),
    "unlisted": (Exposure.PUBLIC, "Mastodon: unlisted (quiet public), so anyone who has the link can see it"),
    "followers-only": (Exposure.NETWORK, "Mastodon: addressed to followers only"),
    "direct": (Exposure.PRIVATE, "Mastodon: addressed only to the people it mentions"),
}
PROFILE = "Mastodon shows profile pictures to everyone"
UNSAID = "no post in the outbox speaks of this file"
PICTURES = (("icon", "avatar", "profile_photo"), ("image", "header", "header"))


def roots(names: PathIndex) -> Iterable[Root]:
    """Folders with outbox.json and actor.json."""
    return [
        Root(prefix, f"{OUTBOX} with {ACTOR} is a Mastodon archive's")
        for prefix in names.prefixes_with_file(OUTBOX)
        if names.has(prefix + ACTOR)
    ]


def series(container: str) -> str | None:
    """Mastodon's archives are not split."""
    return None


def confirm(export: Export) -> bool:
    """Whether the outbox is an OrderedCollection, or the actor has a Mastodon account's keys."""
    path = export.find(OUTBOX)
    for prefix, event, value in export.events(path) if path else ():
        if prefix == "orderedItems" or (prefix == "type" and value == "OrderedCollection"):
            return True
        if not prefix and event == "start_array":
            break
    return bool(as_text(_actor(export).get("preferredUsername")))


def account(export: Export) -> Account:
    """Whose archive it is: ana@example.social."""
    said = _actor(export)
    user, home = as_text(said.get("preferredUsername")), as_text(said.get("url")) or as_text(said.get("id"))
    host = _host(home)
    dated = DATED_NAME.match(export.name)
    return Account(
        f"{user}@{host}" if user and host else user,
        as_text(said.get("name")),
        "-".join(dated.groups()) if dated else None,
    )


def mentions(export: Export) -> Iterator[Mention]:
    """The attachments of every post of the owner's, and the profile's two pictures."""
    who = _me(export)
    for key, stem, context in PICTURES:
        for path in _profile_files(export, key, stem):
            yield Mention(path, _picture(export, context))
    outbox = export.find(OUTBOX)
    for activity in export.each(outbox, "orderedItems") if outbox else ():
        if not isinstance(activity, dict):
            export.note(outbox or OUTBOX, "holds entries that are not objects; they were passed over")
            continue
        post = as_dict(activity.get("object"))  # a boost has only an address here
        files = [item for item in map(as_dict, as_list(post.get("attachment"))) if _shows(item)]
        said = _post(activity, post, who) if files else None
        for item in files:
            if said is not None:
                yield Mention(_file(export, _address(item.get("url"))), _described(said, item))


def orphan(export: Export, path: str) -> Provenance:
    """avatar.* and header.* by their names; of other files nothing is known."""
    stem = path.rpartition(".")[0]
    for _, known, context in PICTURES:
        if stem.lower() == known:
            return _picture(export, context)
    return Provenance(name, _me(export), exposure_reason=UNSAID)


def derivative(path: str) -> str | None:
    """Mastodon makes a small copy of each picture."""
    small = "media_attachments/" in path and "/small/" in path
    return "a small copy that Mastodon made" if small else None


def _actor(export: Export) -> Mapping[str, Any]:
    if "mastodon.actor" not in export.memo:
        path = export.find(ACTOR)
        export.memo["mastodon.actor"] = as_dict(export.json(path)) if path else {}
    return as_dict(export.memo["mastodon.actor"])


def _me(export: Export) -> str | None:
    return account(export).name


def _host(address: str | None) -> str | None:
    try:
        return urlsplit(address or "").hostname
    except ValueError:
        return None


def _picture(export: Export, context: str) -> Provenance:
    url, who = as_url(_actor(export).get("url")), _me(export)
    return Provenance(
        name,
        who,
        context,
        url=url,
        url_kind="profile" if url else None,
        exposure=Exposure.PUBLIC,
        exposure_reason=PROFILE,
        author=who,
        author_is_owner=True,
    )


def _profile_files(export: Export, key: str, stem: str) -> list[str]:
    """The picture that actor.json names, else the one with the usual name."""
    named = _address(as_dict(_actor(export).get(key)).get("url"))
    found = export.find(named) if named else None
    return [found] if found else [path for path in export.matching(f"{stem}.*") if "/" not in path]


def _shows(item: Mapping[str, Any]) -> bool:
    """Whether an attachment is a picture or a video, as far as it says."""
    kind = as_text(item.get("mediaType")) or ""
    return (
        bool(item)
        and item.get("type") != "Audio"
        and not kind.startswith(("audio/", "text/", "application/"))
    )


def _post(activity: Mapping[str, Any], post: Mapping[str, Any], who: str | None) -> Provenance:
    when, source = parse_iso(post.get("published"), utc=True), "object.published"
    if when is None:
        when, source = parse_iso(activity.get("published"), utc=True), "published"
    url = as_url(_address(post.get("url"))) or as_url(post.get("id"))
    audience = _audience(activity, post)
    exposure, reason = AUDIENCES.get(
        audience or "", (Exposure.UNKNOWN, "the post does not say whom it is for")
    )
    mentioned = (as_dict(tag) for tag in as_list(post.get("tag")))
    people = (as_text(tag.get("name")) for tag in mentioned if tag.get("type") == "Mention")
    by, actor = as_text(post.get("attributedTo")), as_text(activity.get("actor"))
    mine = by == actor if by and actor else None
    return Provenance(
        name,
        who,
        "post",
        caption=_caption(post),
        posted_at=when,
        posted_at_source=source if when else None,
        url=url,
        url_kind="exact" if url else None,
        audience=audience,
        audience_source="per_item" if audience else None,
        exposure=exposure,
        exposure_reason=reason,
        people=tuple(person for person in people if person),
        author=by if mine is False else who,
        author_is_owner=mine is not False,
        post_id=(url or "").rstrip("/").rpartition("/")[2] or None,
    )


def _described(said: Provenance, item: Mapping[str, Any]) -> Provenance:
    """The same with the picture's own description where the post has no words."""
    return said if said.caption else replace(said, caption=as_text(item.get("name")))


def _audience(activity: Mapping[str, Any], post: Mapping[str, Any]) -> str | None:
    """Mastodon's word for whom a post is for. None when neither the post nor its activity names anybody."""
    to, cc = (
        {as_text(one) for one in as_list(post.get(key)) or as_list(activity.get(key))} for key in ("to", "cc")
    )
    if not to | cc and not any(isinstance(holder.get("to"), list) for holder in (post, activity)):
        return None
    if to & PUBLIC:
        return "public"
    if cc & PUBLIC:
        return "unlisted"
    followers = any((one or "").rstrip("/").endswith("/followers") for one in to | cc)
    return "followers-only" if followers else "direct"


def _caption(post: Mapping[str, Any]) -> str | None:
    """The content warning, if there is one, and the post's words."""
    content = as_text(post.get("content")) or next(
        map(as_text, as_dict(post.get("contentMap")).values()), None
    )
    text = html_to_text(content)
    return "\n\n".join(filter(None, (as_text(post.get("summary")), text))) or None


def _address(value: Any) -> str | None:
    """An attachment's address: text, or (Pixelfed) objects with `href`."""
    first = next(iter(as_list(value)), None)
    return as_text(first) or as_text(as_dict(first).get("href"))


def _file(export: Export, address: str | None) -> str | None:
    """The member that an address means, there or missing; None for an address elsewhere.

    Both may have a host or a folder more before media_attachments/.
    """
    path = (address or "").partition("?")[0].lstrip("/")
    tail = path[path.find("media_attachments/") :] if "media_attachments/" in path else path
    if not tail:
        return None
    found = export.find(path) or export.find(tail)
    if found:
        return found
    same = export.with_name(tail.rpartition("/")[2])
    alike = [p for p in same if p.endswith(f"/{tail}")]
    alike += [p for p in same if _original(p) == _original(tail)]
    return alike[0] if alike else missing_path(tail if "media_attachments/" in tail else None)


def _original(path: str) -> str:
    """The last folder and the name: `original/0123456789abcdef.jpg`."""
    return "/".join(path.split("/")[-2:])
