"""LinkedIn's data download: tables of links (posts, uploads, messages' attachments) and no media.

Pictures that the owner saved beside it are found by the post's or the picture's id in their names. Times
without a zone are UTC; Rich_Media's are English sentences that say their zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...errors import ItemError
from ...types import Exposure
from ..export import Export
from ..path_index import PathIndex
from .base import Account, Root
from .legacy import Mention, Provenance
from .linkedin_tables import Share, Upload, cell, dated, links, shares, tables, uploads
from .media_refs import SavedFiles, may_show_faces, url_file_name

name = "linkedin"
title = "LinkedIn"

MARKS = ("Connections.csv", "Rich_Media.csv", "Rich Media.csv", "Shares.csv", "Shares_*.csv")
HEADERS = (b"Connected On", b"Media Link", b"Media Description", b"ShareLink")
HEAD_BYTES = 8192  # Connections.csv begins with a page of notes
SERIES = re.compile(r"(?:basic|complete)_linkedindataexport_(\d\d)-(\d\d)-(\d{4})", re.IGNORECASE)
ASSET = re.compile(r"/(?:image|vid|video|dms|playlist)/(?:v\d+/)?([\w-]{10,})")
VISIBILITY = {
    "PUBLIC": Exposure.PUBLIC,
    "ANYONE": Exposure.PUBLIC,
    "MEMBER_NETWORK": Exposure.NETWORK,
    "CONNECTIONS": Exposure.NETWORK,
    "CONNECTIONS_ONLY": Exposure.NETWORK,
    "LOGGED_IN": Exposure.NETWORK,  # every member of LinkedIn, but no crawler
    "LOGGED_IN_MEMBERS": Exposure.NETWORK,
    "CONTAINER": Exposure.NETWORK,  # a group
    "GROUP": Exposure.NETWORK,
}
UNSAID = {
    "profile_photo": "LinkedIn does not export who may see the profile photo: it is a setting",
    "header": "LinkedIn does not export who may see the background photo: it is a setting",
    "post": "no post of the same minute says who could see it",
}


def roots(names: PathIndex) -> Iterable[Root]:
    """Folders with Connections.csv, Rich_Media.csv or Shares.csv."""
    found: dict[str, str] = {}
    for mark in MARKS:
        for prefix in names.prefixes_with_file(mark):
            found.setdefault(prefix, f"{mark} is a LinkedIn download's")
    return [Root(prefix, why) for prefix, why in found.items()]


def series(container: str) -> str | None:
    """The name without what tells its parts apart."""
    match = SERIES.match(container)
    return match.group().lower() if match else None


def confirm(export: Export) -> bool:
    """Whether one of the tables has LinkedIn's columns."""
    paths = [path for mark in MARKS for path in export.matching(mark) if "/" not in path]
    return any(header in _head(export, path) for path in paths for header in HEADERS)


def account(export: Export) -> Account:
    """Whose download it is: LinkedIn gives a name and no handle."""
    found = SERIES.match(export.name)
    full = _owner(export)
    return Account(full, full, f"{found[3]}-{found[1]}-{found[2]}" if found else None)


def mentions(export: Export) -> Iterator[Mention]:
    """Uploads with the post of the same minute, the other posts with media, and messages' attachments."""
    saved = SavedFiles(export.members)
    posts = list(shares(export))
    by_minute: dict[str, list[Share]] = {}
    for share in posts:
        by_minute.setdefault(_minute(share.when), []).append(share)
    joined: set[Share] = set()
    for upload in uploads(export):
        near = by_minute.get(_minute(upload.when), []) if upload.when and upload.context == "post" else []
        post = near[0] if len(near) == 1 else None
        joined.update([post] if post else [])
        yield from _found(saved, upload.link, post, _uploaded(export, upload, post))
    for share in posts:
        if share.media and share not in joined:
            yield from _found(saved, share.media, share, _posted(export, share))
    yield from _attachments(export, saved)


