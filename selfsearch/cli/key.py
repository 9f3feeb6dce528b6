"""selfsearch key"""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import KeyUnavailable, UsageError
from ..sandbox import process
from . import options

if TYPE_CHECKING:
    from ..library.library import Library

app = typer.Typer(help="Where the library's key is kept; change it, save it, put it back.")

MIN_PASSPHRASE = 10  # characters of a passphrase: Argon2id makes guessing slow, not impossible
PLACES = {
    "keyring": (
        "the operating system's keyring",
        "a thief of the disk reads nothing without your login password; whoever is logged in as you, and"
        " programs that run as you, can open it. It works without a question, also on a timer.",
    ),
    "file": (
        "a file outside the library",
        "a copy of the library alone (a backup, a synchronised folder, a lost stick) opens nothing; whoever"
        " has your whole disk without disk encryption, or is logged in as you, can open it. It works"
        " without a question.",
    ),
    "passphrase": (
        "sealed under your passphrase, in the library's own folder",
        "whoever does not know the passphrase opens nothing, not even with the whole disk, if it cannot"
        " be guessed. It is asked for each time, so timers need SELFSEARCH_PASSPHRASE.",
    ),
}


@app.command("show")
def show(as_json: options.AsJson = False) -> None:
    """Say where the key is kept, and what that protects against."""
    from ..library import root_key

    place = root_key.KeyPlace.read(options.home())
    where, protection = PLACES.get(place.kind, (place.kind, "nothing that this version knows"))
    path = root_key.key_file(place, options.key_folder()) if place.kind == "file" else None
    problem = None
    if place.kind != "passphrase":
        try:
            root_key.fetch(place, options.key_folder(), None)
        except KeyUnavailable as exc:
            problem = str(exc)
    if as_json:
        options.answer_json(
            {
                "schema": "selfsearch.key/1", "library": place.library_id, "kind": place.kind,
                "file": path and str(path), "protects": protection, "keyring": root_key.keyring_name(),
                "problem": problem,
            }
        )  # fmt: skip
        return
    options.answer(f"the key is in {where}" + (f": {path}" if path else ""))
    if problem:
        options.answer(f"BUT {problem}")
    options.answer(f"what that protects against: {protection}")
    if place.kind == "file" and root_key.keyring_name():
        options.answer("this system has a keyring, which protects better: selfsearch key use-keyring")
    copy = root_key.key_file(place, options.key_folder())
    if place.kind != "file" and copy.exists():
        options.answer(f"BUT a key file was left at {copy}: if the library opens, delete it")


@app.command("set-passphrase")
def set_passphrase() -> None:
    """Seal the key under a passphrase.

    It is asked for twice at the terminal, or taken from SELFSEARCH_NEW_PASSPHRASE.
    """
    with options.opened(writing=True) as library:
        _move(library, "passphrase", new_passphrase())
    options.say("the library opens with your passphrase only. Forgotten, it cannot be recovered:")
    options.say("print a recovery code and keep it in a safe place: selfsearch key export")


@app.command("use-keyring")
def use_keyring() -> None:
    """Keep the key in the operating system's keyring."""
    from ..library import root_key

    if root_key.keyring_name() is None:
        raise KeyUnavailable(
            "there is no keyring here that protects what it keeps (SecretService, KWallet, macOS, Windows);"
            " use a passphrase: selfsearch key set-passphrase"
        )
    with options.opened(writing=True) as library:
        _move(library, "keyring")
    options.say("the key is in the operating system's keyring")


@app.command("use-file")
def use_file() -> None:
    """Keep the key in a file that only you can read.

    It is outside the library's folder.
    """
    with options.opened(writing=True) as library:
        _move(library, "file")
    options.say(f"the key is a file in {options.key_folder()}")


@app.command("export")
def export(yes: options.Yes = False) -> None:
    """Print the recovery code, to be kept on paper. Whoever has it and a copy of the library opens it."""
    from ..library import keys, root_key

    with options.opened(writing=True) as library:
        keys.require_fitting(library)
        options.require_yes(
            "Print the recovery code here? Whoever reads it can open the library.",
            "nothing was printed",
            yes=yes,
        )
        options.say(
            "Recovery code of this library. After every erasure, and after key rotate, print a new one: the"
            " old one then opens names and records, but no face."
        )
        options.answer(*root_key.to_code(library.root).splitlines())


