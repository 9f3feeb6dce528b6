"""Mastodon's archive (also Hometown's and glitch-soc's): the outbox with its attachments, avatar and header.

Each post names its audience: the address of the public in `to` is public, in `cc` unlisted; the followers'
address is followers-only, and the addresses of the people it mentions are direct. An address that is none of
these (a group's, or "everybody on this server" of other servers' software) leaves it open who could see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from ...types import Audience, Exposure, ExposureAssessment, Link, Provenance, Timestamp
from ..export import Export
from ..path_index import PathIndex
from .base import Account, Mention, Platform, Root
from .dates import day_of, parse_iso
from .media_refs import missing_path, split_url
from .parsing import as_dict, as_list, as_text, as_url, html_to_text, is_same

OUTBOX, ACTOR = "outbox.json", "actor.json"
DATED_NAME = re.compile(r"archive-(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)\d{6}-")
PUBLIC = frozenset(("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"))
EXPOSURE = {  # what each audience means; levels below public rest on the outbox
    "public": Exposure.PUBLIC.because("Mastodon: addressed to the public"),
    "unlisted": Exposure.PUBLIC.because(
        "Mastodon: unlisted (quiet public), so anyone who has the link can see it"
    ),
    "followers-only": Exposure.NETWORK.because("Mastodon: addressed to followers only"),
    "direct": Exposure.PRIVATE.because("Mastodon: addressed only to the people it mentions"),
}
WHOM_FOR = Exposure.UNKNOWN.because("the post does not say in a known way whom it is for")
ANYONE_FOLLOWS = "; anyone could become a follower, since the account accepts them without asking"
PICTURES = (("icon", "avatar", "profile_photo"), ("image", "header", "header"))  # actor's key, file, context


class Mastodon(Platform):
    """One archive. Mastodon does not split them."""

    name = "mastodon"
    title = "Mastodon"
    needs_confirmation = True

    @classmethod
    def recognize(cls, paths: PathIndex) -> Iterable[Root]:
        """Folders with outbox.json and actor.json."""
        return [
            Root(prefix, f"{OUTBOX} with {ACTOR} is a Mastodon archive's")
            for prefix in paths.prefixes_with_file(OUTBOX)
            if paths.has(prefix + ACTOR)
        ]

    @classmethod
    def confirm(cls, export: Export) -> bool:
        """Whether the outbox is an OrderedCollection, or the actor has a Mastodon account's keys."""
        path = export.find(OUTBOX)
        for prefix, event, value in export.events(path) if path else ():
            if prefix == "orderedItems" or (prefix == "type" and value == "OrderedCollection"):
                return True
            if not prefix and event == "start_array":
                break
        return bool(as_text(export.object_at(ACTOR).get("preferredUsername")))

    @classmethod
    def derivative(cls, path: str) -> str | None:
        """Mastodon makes a small copy of each picture."""
        is_small = "media_attachments/" in path and "/small/" in path
        return "a small copy that Mastodon made" if is_small else None

    @cached_property
    def _actor(self) -> Mapping[str, Any]:
        return self.export.object_at(ACTOR)

    @cached_property
    def account(self) -> Account:
        """Whose archive it is: ana@example.social."""
        user = as_text(self._actor.get("preferredUsername"))
        host = split_url(as_text(self._actor.get("url")) or as_text(self._actor.get("id"))).hostname
        return Account(
            f"{user}@{host}" if user and host else user,
            as_text(self._actor.get("name")),
            day_of(DATED_NAME.match(self.export.name)),
        )

    def mentions(self) -> Iterator[Mention]:
        """The attachments of every post of the owner's, and the profile's two pictures."""
        if actor := self.export.find(ACTOR):
            for key, stem, context in PICTURES:
                picture = replace(self._profile_picture(context), records=(actor,))
                yield from (Mention(path, picture) for path in self._profile_files(key, stem))
        if outbox := self.export.find(OUTBOX):
            yield from self._attachments(outbox)

    def _attachments(self, outbox: str) -> Iterator[Mention]:
        for activity in self.export.each_object(outbox, "orderedItems"):
            post = as_dict(activity.get("object"))  # a boost has only an address here
            attachments = [item for item in map(as_dict, as_list(post.get("attachment"))) if _is_visual(item)]
            if attachments:
                provenance = self._post(outbox, activity, post)
                for item in attachments:
                    yield Mention(self._file(_url(item.get("url"))), _described(provenance, item))

    def infer(self, path: str) -> Provenance:
        """avatar.* and header.* by their names; of other files nothing is known."""
        stem = path.rpartition(".")[0].lower()
        for _, profile_stem, context in PICTURES:
            if stem == profile_stem:
                return self._profile_picture(context)
        reason = "no post in the export names this file"
        return Provenance(self.name, self.account.name, exposure=Exposure.UNKNOWN.because(reason))

    def _profile_picture(self, context: str) -> Provenance:
        return Provenance(
            self.name,
            account=self.account.name,
            context=context,
            link=Link.of(as_url(self._actor.get("url")), "profile"),
            exposure=Exposure.PUBLIC.because("Mastodon shows profile pictures to everyone"),
            author=self.account.name,
            author_is_owner=True,
        )

    def _profile_files(self, key: str, stem: str) -> list[str]:
        """The picture that actor.json names, else the one with the usual name, else where it should be."""
        url = _url(as_dict(self._actor.get(key)).get("url"))
        path = self.export.find(url) if url else None
        named = [path for path in self.export.matching(f"{stem}.*") if "/" not in path]
        absent = missing_path(None if as_url(url) else url)
        return [path] if path else named or ([absent] if absent else [])

    def _post(self, outbox: str, activity: Mapping[str, Any], post: Mapping[str, Any]) -> Provenance:
        url = as_url(_url(post.get("url"))) or as_url(post.get("id"))
        audience = _audience(activity, post)
        author = as_text(post.get("attributedTo"))
        is_owner = is_same(author, as_text(activity.get("actor"))) is not False
        tags = map(as_dict, as_list(post.get("tag")))
        people = (as_text(tag.get("name")) for tag in tags if tag.get("type") == "Mention")
        return Provenance(
            self.name,
            account=self.account.name,
            context="post",
            caption=_caption(post),
            posted=Timestamp.of(parse_iso(post.get("published"), utc=True), "object.published")
            or Timestamp.of(parse_iso(activity.get("published"), utc=True), "published"),
            link=Link.of(url, "exact"),
            audience=Audience.of(audience, "per_item"),
            exposure=self._exposure(audience, outbox),
            people=tuple(person for person in people if person),
            author=self.account.name if is_owner else author,
            author_is_owner=is_owner,
            post_id=(url or "").rstrip("/").rpartition("/")[2] or None,
            records=(outbox,),
        )

    def _exposure(self, audience: str | None, outbox: str) -> ExposureAssessment:
        exposure = EXPOSURE.get(audience or "", WHOM_FOR)
        if audience == "followers-only" and self._actor.get("manuallyApprovesFollowers") is False:
            exposure = replace(exposure, reason=exposure.reason + ANYONE_FOLLOWS)
        return exposure.on(outbox) if audience in ("followers-only", "direct") else exposure

    def _file(self, url: str | None) -> str | None:
        """The member that an address means, there or missing; None for an address elsewhere.

        Both may have a host or a folder more before media_attachments/.
        """
        path = (url or "").partition("?")[0].lstrip("/")
        tail = path[path.find("media_attachments/") :] if "media_attachments/" in path else path
        if not tail:
            return None
        if member := self.export.find(path) or self.export.find(tail):
            return member
        candidates = self.export.deeper(tail)
        # the last folder and the name: original/0123456789abcdef.jpg
        same_name = self.export.namesakes(tail)
        candidates += [p for p in same_name if p.split("/")[-2:] == tail.split("/")[-2:]]
        return candidates[0] if candidates else missing_path(tail if "media_attachments/" in tail else None)


