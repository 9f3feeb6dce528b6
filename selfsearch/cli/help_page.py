"""How --help reads: one layout for all commands, in which order they stand, and an example of each.

The same is read by manual.py (man pages) and completion.py (shells).
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator
from typing import Any

import typer
import typer.core

from .options import as_typed

WIDTH = 80  # columns at the most
NARROWEST = 40
LEFT = 26  # columns at the most for what stands before an explanation

SECTIONS = {  # how `selfsearch --help` groups the commands; one that is missing here comes last
    "Search": ("index", "query", "verdict", "rescan", "report"),
    "Monitor": ("schedule", "watch"),
    "Consent and erasure": ("people", "sources", "consent", "forget"),
    "Library": ("status", "backup", "restore", "export", "key", "doctor"),
    "Program": ("models", "demo", "completion"),
}
REST = "More"

BEGIN = (
    ("selfsearch index ~/Pictures", "Find the faces in your photographs and exports."),
    ("selfsearch query selfie.jpg", "Show where your face appears in them."),
)

EXAMPLES = {  # the words behind selfsearch; tests/test_help.py holds that each is a call that is understood
    "index": "index ~/Pictures ~/Downloads/instagram-ana.zip",
    "verdict": "verdict k7q2mf 3xw0pa not-me",
    "query": "query selfie.jpg --since 2024-01-01 --html me.html",
    "rescan": "rescan --fail-on-new",
    "report": "report --since 2026-01-01 --html changes.html",
    "schedule": "schedule install --daily 03:00",
    "schedule install": "schedule install --weekly mon 03:00 --notify desktop",
    "schedule print": "schedule print --every 6h --system cron",
    "schedule status": "schedule status",
    "schedule remove": "schedule remove",
    "watch": "watch 1 4",
    "people": "people add bo bo.jpg --consent release --by Bo",
    "people add": "people add me passport.jpg --consent own",
    "people show": "people show me",
    "people remove": "people remove me 2",
    "sources": "sources --json",
    "sources set": "sources set 2 --account-was public --from 2019-05-01",
    "sources explain": "sources explain k7q2mf",
    "sources supersede": "sources supersede 2 5",
    "sources gone": "sources gone 3",
    "consent": "consent list",
    "consent list": "consent list --json",
    "consent show": "consent show 2",
    "consent renew": "consent renew me --days 180",
    "consent revoke": 'consent revoke bo --why "Bo asked for it"',
    "consent export": "consent export me --html receipt.html",
    "consent verify": "consent verify",
    "consent accept": "consent accept",
    "consent audit": "consent audit me",
    "forget": "forget ~/Pictures/party.jpg",
    "status": "status --problems",
    "backup": "backup /media/ana/usb/selfsearch.backup --with-key",
    "restore": "restore /media/ana/usb/selfsearch.backup --code",
    "export": "export --plain ~/selfsearch-plain",
    "key": "key show",
    "key show": "key show --json",
    "key set-passphrase": "key set-passphrase",
    "key use-keyring": "key use-keyring",
    "key use-file": "key use-file",
    "key export": "key export",
    "key import": "key import",
    "key rotate": "key rotate --databases",
    "doctor": "doctor --fix",
    "models": "models use buffalo_l",
    "models add": "models add ~/Downloads/buffalo_l.zip",
    "models use": "models use opencv-zoo",
    "models remove": "models remove buffalo_l",
    "demo": "demo --open",
    "completion": "completion bash",
}


class Command(typer.core.TyperCommand):
    """A command whose --help has our layout."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return usage(self)

    def get_help(self, ctx: Any) -> str:
        return page(self, ctx.command_path)


class Group(typer.core.TyperGroup):
    """A group of commands whose --help has our layout."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return usage(self)

    def get_help(self, ctx: Any) -> str:
        return page(self, ctx.command_path)

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for names in sections(self).values() for name in names]


def use_layout(app: typer.Typer) -> None:
    """Have every command of `app` and of its groups use the layout."""
    app.info.cls = Group
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            use_layout(group.typer_instance)


def visible(group: Any) -> dict[str, Any]:
    """The commands of a group that are shown; none for what is no group."""
    commands = getattr(group, "commands", {})
    return {name: command for name, command in commands.items() if not command.hidden}


def sections(group: Any) -> dict[str, list[str]]:
    """The group's commands under their headings, in the order in which they are shown."""
    names = list(visible(group))
    if not names or getattr(group, "name", None) != "selfsearch":
        return {"Commands": names} if names else {}
    found = {title: [name for name in listed if name in names] for title, listed in SECTIONS.items()}
    listed = {name for members in found.values() for name in members}
    found[REST] = [name for name in names if name not in listed]
    return {title: members for title, members in found.items() if members}


