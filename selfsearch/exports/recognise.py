"""Which exports begin where in a tree of files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ..containers.archive import stem
from ..containers.base import Member
from .export import Export
from .path_index import PathIndex
from .platforms import PLATFORMS
from .platforms.base import Platform
from .source import is_litter


class _HasPath(Protocol):
    @property
    def path(self) -> str: ...


Pathed = TypeVar("Pathed", bound=_HasPath)

MAX_DEPTH = 3  # folders around an export inside an archive: a wrapper, "Takeout", the product


@dataclass(frozen=True, slots=True)
class Claim:
    """An export of `platform` begins at `prefix`."""

    platform: type[Platform]
    prefix: str
    why: str  # as the platform's reader says it


def claims(
    members: Sequence[Member],
    outer: str,
    *,
    depth: int | None = None,
    platforms: Sequence[type[Platform]] = PLATFORMS,
) -> list[Claim]:
    """The exports in one container, shortest prefix first. `outer` is the container's name without ending.

    At one prefix the first platform in the registry wins. What a platform finds again inside its own export
    is part of it. What begins deeper inside another's export is an export of its own.
    """
    wanted = _wanted(members, depth, platforms)
    inside = _subtrees(members, {prefix for prefix, rivals in wanted.items() if any(map(_cautious, rivals))})
    found: dict[str, Claim] = {}
    for prefix in sorted(wanted, key=lambda prefix: (prefix.count("/"), prefix)):
        around = innermost(prefix, found)
        for claim in wanted[prefix]:
            if around is not None and found[around].platform is claim.platform:
                break
            if _confirmed(claim, inside.get(prefix, {}), outer):
                found[prefix] = claim
                break
    return list(found.values())


def _wanted(
    members: Sequence[Member], depth: int | None, platforms: Sequence[type[Platform]]
) -> dict[str, list[Claim]]:
    """Prefix -> who claims it, in the order of the registry. The names are let go of: they are large."""
    names = PathIndex(member.path for member in members if not is_litter(member.path))
    wanted: dict[str, list[Claim]] = {}
    for platform in platforms:
        for root in platform.recognize(names):
            if depth is None or root.prefix.count("/") <= depth:
                wanted.setdefault(root.prefix, []).append(Claim(platform, root.prefix, root.why))
    return wanted


def _cautious(claim: Claim) -> bool:
    return claim.platform.needs_confirmation


def _confirmed(claim: Claim, inside: dict[str, Member], outer: str) -> bool:
    platform = claim.platform
    if not platform.needs_confirmation:
        return True
    return platform.confirm(Export(download(outer, claim.prefix, claim.platform), inside))


def download(outer: str, prefix: str, platform: type[Platform]) -> str:
    """The name under which the platform handed it out: the nearest around it that has the platform's form."""
    around = [outer, *prefix.split("/")[:-1]]
    return next((name for name in reversed(around) if part_key(platform, name)), around[-1] or outer)


def part_key(platform: type[Platform], name: str) -> str | None:
    """What the parts of one download share, from the name of any, with or without its ending."""
    return platform.part_key(stem(name)) or platform.part_key(name)


def innermost(path: str, prefixes: Iterable[str]) -> str | None:
    """The longest of `prefixes` that `path` lies under."""
    known = prefixes if isinstance(prefixes, (dict, set, frozenset)) else set(prefixes)
    end = len(path)
    while end > 0:
        end = path.rfind("/", 0, end)
        if path[: end + 1] in known and path[: end + 1] != path:
            return path[: end + 1]
    return None


def divided(members: Iterable[Pathed], prefixes: Iterable[str]) -> dict[str | None, list[Pathed]]:
    """Each member under the innermost of `prefixes` around it; under None when there is none."""
    return _grouped(members, lambda folder, known: [innermost(f"{folder}*", known)], set(prefixes))


def _subtrees(members: Iterable[Member], prefixes: set[str]) -> dict[str, dict[str, Member]]:
    """For each prefix everything below it, by path from there."""
    groups = (
        _grouped((m for m in members if not is_litter(m.path)), _all_around, prefixes) if prefixes else {}
    )
    return {
        prefix: {member.path[len(prefix) :]: member for member in group}
        for prefix, group in groups.items()
        if prefix is not None
    }


def _all_around(folder: str, known: set[str]) -> list[str | None]:
    found: list[str | None] = []
    place: str | None = f"{folder}*"
    while place and (place := innermost(place, known)) is not None:
        found.append(place)
    return found


def _grouped(
    members: Iterable[Pathed], around: Callable[[str, set[str]], list[str | None]], known: set[str]
) -> dict[str | None, list[Pathed]]:
    """Members by what `around` says of their folder, asked once per folder."""
    answers: dict[str, list[list[Pathed]]] = {}
    groups: dict[str | None, list[Pathed]] = {}
    for member in members:
        folder = member.path[: member.path.rfind("/") + 1]
        lists = answers.get(folder)
        if lists is None:
            lists = answers[folder] = [groups.setdefault(name, []) for name in around(folder, known)]
        for group in lists:
            group.append(member)
    return groups
