"""selfsearch completion: what a shell completes on TAB, as a script that is made of the commands.

The scripts start no program and open no library: commands, options, their fixed values and file names are in
them. People and sources are not, since their names are in the encrypted library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from ..errors import UsageError
from . import help_page, options

NAME = "selfsearch"
ABOUT = f"Completion for {NAME}, made of its commands: it starts no program and opens no library."
PLACES = {  # where each shell looks under the prefix of an installation
    "bash": "share/bash-completion/completions/selfsearch",
    "zsh": "share/zsh/site-functions/_selfsearch",
    "fish": "share/fish/vendor_completions.d/selfsearch.fish",
}
FILES = {"PATH", "FILE", "IMAGE", "FOLDER", "ZIP", "WHAT", "SUBJECT"}  # metavars of what may be a file
FOLDERS = {"DIR"}


def completion(
    context: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish", help="Your shell.")],
) -> None:
    """Print the script that completes commands and options on TAB.

    An installed selfsearch brings it along. Where your shell does not find that, write it to
    ~/.local/share/bash-completion/completions/selfsearch (bash), to _selfsearch in a folder of $fpath (zsh),
    or to ~/.config/fish/completions/selfsearch.fish (fish).
    """
    if shell not in SCRIPTS:
        raise UsageError(f"there is a script for {', '.join(SCRIPTS)}, and none for {shell!r}")
    options.answer_text(SCRIPTS[shell](context.find_root().command).removesuffix("\n"))


def values(param: Any) -> list[str] | str:
    """What the value of a parameter may be: words, else "files", "folders", or "nothing" to choose from."""
    parts = help_page.metavar(param).split("|")
    if FILES & {*parts}:
        return "files"
    if FOLDERS & {*parts}:
        return "folders"
    words = [part for part in parts if re.fullmatch(r"[a-z][a-z-]*", part)] if len(parts) > 1 else []
    return words or "nothing"


def commands(program: Any) -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it, the program's own name first."""
    for name, command in help_page.walk(program):
        yield f"{NAME} {name}".strip(), command


def value_options(command: Any) -> list[Any]:
    """The options that take a value."""
    return [param for param in help_page.options(command) if help_page.metavar(param)]


def flags(command: Any) -> list[str]:
    """All that begins with a dash."""
    return [*(name for param in help_page.options(command) for name in help_page.names(param)), "--help"]


# ---- bash ----

BASH = """\
# {about}
# For bash 3.2 and later. Variables: path: the command so far; option: its last one; pending: how many values
# that still takes; place: how many arguments stand before the cursor; values: what may stand at the cursor.

_{name}() {{
    local word path={name} option='' pending=0 place=0 values='' i
    local cur=${{COMP_WORDS[COMP_CWORD]}}
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${{COMP_WORDS[i]}}
        if [[ $word == = ]]; then continue; fi
        if ((pending > 0)); then
            pending=$((pending - 1))
        elif [[ $word == -* ]]; then
            option=$word
            _{name}_option
        elif _{name}_is_command "$path $word"; then
            path="$path $word"
        else
            place=$((place + 1))
        fi
    done
    if [[ $cur == = ]]; then cur=''; fi
    values=''
    if ((pending > 0)); then
        _{name}_option
    elif [[ $cur == -* ]]; then
        _{name}_words
    else
        _{name}_argument
    fi
    case $values in
    files) return ;;  # readline's own completion, by -o default
    folders) compopt +o default +o bashdefault -o dirnames 2>/dev/null ;;
    nothing) compopt +o default +o bashdefault 2>/dev/null ;;
    *)
        COMPREPLY=($(compgen -W "$values" -- "$cur"))
        if ((${{#COMPREPLY[@]}} == 0)); then compopt +o default +o bashdefault 2>/dev/null; fi
        ;;
    esac
    return 0
}}

_{name}_is_command() {{
    case $1 in
{is_command}
    esac
    return 1
}}

_{name}_words() {{
    case $path in
{words}
    esac
}}

_{name}_option() {{
    pending=1
    case "$path $option" in
{option}
    *) pending=0 ;;
    esac
}}

_{name}_argument() {{
    case $path in
{argument}
    esac
    values=${{values:-nothing}}
}}

complete -o bashdefault -o default -F _{name} {name}
"""


def bash(program: Any) -> str:
    """The script for bash."""
    listed = list(commands(program))
    taken = [
        f"    '{path} {name}') values={_quote(_as_text(values(param)))}"
        + f" pending={param.nargs}" * (param.nargs > 1)
        for path, command in listed
        for param in value_options(command)
        for name in param.opts
    ]
    return BASH.format(
        about=ABOUT,
        name=NAME,
        is_command="\n".join(f"    '{path}') return 0 ;;" for path, _ in listed[1:]),
        words="\n".join(f"    '{path}') values='{' '.join(flags(command))}' ;;" for path, command in listed),
        option="\n".join(f"{line} ;;" for line in taken),
        argument="\n".join(
            f"    '{path}') {text} ;;" for path, command in listed if (text := _bash_place(command))
        ),
    )


def _bash_place(command: Any) -> str:
    """What may stand at the cursor, by how many arguments stand before it."""
    inner = " ".join(each for names in help_page.sections(command).values() for each in names)
    if inner:
        return f"((place)) || values='{inner}'"
    parts, compared = [], "=="
    for number, param in enumerate(help_page.arguments(command)):
        compared = ">=" if param.nargs != 1 else compared  # from there on nobody can count
        parts.append(f"((place {compared} {number})) && values={_quote(_as_text(values(param)))}")
    return "; ".join(parts)


