"""Google Hangouts: what was sent to whom, by the one record of both generations."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from selfsearch.exports.platforms.hangouts import Hangouts
from selfsearch.types import Exposure

from .exports import Pack
from .exports import hangouts as fixture
from .exports.hangouts import ANA, BO, CY, conversation, event
from .exports.reading import mentioned


def read(*conversations: dict[str, Any], files: tuple[str, ...] = ()) -> list[SimpleNamespace]:
    """What is said of the pictures of these conversations."""
    pack = Pack("takeout-20191217T080000Z-001")
    pack.add("Hangouts.json", {"conversations": list(conversations)})
    for name in files:
        pack.add(name, b"x")
    return mentioned(Hangouts, pack.as_export())


def test_both_generations_say_the_same() -> None:
    new, old = (
        {
            item.post_id: (item.path, item.exposure, item.author, item.caption, item.posted_at, item.url)
            for item in mentioned(Hangouts, fixture.build(layout).as_export())
        }
        for layout in ("takeout-2019", "takeout-2014")
    )
    assert old == {post: new[post] for post in old}
    assert set(old) == {"Ugw1-selfie.jpg", "Ugw1-theirs.jpg"}


@pytest.mark.parametrize(
    ("kind", "people", "level"),
    [
        ("STICKY_ONE_TO_ONE", (ANA, BO), Exposure.PRIVATE),
        ("STICKY_ONE_TO_ONE", (ANA, BO, CY), Exposure.NETWORK),
        ("STICKY_ONE_TO_ONE", (), Exposure.UNKNOWN),
        ("GROUP", (ANA, BO), Exposure.NETWORK),
        ("GROUP", (), Exposure.NETWORK),
        ("HUDDLE", (ANA, BO), Exposure.UNKNOWN),
        ("HUDDLE", (ANA, BO, CY), Exposure.NETWORK),
    ],
)
def test_who_could_see_a_picture_follows_from_its_conversation(
    kind: str, people: tuple[dict[str, str], ...], level: Exposure
) -> None:
    (item,) = read({"conversation": conversation("U1", kind, *people), "events": [event("U1", BO, "a.jpg")]})
    assert (item.exposure, item.audience, item.audience_known) == (level, kind, kind != "HUDDLE")
    assert item.exposure_evidence == ("Hangouts.json",)


def test_a_message_belongs_to_the_conversation_that_it_names_and_to_no_other() -> None:
    items = read(
        {
            "conversation": conversation("U1", "STICKY_ONE_TO_ONE", ANA, BO),
            "events": [event("U1", BO, "a.jpg"), event("U2", BO, "b.jpg")],
        },
        files=("a.jpg", "b.jpg"),
    )
    assert [(item.path, item.exposure) for item in items] == [
        ("a.jpg", Exposure.PRIVATE),
        ("b.jpg", Exposure.UNKNOWN),
    ]


def test_a_picture_that_is_not_in_the_export_is_its_address() -> None:
    (item,) = read(
        {
            "conversation": conversation("U1", "STICKY_ONE_TO_ONE", ANA, BO),
            "events": [event("U1", BO, "a.jpg", "look"), event("U1", BO, None, "nothing sent")],
        }
    )
    assert (item.path, item.caption, item.author, item.author_is_owner) == (None, "look", "Bo", False)
    assert (item.url, item.url_kind) == (f"{fixture.SERVER}/a.jpg", "exact")
