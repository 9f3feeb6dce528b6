"""Which exports begin where in a tree of files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ..containers.archive import stem
from ..containers.base import Member
from .export import Export
from .path_index import PathIndex, folder_of, is_litter
from .platforms import PLATFORMS
from .platforms.base import Platform


class _HasPath(Protocol):
    @property
    def path(self) -> str: ...


Pathed = TypeVar("Pathed", bound=_HasPath)

MAX_DEPTH = 3  # folders around an export inside an archive: a wrapper, "Takeout", the product


@dataclass(frozen=True, slots=True)
class Recognition:
    """An export of `platform` begins at `prefix`."""

    platform: type[Platform]
    prefix: str  # "" or a path ending in "/"
    why: str  # as the platform's reader says it


def recognize(
    members: Sequence[Member],
    container_name: str,
    *,
    max_depth: int | None = None,
    platforms: Sequence[type[Platform]] = PLATFORMS,
) -> list[Recognition]:
    """The exports in one container, shortest prefix first. `container_name`: without its ending.

    At one prefix the first platform in the registry wins. What a platform finds again inside its own export
    is part of it. What begins deeper inside another's export is an export of its own.
    """
    candidates = _candidates(members, max_depth, platforms)
    doubtful = {
        prefix
        for prefix, rivals in candidates.items()
        if any(rival.platform.needs_confirmation for rival in rivals)
    }
    members_below = _members_below(members, doubtful)
    recognitions: dict[str, Recognition] = {}
    for prefix in sorted(candidates, key=lambda prefix: (prefix.count("/"), prefix)):
        around = innermost_prefix(prefix, recognitions)
        for candidate in candidates[prefix]:
            platform = candidate.platform
            if around is not None and recognitions[around].platform is platform:
                break
            name = download_name(container_name, prefix, platform)
            if not platform.needs_confirmation or platform.confirm(Export(name, members_below[prefix])):
                recognitions[prefix] = candidate
                break
    return list(recognitions.values())


def _candidates(
    members: Sequence[Member], max_depth: int | None, platforms: Sequence[type[Platform]]
) -> dict[str, list[Recognition]]:
    """Prefix -> who recognizes something there, in the order of the registry."""
    paths = PathIndex(member.path for member in members if not is_litter(member.path))  # large: not kept
    candidates: dict[str, list[Recognition]] = {}
    for platform in platforms:
        for root in platform.recognize(paths):
            if max_depth is None or root.prefix.count("/") <= max_depth:
                candidates.setdefault(root.prefix, []).append(Recognition(platform, root.prefix, root.why))
    return candidates


def download_name(container_name: str, prefix: str, platform: type[Platform]) -> str:
    """The name under which the platform handed it out: the nearest around it that has the platform's form."""
    names = [container_name, *prefix.split("/")[:-1]]
    return next((name for name in reversed(names) if part_key(platform, name)), names[-1] or container_name)


def part_key(platform: type[Platform], name: str) -> str | None:
    """What the parts of one download share, from the name of any, with or without its ending."""
    return platform.part_key(stem(name)) or platform.part_key(name)


def innermost_prefix(path: str, prefixes: Iterable[str]) -> str | None:
    """The longest of `prefixes` that `path` lies under."""
    among = prefixes if isinstance(prefixes, (dict, set, frozenset)) else set(prefixes)
    end = len(path)
    while end > 0:
        end = path.rfind("/", 0, end)
        if path[: end + 1] in among and path[: end + 1] != path:
            return path[: end + 1]
    return None


def group_by_prefix(members: Iterable[Pathed], prefixes: Iterable[str]) -> dict[str | None, list[Pathed]]:
    """Each member under the innermost of `prefixes` around it; under None when there is none."""
    distinct = set(prefixes)
    return _group_by_folder(members, lambda folder: [innermost_prefix(f"{folder}*", distinct)])


def _members_below(members: Iterable[Member], prefixes: set[str]) -> dict[str, dict[str, Member]]:
    """For each prefix everything below it, by path from there."""
    below: dict[str, dict[str, Member]] = {prefix: {} for prefix in prefixes}
    if prefixes:
        proper = (member for member in members if not is_litter(member.path))
        groups = _group_by_folder(proper, lambda folder: _prefixes_around(folder, prefixes))
        for prefix, group in groups.items():
            if prefix is not None:
                below[prefix] = {member.path[len(prefix) :]: member for member in group}
    return below


def _prefixes_around(folder: str, prefixes: set[str]) -> list[str | None]:
    around: list[str | None] = []
    place: str | None = f"{folder}*"
    while place and (place := innermost_prefix(place, prefixes)) is not None:
        around.append(place)
    return around


def _group_by_folder(
    members: Iterable[Pathed], prefixes_of: Callable[[str], list[str | None]]
) -> dict[str | None, list[Pathed]]:
    """Members under each of the prefixes of their folder, which are asked for once per folder."""
    groups_of: dict[str, list[list[Pathed]]] = {}
    groups: dict[str | None, list[Pathed]] = {}
    for member in members:
        folder = folder_of(member.path)
        lists = groups_of.get(folder)
        if lists is None:
            lists = [groups.setdefault(prefix, []) for prefix in prefixes_of(folder)]
            groups_of[folder] = lists
        for group in lists:
            group.append(member)
    return groups