def walk(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The command and all below it, each with the words that call it ("" for the program itself)."""
    yield name, command
    inner = visible(command)
    for names in sections(command).values():
        for each in names:
            yield from walk(inner[each], f"{name} {each}".strip())


def example(name: str) -> str | None:
    """A call of the command, as it is typed."""
    return f"selfsearch {EXAMPLES[name]}" if name in EXAMPLES else None


def paragraphs(command: Any) -> list[str]:
    """What the command's help says, without line breaks."""
    text = command.help or ""
    if getattr(command, "invoke_without_command", False):
        text += "\n\nWithout a command it lists them."
    return [re.sub(r"\s+", " ", part).strip() for part in text.split("\n\n") if part.strip()]


def summary(command: Any) -> str:
    """The first sentence of the help."""
    first = paragraphs(command)[0] if paragraphs(command) else ""
    return re.split(r"(?<=\.)\s", first, maxsplit=1)[0]


def arguments(command: Any) -> list[Any]:
    """Its positional arguments."""
    return [param for param in command.params if param.param_type_name == "argument" and not param.hidden]


def options(command: Any) -> list[Any]:
    """Its options, without --help."""
    return [param for param in command.params if param.param_type_name == "option" and not param.hidden]


def names(option: Any) -> list[str]:
    """How an option is written, and how it is taken back: --strengthen, --no-strengthen."""
    return [*option.opts, *option.secondary_opts]


def metavar(param: Any) -> str:
    """What stands for the value: FILE, own|release; "" for an option that takes none."""
    if getattr(param, "is_flag", False):
        return ""
    return str(param.metavar or param.name.upper().replace("_", "-"))


def usage(command: Any) -> list[str]:
    """What follows the command's name: [OPTIONS] PATH..."""
    pieces = ["[OPTIONS]"]
    for param in arguments(command):
        name = metavar(param) if param.required else f"[{metavar(param)}]"
        pieces.append(name + "..." * (param.nargs != 1))
    if visible(command):
        pieces += ["[COMMAND]" if command.invoke_without_command else "COMMAND", "[ARGS]..."]
    return pieces


def explanation(param: Any) -> str:
    """What a parameter's help says, with what holds where it is not given."""
    extra = []
    if isinstance(param.default, str | int) and not isinstance(param.default, bool) and param.default != "":
        extra.append(f"default: {param.default}")
    low, high = getattr(param, "min", None), getattr(param, "max", None)
    if low is not None:
        extra.append(f"{low} or more" if high is None else f"{low} to {high}")
    return " ".join([param.help or "", *([f"[{'; '.join(extra)}]"] if extra else [])]).strip()


def argument_rows(command: Any) -> list[tuple[str, str]]:
    """Each argument and what it is."""
    return [(metavar(param) + "..." * (param.nargs != 1), explanation(param)) for param in arguments(command)]


def option_rows(command: Any) -> list[tuple[str, str, str]]:
    """Each option, what stands for its value, and what it does; --help at the end."""
    rows = [(", ".join(names(param)), metavar(param), explanation(param)) for param in options(command)]
    return [*rows, ("--help", "", "Show this text.")]


def page(command: Any, path: str) -> str:
    """The text of --help for the command that is called by `path`."""
    width = max(NARROWEST, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
    blocks = [_fill(" ".join(["Usage:", path, *usage(command)]), width, later=" " * 7)]
    blocks += [_fill(text, width, "  ", "  ") for text in paragraphs(command)]
    name = path.partition(" ")[2]
    if not name:
        begin = [(as_typed(command), text) for command, text in BEGIN]
        blocks.append("To begin:\n" + _table(begin, width, left=36))
    if rows := argument_rows(command):
        blocks.append("Arguments:\n" + _table(rows, width))
    inner = visible(command)
    listed = [
        f"{title}:\n" + _table([(each, summary(inner[each])) for each in names], width, _longest(inner))
        for title, names in sections(command).items()
    ]
    rows = [(f"{name} {value}".strip(), text) for name, value, text in option_rows(command)]
    chosen = "Options:\n" + _table(rows, width)
    blocks += [*listed, chosen]
    if not name:
        more = as_typed("Each command has more to say: selfsearch COMMAND --help")
        blocks.append(_fill(more, width))
    elif text := example(name):
        blocks.append(f"Example: {as_typed(text)}")
    return "\n\n".join(blocks)


def _longest(names: Any) -> int:
    return max(map(len, names), default=0)


def _table(rows: Any, width: int, least: int = 0, *, left: int = LEFT) -> str:
    """Two columns; what is too long for the first has a line of its own."""
    column = max([least, *(len(name) for name, _ in rows if len(name) <= left)])
    lines = []
    for name, text in rows:
        if len(name) > column:
            lines.append(f"  {name}")
            name = ""
        lines.append(_fill(text, width, f"  {name:{column}}  ", " " * (column + 4)))
    return "\n".join(lines)


def _fill(text: str, width: int, first: str = "", later: str = "") -> str:
    """Folded between words, which stay whole."""
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