def _is_visual(attachment: Mapping[str, Any]) -> bool:
    """Whether an attachment is a picture or a video, as far as it says."""
    kind = as_text(attachment.get("mediaType")) or ""
    is_other = kind.startswith(("audio/", "text/", "application/"))
    return bool(attachment) and attachment.get("type") != "Audio" and not is_other


def _described(provenance: Provenance, attachment: Mapping[str, Any]) -> Provenance:
    """The same with the picture's own description where the post has no words."""
    caption = provenance.caption or as_text(attachment.get("name"))
    return provenance if caption == provenance.caption else replace(provenance, caption=caption)


def _audience(activity: Mapping[str, Any], post: Mapping[str, Any]) -> str | None:
    """Mastodon's word for whom a post is for. None when nobody is named, or something that is no address."""
    to, cc = (
        {as_text(address) for address in as_list(post.get(key)) or as_list(activity.get(key))}
        for key in ("to", "cc")
    )
    if not to | cc and not any(isinstance(holder.get("to"), list) for holder in (post, activity)):
        return None
    if to & PUBLIC:
        return "public"
    if cc & PUBLIC:
        return "unlisted"
    followers = {address for address in to | cc if (address or "").rstrip("/").endswith("/followers")}
    tags = map(as_dict, as_list(post.get("tag")))
    mentioned = {as_text(tag.get("href")) for tag in tags if tag.get("type") == "Mention"}
    if not all(map(as_url, to | cc)) or not to | cc <= followers | mentioned:
        return None
    return "followers-only" if followers else "direct"


def _caption(post: Mapping[str, Any]) -> str | None:
    """The content warning, if there is one, and the post's words."""
    content = as_text(post.get("content")) or next(
        map(as_text, as_dict(post.get("contentMap")).values()), None
    )
    return "\n\n".join(filter(None, (as_text(post.get("summary")), html_to_text(content)))) or None


def _url(value: Any) -> str | None:
    """An attachment's address: text, or (Pixelfed) objects with `href`."""
    first = next(iter(as_list(value)), None)
    return as_text(first) or as_text(as_dict(first).get("href"))
