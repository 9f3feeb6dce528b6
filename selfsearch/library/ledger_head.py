"""The head of the ledger: what this machine last saw of it, kept beside the key and not in the library.

A copy of the library from before a withdrawal is sound in itself; only something outside of it can tell that
it is old. The head holds the number and the hash of the last entry that was verified, and a digest of all
entries up to it (ledger.py says of what), under a MAC of a key that is derived from the root key. It is
written after the ledger: killed in between, it is behind, and the entries beyond it are verified anew. A head
that is ahead of its ledger is the alarm.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import LibraryError
from ..files import private_folder, write_private
from . import crypto
from .root_key import RootKey

PURPOSE = "head of the ledger"
LONGEST = 4096  # bytes of a head's file

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry that was verified, and what was before it."""

    number: int
    hash: str
    outline: str  # digest of all entries up to this one

    def signed(self, library_id: str) -> bytes:
        """What the MAC is about."""
        return json.dumps([library_id, self.number, self.hash, self.outline]).encode()


class HeadFile:
    """Where the head of one library is kept."""

    def __init__(self, key_folder: Path, library_id: str) -> None:
        self.path = key_folder / f"{library_id}.head"
        self._library_id = library_id

    def read(self, root: RootKey) -> Head | None:
        """The head; None when there is none. Raises LibraryError when this library's key did not make it."""
        try:
            with self.path.open("rb") as file:
                raw = json.loads(file.read(LONGEST))
            head = Head(int(raw["number"]), str(raw["hash"]), str(raw["outline"]))
            mac = bytes.fromhex(raw["mac"])
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise LibraryError(f"{self.path} cannot be read: {exc.strerror}") from exc
        except (ValueError, TypeError, KeyError, RecursionError) as exc:
            raise self._not_ours() from exc
        if not any(crypto.is_mac(mac, key, head.signed(self._library_id)) for key in _keys(root)):
            raise self._not_ours()
        return head

    def write(self, root: RootKey, head: Head) -> None:
        """Keep this head. A folder that cannot be written is warned of: what was committed must stand."""
        mac = crypto.mac(_keys(root)[0], head.signed(self._library_id))
        try:
            private_folder(self.path.parent)
            write_private(self.path, json.dumps(asdict(head) | {"mac": mac.hex()}).encode())
        except OSError as exc:
            _log.warning(
                "%s cannot be written (%s): an old copy that is put in the library's place may go unnoticed",
                self.path,
                exc.strerror,
            )

    def remove(self) -> None:
        """Have the head made anew from whatever ledger is in place next: another library is put there now."""
        self.path.unlink(missing_ok=True)

    def _not_ours(self) -> LibraryError:
        return LibraryError(
            f"{self.path}, which tells how far the ledger of consent had come, was not written with this"
            " library's key: it was changed or is damaged. See that the library is the one that you know"
            " (selfsearch doctor); if it is: selfsearch consent accept"
        )


def _keys(root: RootKey) -> list[bytes]:
    """The keys of the MAC, the current first."""
    return [crypto.derive(key, PURPOSE) for key in root.libraries]