def _as_text(value: list[str] | str) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _quote(text: str) -> str:
    """One word of a shell, whatever is in it; zsh and bash read it alike."""
    return "'" + text.replace("'", "'\\''") + "'"


# ---- zsh ----

ZSH = """\
#compdef {name}
# {about}

{functions}
if [[ ${{funcstack[1]}} == _{name} ]]; then
    _{name} "$@"
else
    compdef _{name} {name}
fi
"""

ZSH_COMMAND = """\
{function}() {{
    _arguments \\
        {specs}
}}
"""

ZSH_GROUP = """\
{function}() {{
    local curcontext=$curcontext state line
    local -a inner=(
        {inner}
    )
    _arguments -C \\
        {specs} \\
        '1: :->command' '*:: :->rest' && return
    case $state in
    command) _describe command inner ;;
    rest)
        case $line[1] in
{cases}
        esac
        ;;
    esac
}}
"""


ZSH_NEXT = " \\\n        "  # the call goes on on the next line


def zsh(program: Any) -> str:
    """The script for zsh."""
    functions = "\n".join(_zsh_function(path, command) for path, command in commands(program))
    return ZSH.format(about=ABOUT, name=NAME, functions=functions)


def _zsh_function(path: str, command: Any) -> str:
    specs = [
        _zsh_option(param, name) for param in help_page.options(command) for name in help_page.names(param)
    ]
    specs.append(_quote("(- *)--help[Show this text.]"))
    inner = help_page.visible(command)
    if not inner:
        specs += _zsh_arguments(command)
        return ZSH_COMMAND.format(function=_zsh_name(path), specs=ZSH_NEXT.join(specs))
    described = [
        _quote(f"{name}:{help_page.summary(inner[name])}")
        for names in help_page.sections(command).values()
        for name in names
    ]
    cases = "\n".join(f"        {name}) {_zsh_name(f'{path} {name}')} ;;" for name in inner)
    return ZSH_GROUP.format(
        function=_zsh_name(path), inner="\n        ".join(described), specs=ZSH_NEXT.join(specs), cases=cases
    )


def _zsh_name(path: str) -> str:
    return "_" + re.sub(r"\W", "_", path)


def _zsh_option(param: Any, name: str) -> str:
    text = re.sub(r"([\[\]])", r"\\\1", param.help)
    takes = bool(help_page.metavar(param))
    value = _zsh_value(param) * (param.nargs if takes else 0)
    return _quote(f"{'*' if param.multiple else ''}{name}{'=' * takes}[{text}]{value}")


def _zsh_arguments(command: Any) -> list[str]:
    """The last that can be counted stands for all that follow: zsh takes no argument behind those."""
    params = help_page.arguments(command)
    many = any(param.nargs != 1 for param in params)
    return [
        _quote(
            ("*" if many and param is params[-1] else f"{number}{'' if param.required else ':'}")
            + _zsh_value(param)
        )
        for number, param in enumerate(params, 1)
    ]


def _zsh_value(param: Any) -> str:
    actions = {"files": "_files", "folders": "_files -/", "nothing": " "}
    value = values(param)
    action = actions[value] if isinstance(value, str) else f"({' '.join(value)})"
    name = help_page.metavar(param).replace(":", "\\:")
    return f":{name}:{action}"


# ---- fish ----

FISH = """\
# {about}

function __{name}_path --description 'The command that the words before the cursor call'
    set -l path {name}
    set -l pending 0
    for word in (commandline -opc)[2..-1]
        if test $pending -gt 0
            set pending (math $pending - 1)
            continue
        end
        switch "$path $word"
            case {paths}
                set path "$path $word"
{taking}
        end
    end
    echo $path
end

function __{name}_at --description 'Whether they call this one'
    test (__{name}_path) = $argv[1]
end

complete -c {name} -f
{lines}
"""


def fish(program: Any) -> str:
    """The script for fish."""
    listed = list(commands(program))
    taking: dict[int, list[str]] = {}
    for path, command in listed:
        for param in value_options(command):
            taking.setdefault(param.nargs, []).extend(_fish_quote(f"{path} {name}") for name in param.opts)
    return FISH.format(
        about=ABOUT,
        name=NAME,
        paths=" ".join(_fish_quote(path) for path, _ in listed[1:]),
        taking="\n".join(
            f"            case {' '.join(names)}\n                set pending {count}"
            for count, names in taking.items()
        ),
        lines="\n".join(line for path, command in listed for line in _fish_lines(path, command)),
    )


def _fish_lines(path: str, command: Any) -> Iterator[str]:
    start = f"complete -c {NAME} -n {_fish_quote(f'__{NAME}_at {_fish_quote(path)}')}"
    inner = help_page.visible(command)
    for names in help_page.sections(command).values():
        for name in names:
            yield f"{start} -a {name} -d {_fish_quote(help_page.summary(inner[name]))}"
    for param in help_page.options(command):
        value = f" -r {_fish_value(param)}" if help_page.metavar(param) else ""
        for name in help_page.names(param):
            yield f"{start} -l {name.removeprefix('--')}{value} -d {_fish_quote(param.help)}"
    yield f"{start} -l help -d 'Show this text.'"
    for wanted in {_fish_value(param): None for param in help_page.arguments(command)}:
        if wanted != "-f":
            yield f"{start} {wanted}"


def _fish_value(param: Any) -> str:
    value = values(param)
    if isinstance(value, list):
        return f"-f -a {_fish_quote(' '.join(value))}"
    return {"files": "-F", "folders": "-f -a '(__fish_complete_directories)'", "nothing": "-f"}[value]


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SCRIPTS: dict[str, Callable[[Any], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
