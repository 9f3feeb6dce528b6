"""Archives that a platform puts into its download: their files are files of the export.

They stand in it as if the person had unpacked each archive where it lies: below its name without the ending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..containers.archive import stem
from ..containers.base import MAX_MEMBERS, MAX_NAMES, Container, Member
from ..containers.inner import Allowance, open_inner
from ..errors import ItemError
from .platforms.base import Platform
from .source import Problem, SourcePart

ENDING = ".zip"


@dataclass
class Opened:
    """A part of an export with what is in its inner archives."""

    parts: list[SourcePart]  # the part without those archives, then each of them
    problems: list[Problem] = field(default_factory=list)  # what could not be listed of them


def open_inner_archives(
    platform: type[Platform], part: SourcePart, on_disk: Mapping[str, Container]
) -> Opened:
    """Open what the platform put there. What cannot be opened stays a file, with the reason.

    `on_disk`: those that lie in a folder, by the paths that they have in it.
    """
    if part.container.is_folder:
        opened = Opened([part])
        for path, container in on_disk.items():
            _add(opened, part, path, container)
        return opened
    if not any(_is_inner(platform, part, member) for member in part.members):
        return Opened([part])
    allowance = _left_by(part.members)
    kept: list[Member] = []
    opened = Opened([replace(part, members=kept)])
    for member in part.members:
        if not _is_inner(platform, part, member):
            kept.append(member)
            continue
        try:
            _add(opened, part, member.path, open_inner(member, allowance))
        except ItemError as exc:
            kept.append(replace(member, refused=(exc.outcome, str(exc))))
    return opened


def is_inner_archive(platform: type[Platform], path: str) -> bool:
    """Whether this file is an archive that the platform puts there. `path`: from the export's root."""
    return path.lower().endswith(ENDING) and platform.nested(path)


def _is_inner(platform: type[Platform], part: SourcePart, member: Member) -> bool:
    return is_inner_archive(platform, member.path[len(part.prefix) :])


def _left_by(members: Sequence[Member]) -> Allowance:
    """How many more there may be beside the members of the outer archive."""
    names = sum(len(member.path) for member in members)
    return Allowance(MAX_MEMBERS - len(members), MAX_NAMES - names)


def _add(opened: Opened, part: SourcePart, path: str, container: Container) -> None:
    below = f"{stem(path[len(part.prefix) :])}/"
    members = list(container.members())
    opened.parts.append(SourcePart(container, "", members, part.name, below))
    opened.problems += [Problem(container, *problem) for problem in container.problems]