def orphan(export: Export, path: str) -> Provenance:
    """The download holds no media, so a file beside it is only a file."""
    return Provenance(
        "folder",
        context="file",
        exposure_reason="stands beside a LinkedIn download, but no row there links to it",
    )


def derivative(path: str) -> str | None:
    """There are no media, and so no copies."""
    return None


def _found(saved: SavedFiles, link: str | None, post: Share | None, said: Provenance) -> Iterator[Mention]:
    """The saved files of a link; the link alone when there are none."""
    ids = [*ASSET.findall(link or ""), *([post.id] if post and post.id else [])]
    named = url_file_name(link or "")
    paths: list[str | None] = [*(saved.with_id(*ids) or saved.with_name(named))]
    yield from (Mention(path, said) for path in paths or [None])


def _uploaded(export: Export, upload: Upload, post: Share | None) -> Provenance:
    if post:
        said = _posted(export, post)
        return replace(said, caption=said.caption or upload.description)
    who = _owner(export)
    return Provenance(
        name,
        who,
        upload.context,
        caption=upload.description,
        posted_at=upload.when,
        posted_at_source="Date/Time" if upload.when else None,
        url=upload.link,
        url_kind="exact" if upload.link else None,
        exposure_reason=UNSAID.get(
            upload.context or "", "LinkedIn does not export who could see this upload"
        ),
        author=who,
        author_is_owner=True,
    )


def _posted(export: Export, post: Share) -> Provenance:
    who = _owner(export)
    word = post.visibility
    url = post.link or post.media
    exposure = VISIBILITY.get((word or "").upper(), Exposure.UNKNOWN)
    unclear = " (what that means is not known)" if exposure is Exposure.UNKNOWN else ""
    return Provenance(
        name,
        who,
        "post",
        caption=post.text,
        posted_at=post.when,
        posted_at_source="Date" if post.when else None,
        url=url,
        url_kind="exact" if url else None,
        audience=word,
        audience_source="per_item" if word else None,
        exposure=exposure,
        exposure_reason=f"LinkedIn: Visibility = {word}{unclear}"
        if word
        else "the post's Visibility is empty",
        author=who,
        author_is_owner=True,
        post_id=post.id,
    )


def _attachments(export: Export, saved: SavedFiles) -> Iterator[Mention]:
    """Pictures in messages: sent by anyone in the conversation."""
    who = _owner(export)
    for row in tables(export, "messages.csv", skip_to="ATTACHMENTS"):
        sender = cell(row, "FROM")
        several = len(links(cell(row, "RECIPIENT PROFILE URLS"))) > 1
        when = dated(cell(row, "DATE"))
        said = Provenance(
            name,
            who,
            "message",
            caption=cell(row, "CONTENT"),
            posted_at=when,
            posted_at_source="DATE" if when else None,
            audience="group conversation" if several else "conversation",
            audience_source="chat_type",
            exposure=Exposure.NETWORK if several else Exposure.PRIVATE,
            exposure_reason="a message to several people: they could see it"
            if several
            else "a message: only the two people in the conversation could see it",
            album=cell(row, "CONVERSATION TITLE"),
            author=sender,
            author_is_owner=sender == who if sender and who else None,
        )
        for link in filter(may_show_faces, links(cell(row, "ATTACHMENTS"))):
            yield from _found(saved, link, None, replace(said, url=link, url_kind="exact"))


def _owner(export: Export) -> str | None:
    """First and last name in Profile.csv, read once."""
    if "linkedin.owner" not in export.memo:
        row = next(tables(export, "Profile.csv", skip_to="First Name"), {})
        export.memo["linkedin.owner"] = " ".join(
            filter(None, (cell(row, "First Name"), cell(row, "Last Name")))
        )
    return export.memo["linkedin.owner"] or None


def _minute(when: str | None) -> str:
    return (when or "")[:16]


def _head(export: Export, path: str) -> bytes:
    try:
        with export.members[path].open() as stream:
            return stream.read(HEAD_BYTES)
    except ItemError:
        return b""
