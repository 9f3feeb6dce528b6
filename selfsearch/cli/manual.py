"""The man pages, made of the commands: one of the program, and one of each command with what is below it."""

from __future__ import annotations

from typing import Any

from . import help_page
from .completion import NAME

EXIT_CODES = {
    0: "Done.",
    1: "Something failed, and the sentence says what.",
    2: "The call makes no sense.",
    3: "Consent is missing, expired or withdrawn, or the face is a stranger's.",
    4: "Nothing usable in what was given: no face in the selfie, no readable media.",
    5: "The library or a model pack is damaged, locked or missing, or the key is wrong.",
    10: "Something new appeared, and rescan was called with --fail-on-new.",
    130: "Stopped with Ctrl-C; what was finished is kept.",
}

ENVIRONMENT = {
    "SELFSEARCH_HOME": "The library's folder, in place of the one in the user's data folder.",
    "SELFSEARCH_KEYS": "Where key files are, in place of the user's configuration folder.",
    "SELFSEARCH_KEYRING": "off: the operating system's keyring is not used for a new library.",
    "SELFSEARCH_PASSPHRASE": "The library's passphrase, where there is no terminal to ask for it.",
    "SELFSEARCH_NEW_PASSPHRASE": "The passphrase to set, for key set-passphrase and backup --with-key.",
    "SELFSEARCH_BACKUP_PASSPHRASE": "The passphrase of a backup's key, for restore.",
    "SELFSEARCH_PASSPHRASE_FILE": "A file whose first line is the passphrase; the two above have one, too.",
    "SELFSEARCH_PACK": "The model pack, in place of the one in config.toml.",
    "SELFSEARCH_BYSTANDERS": "keep or discard, in place of what config.toml says.",
    "SELFSEARCH_GRACE_DAYS": "How many days to keep what rests on ended consent, in place of config.toml.",
    "SELFSEARCH_NOTIFY": "How to be told of changes, in place of what config.toml says.",
    "SELFSEARCH_PAGER": "cat: long answers are shown at once, not page by page. PAGER=cat does the same.",
    "NO_COLOR": "Set to anything: no colours.",
}

SIGNS = str.maketrans(
    {"\\": "\\e", "-": "\\-", "'": "\\(aq", '"': "\\(dq", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga"}
)


def pages(program: Any, version: str) -> dict[str, str]:
    """File name -> the page's text, for man(7)."""
    inner = help_page.visible(program)
    made = {f"{NAME}.1": _program_page(program, version)}
    return made | {
        f"{NAME}-{name}.1": _command_page(name, command, version) for name, command in inner.items()
    }


def _program_page(program: Any, version: str) -> str:
    inner = help_page.visible(program)
    lines = _head(NAME, version, help_page.summary(program))
    lines += [".SH SYNOPSIS", _call("", program), ".SH DESCRIPTION", *_paragraphs(program)]
    lines += [".PP", "To begin:", ".PP", ".EX", *(_text(call) for call, _ in help_page.BEGIN), ".EE"]
    lines.append(".SH COMMANDS")
    for title, names in help_page.sections(program).items():
        lines.append(f'.SS "{_text(title)}"')
        for name in names:
            lines += [".TP", f".BR {_text(f'{NAME}-{name}')} (1)", _text(help_page.summary(inner[name]))]
    lines += [".SH OPTIONS", *_options(program), ".SH EXIT STATUS"]
    for code, text in EXIT_CODES.items():
        lines += [".TP", f".B {code}", _text(text)]
    lines.append(".SH ENVIRONMENT")
    for name, text in ENVIRONMENT.items():
        lines += [".TP", f".B {_text(name)}", _text(text)]
    return _page(lines)


def _command_page(name: str, command: Any, version: str) -> str:
    lines = _head(f"{NAME}-{name}", version, help_page.summary(command))
    lines += [".SH SYNOPSIS", _call(name, command), ".SH DESCRIPTION", *_paragraphs(command)]
    if help_page.arguments(command):
        lines += [".SH ARGUMENTS", *_arguments(command)]
    lines += [".SH OPTIONS", *_options(command)]
    inner = help_page.visible(command)
    if inner:
        lines.append(".SH COMMANDS")
    for each, below in inner.items():
        lines += [f'.SS "{NAME} {_text(name)} {_text(each)}"', _call(f"{name} {each}", below)]
        lines += [".PP", *_paragraphs(below), *_arguments(below), *_options(below)]
        lines += [".PP", "Example:", ".PP", *_example(f"{name} {each}")]
    lines += [".SH EXAMPLES", *_example(name)]
    return _page([*lines, ".SH SEE ALSO", f".BR {NAME} (1)"])


def _head(title: str, version: str, summary: str) -> list[str]:
    about = summary[0].lower() + summary[1:].removesuffix(".")
    return [
        '.\\" Made of the commands of the program; not to be edited.',
        f'.TH {_text(title.upper())} 1 "" "{NAME} {version}"',
        ".SH NAME",
        f"{_text(title)} \\- {_text(about)}",
    ]


def _page(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _call(name: str, command: Any) -> str:
    """The command in bold, and what follows it."""
    return f".B {_text(f'{NAME} {name}'.strip())}\n{_text(' '.join(help_page.usage(command)))}"


def _paragraphs(command: Any) -> list[str]:
    return [line for text in help_page.paragraphs(command) for line in (".PP", _text(text))][1:]


def _arguments(command: Any) -> list[str]:
    rows = help_page.argument_rows(command)
    return [line for name, text in rows for line in (".TP", f".I {_text(name)}", _text(text))]


def _options(command: Any) -> list[str]:
    lines = []
    for name, value, text in help_page.option_rows(command):
        shown = f'.BI {_text(name)} " {_text(value)}"' if value else f".B {_text(name)}"
        lines += [".TP", shown, _text(text)]
    return lines


def _example(name: str) -> list[str]:
    text = help_page.example(name)
    return [".EX", _text(text), ".EE"] if text else []


def _text(text: str) -> str:
    """A line of text as roff takes it: signs that mean something to it are shown as they are."""
    written = text.translate(SIGNS)
    return f"\\&{written}" if written.startswith(".") else written