@app.command("import")
def import_code() -> None:
    """Put the key back from a recovery code.

    The code is typed at the terminal or read from standard input; the key goes into the keyring or key file.
    """
    from ..library import root_key
    from ..library.library import Library as Opened
    from ..library.library import writer

    home = options.home()
    root = root_key.from_code(read_code())
    place = root_key.KeyPlace.read(home)
    with writer(home):
        with Opened(home, root, options.key_folder()) as library:
            _check_wrapping(library)
        kind = "keyring" if root_key.keyring_name() else "file"
        root_key.move(home, options.key_folder(), root, kind)
    was = f" (it was kept in {PLACES[place.kind][0]})" if place.kind in PLACES and place.kind != kind else ""
    options.say(f"the key fits and is kept in {PLACES[kind][0]}{was}")


@app.command("rotate")
def rotate(
    databases: Annotated[
        bool,
        typer.Option(
            "--databases",
            help="Replace the key of the databases, too: copies from before then open nothing at all. Writes"
            " the whole library anew, and needs room for that.",
        ),
    ] = False,
    yes: options.Yes = False,
) -> None:
    """Wrap the keys of all sources and people under a new key.

    Copies of the library from before then open no face; it asks before that.
    """
    from ..library import keys

    with options.opened(writing=True) as library:
        keys.require_fitting(library)
        lost = "will not open any more" if databases else "will open no face any more without this library"
        unless = "except with a recovery code from then, or made --with-key"
        question = f"Backups made before {lost}, {unless}. Go on?"
        options.require_yes(question, "nothing was changed", yes=yes)
        (keys.renew if databases else keys.rotate)(library)
    what = "nothing" if databases else "no face"
    options.say(f"done. Backups and recovery codes made before open {what} any more: make new ones")
    warn_of_passphrase()


def warn_of_passphrase() -> None:
    """Say what a new key does not shut: a copy of the folder has its own, under the passphrase of then."""
    from ..library import root_key

    if root_key.KeyPlace.read(options.home()).kind == "passphrase":
        options.say(
            "a copy of the library's folder that was made before holds the key of that time, under your"
            " passphrase: choose another one, and do not use this one again: selfsearch key set-passphrase"
        )


def new_passphrase() -> str:
    """From SELFSEARCH_NEW_PASSPHRASE, or asked for twice. Raises UsageError when it is short or mistyped."""
    passphrase = process.passphrase("SELFSEARCH_NEW_PASSPHRASE")
    if passphrase is None and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for a passphrase; set SELFSEARCH_NEW_PASSPHRASE")
    if passphrase is None:
        passphrase = getpass.getpass("New passphrase: ")
        if getpass.getpass("The same again: ") != passphrase:
            raise UsageError("the two were not the same; nothing was changed")
    if len(passphrase) < MIN_PASSPHRASE:
        raise UsageError(
            f"a passphrase needs at least {MIN_PASSPHRASE} characters; four or five random words are good"
        )
    return passphrase


def _move(library: Library, kind: str, passphrase: str = "") -> None:
    from ..library import keys, root_key

    keys.require_fitting(library)
    if root_key.KeyPlace.read(library.home).kind == kind != "passphrase":
        options.say("it was there already")
        return
    library.root = root_key.move(library.home, library.key_folder, library.root, kind, passphrase)
    options.say(
        "A copy of the key from where it was before still opens the library; to shut the faces away from"
        " such copies: selfsearch key rotate"
    )


def read_code() -> str:
    """A recovery code, typed line by line or from stdin."""
    if sys.stdin.isatty():
        options.say("Type the recovery code, line by line; an empty line ends it.")
        return "\n".join(iter(input, ""))
    return sys.stdin.read()


def _check_wrapping(library: Library) -> None:
    """Raises KeyUnavailable for a code from before the last erasure."""
    from ..library import keys

    if keys.opens_none(library):
        raise KeyUnavailable(
            "this code was printed before something was erased or the key was rotated: it opens the"
            " library's records, but no face. Use a newer code; if there is none, make a new library:"
            " selfsearch index PATH"
        )
