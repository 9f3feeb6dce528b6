"""Timers: what is written for each system is what its own parser reads, and nothing else is touched."""

from __future__ import annotations

import json
import plistlib
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import pytest

from selfsearch.errors import (
    ConsentError,
    KeyUnavailable,
    LibraryBusyError,
    LibraryError,
    SelfsearchError,
    UsageError,
)
from selfsearch.library import root_key
from selfsearch.library.library import open_library
from selfsearch.monitoring import run_log
from selfsearch.monitoring.schedule import cron, install, launchd, plan, systemd, windows
from selfsearch.monitoring.schedule.plan import CompletedProcess, Plan, Timer, When
from tests.conftest import Run

real_run = install.run
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=timezone.utc)  # a Wednesday
AWKWARD = '/srv/my "own" 100% $HOME it\'s/lib'
PLAN = Plan(When(), "/usr/bin/python3", Path("/home/ada/library"), Path("/home/ada/keys"), namespaces=True)

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze here")


# ---- times ----


@pytest.mark.parametrize(
    ("when", "phrase"),
    [
        (plan.daily("03:00"), "daily 03:00"),
        (plan.weekly("Mon", "17:45"), "weekly mon 17:45"),
        (plan.every("15m"), "every 15m"),
        (plan.every("360m"), "every 6h"),
        (plan.every("48h"), "every 2d"),
    ],
)
def test_a_time_is_read_as_it_is_said(when: When, phrase: str) -> None:
    assert (when.text, plan.parse_when(phrase)) == (phrase, when)


@pytest.mark.parametrize(
    "text", ["3:00", "24:00", "03:60", "03:00:00", "noon", "", " 03:00", "\u0660\u0663:\u0660\u0660"]
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time of day"):
        plan.daily(text)


@pytest.mark.parametrize(
    "text", ["14m", "0h", "31d", "6", "h", "6 h", "-6h", "1.5h", "6w", "99999999h", "\u0666h"]
)
def test_a_span_is_a_number_and_a_unit_and_not_too_short(text: str) -> None:
    with pytest.raises(UsageError):
        plan.every(text)


def test_a_day_is_one_of_seven() -> None:
    with pytest.raises(UsageError, match="'funday' is no day"):
        plan.weekly("funday", "03:00")


def test_the_next_run_is_the_next_time_on_the_clock() -> None:
    assert plan.next_run(plan.daily("12:00"), NOW) == NOW + timedelta(days=1)
    assert plan.next_run(plan.daily("12:01"), NOW) == NOW + timedelta(minutes=1)
    assert plan.next_run(plan.weekly("wed", "12:00"), NOW) == NOW + timedelta(days=7)
    assert plan.next_run(plan.every("6h"), NOW) is None


# ---- systemd ----


@needs_systemd
@pytest.mark.parametrize("channels", [set(), {"network"}, {"mail"}, {"file", "desktop"}])
def test_systemd_accepts_the_units_whatever_is_in_the_paths(tmp_path: Path, channels: set[str]) -> None:
    folder = tmp_path / "a folder 100%d"
    folder.mkdir()
    python = folder / "python"
    python.symlink_to(sys.executable)
    made = replace(
        PLAN,
        python=str(python),
        home=Path(AWKWARD),
        keys=folder,
        channels=frozenset(channels),
        writable=(folder,),
    )
    paths = []
    for name, content in systemd.files(made).items():
        (tmp_path / name).write_bytes(content)
        paths.append(str(tmp_path / name))
    process = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", "--recursive-errors=no", *paths], capture_output=True, text=True
    )
    complaints = [line for line in process.stderr.splitlines() if "selfsearch" in line]
    assert (process.returncode, complaints) == (0, [])


@needs_systemd
@pytest.mark.parametrize(
    "phrase", ["daily 03:00", "weekly sun 23:59", "every 15m", "every 6h", "every 1d", "every 20m"]
)
def test_systemd_accepts_the_times(phrase: str) -> None:
    text = systemd.calendar(plan.parse_when(phrase))
    assert text is not None
    process = subprocess.run(
        [str(ANALYZE), "calendar", "--iterations=2", text], capture_output=True, text=True, check=True
    )
    runs = [
        datetime.strptime(at, "%Y-%m-%d %H:%M:%S")
        for at in re.findall(r"(?:elapse|#2): \w+ (\S+ \S+)", process.stdout)
    ]
    when = plan.parse_when(phrase)
    apart = timedelta(minutes=when.every or (7 if when.weekday is not None else 1) * 24 * 60)
    assert (runs[1] - runs[0], text) == (apart, text)
    if when.every is None:
        assert (runs[0].hour, runs[0].minute) == (when.hour, when.minute)


def test_a_span_that_divides_no_day_is_counted_from_the_last_run() -> None:
    assert systemd.triggers(plan.every("7h")) == [("OnStartupSec", "15min"), ("OnUnitActiveSec", "420min")]


def test_the_unit_says_its_command_its_library_and_its_limits() -> None:
    lines = systemd.service(PLAN).splitlines()
    assert 'ExecStart="/usr/bin/python3" -m selfsearch rescan --scheduled' in lines
    assert 'Environment="SELFSEARCH_HOME=/home/ada/library"' in lines
    assert 'ReadWritePaths="-/home/ada/library" "-/home/ada/keys"' in lines
    assert {"Type=oneshot", "Nice=19", "IOSchedulingClass=idle", "UMask=0077", "NoNewPrivileges=yes",
            "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any", "ProtectSystem=strict",
            "PrivateUsers=yes", "PrivateTmp=yes", "MemoryDenyWriteExecute=yes"} <= set(lines)  # fmt: skip
    assert {"Persistent=true", "RandomizedDelaySec=10min", "OnCalendar=*-*-* 03:00:00"} <= set(
        systemd.timer(PLAN).splitlines()
    )


def test_the_unit_may_use_the_network_only_where_a_notification_does() -> None:
    text = systemd.service(replace(PLAN, channels=frozenset({"network"})))
    assert "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n" in text
    assert "IPAddressDeny" not in text


def test_a_unit_that_mails_lets_the_mail_program_have_its_rights() -> None:
    text = systemd.service(replace(PLAN, channels=frozenset({"mail"})))
    assert not re.findall(
        "^(NoNewPrivileges|Restrict|SystemCall|PrivateUsers|ProtectSystem)", text, re.MULTILINE
    )


def test_a_private_tmp_does_not_hide_a_library_that_lies_there() -> None:
    assert "PrivateTmp" not in systemd.service(replace(PLAN, private_tmp=False))


@pytest.mark.parametrize("bad", ["/srv/a\nExecStart=/bin/evil", "/srv/a\x00b", "/srv/\x7f"])
@pytest.mark.parametrize("write", [systemd.files, cron.block, launchd.files, windows.files])
def test_a_path_cannot_bring_lines_of_its_own(bad: str, write: object) -> None:
    assert callable(write)
    with pytest.raises(UsageError, match="cannot be given the path"):
        write(replace(PLAN, home=Path(bad)))


@pytest.mark.parametrize("letter", ["$", '"', "'", "\\"])
def test_what_systemd_refuses_in_a_program_s_path_is_refused_before(letter: str) -> None:
    with pytest.raises(UsageError, match="holds"):
        systemd.files(replace(PLAN, python=f"/opt/{letter}x/python"))


# ---- cron ----


def read_cron(line: str) -> tuple[list[str], str]:
    """The five fields, and the command as sh gets it: a strict reading of crontab(5)."""
    match = re.fullmatch(r"([\d*/]+) ([\d*/]+) ([\d*/]+) ([\d*/]+) ([\d*/]+) (\S.*)", line)
    assert match, line
    for text, (low, high) in zip(
        match.groups()[:5], [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)], strict=True
    ):
        number = re.fullmatch(r"(\d+)|\*(?:/(\d+))?", text)
        assert number, text
        assert number[1] is None or low <= int(number[1]) <= high
    assert not re.search(r"(?<!\\)%", match[6]), "a bare % ends the command"
    return list(match.groups()[:5]), match[6].replace("\\%", "%")


def test_cron_gets_the_command_as_it_is(tmp_path: Path) -> None:
    python = tmp_path / "py thon 100% it's"
    python.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$SELFSEARCH_HOME" "$SELFSEARCH_KEYS" "$@" > "$(dirname "$0")/said"\n'
    )
    python.chmod(0o755)
    made = replace(PLAN, python=str(python), home=Path(AWKWARD))
    line = cron.block(made).decode().splitlines()[1]
    fields, command = read_cron(line)
    subprocess.run(["/bin/sh", "-c", command], check=True, env={"PATH": "/usr/bin:/bin"})
    received = (tmp_path / "said").read_text().splitlines()
    assert (fields, received) == (
        ["0", "3", "*", "*", "*"],
        [AWKWARD, "/home/ada/keys", "-m", "selfsearch", "rescan", "--scheduled"],
    )


@pytest.mark.parametrize(
    ("phrase", "fields"),
    [
        ("daily 17:45", "45 17 * * *"),
        ("weekly sun 03:00", "0 3 * * 0"),
        ("weekly mon 03:00", "0 3 * * 1"),
        ("every 15m", "*/15 * * * *"),
        ("every 1h", "0 * * * *"),
        ("every 6h", "0 */6 * * *"),
        ("every 1d", "0 0 * * *"),
        ("every 7d", "0 0 * * 0"),
    ],
)
def test_cron_is_told_the_time(phrase: str, fields: str) -> None:
    assert cron.fields(plan.parse_when(phrase)) == fields


@pytest.mark.parametrize("span", ["7h", "25m", "90m", "2d"])
def test_what_cron_cannot_say_is_refused_with_what_it_can(span: str) -> None:
    with pytest.raises(UsageError, match="it can every 15m"):
        cron.fields(plan.every(span))


OTHERS = [b"", b"# mine\n0 1 * * * true\n", b"MAILTO=\xff\xfe\r\n\r\n\t* * * * * x %y\n", b"no end"]


@pytest.mark.parametrize("others", OTHERS)
def test_the_rest_of_the_crontab_stays_byte_for_byte(others: bytes) -> None:
    once = cron.insert_block(others, "selfsearch", cron.block(PLAN))
    again = cron.insert_block(
        once + b"later\n", "selfsearch", cron.block(replace(PLAN, when=plan.every("6h")))
    )
    ended = others + b"\n" * (bool(others) and not others.endswith(b"\n"))
    assert cron.remove_block(once, "selfsearch") == ended
    assert cron.remove_block(again, "selfsearch") == ended + b"later\n"
    assert again.count(b"BEGIN selfsearch") == 1
    assert cron.when_of(cron.split_at_block(again, "selfsearch")[1], "selfsearch") == plan.every("6h")


def test_the_timer_of_another_library_is_left_alone() -> None:
    other = cron.block(replace(PLAN, name="selfsearch-1a2b3c4d"))
    assert cron.remove_block(cron.insert_block(other, "selfsearch", cron.block(PLAN)), "selfsearch") == other


def test_a_block_without_its_end_is_not_guessed_at() -> None:
    with pytest.raises(SelfsearchError, match="are not whole"):
        cron.remove_block(b"# BEGIN selfsearch daily 03:00\n0 3 * * * x\n0 1 * * * mine\n", "selfsearch")


# ---- launchd ----


def test_launchd_reads_back_the_agent() -> None:
    made = replace(PLAN, when=plan.weekly("sun", "03:00"), home=Path(AWKWARD))
    agent = plistlib.loads(launchd.files(made)["local.selfsearch.plist"])
    assert agent == {
        "Label": "local.selfsearch",
        "ProgramArguments": ["/usr/bin/python3", "-m", "selfsearch", "rescan", "--scheduled"],
        "EnvironmentVariables": {
            "SELFSEARCH_HOME": AWKWARD,
            "SELFSEARCH_KEYS": "/home/ada/keys",
            "PYTHONSAFEPATH": "1",
        },
        "StartCalendarInterval": {"Hour": 3, "Minute": 0, "Weekday": 0},
        "RunAtLoad": False,
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "LowPriorityBackgroundIO": True,
        "Nice": 19,
        "Umask": 63,
        "WorkingDirectory": "/",
    }


@pytest.mark.parametrize("phrase", ["daily 17:45", "weekly sun 03:00", "weekly mon 03:00", "every 7h"])
def test_launchd_s_time_is_read_back(phrase: str) -> None:
    when = plan.parse_when(phrase)
    assert launchd.when_of(plistlib.dumps(launchd.trigger(when))) == when


# ---- Windows ----

NS = f"{{{windows.NAMESPACE}}}"
ORDER = {  # the sequences of Microsoft's Task Scheduler Schema
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "CalendarTrigger": ["Enabled", "StartBoundary", "RandomDelay", "ScheduleByDay", "ScheduleByWeek"],
    "TimeTrigger": ["Enabled", "StartBoundary", "Repetition"],
    "Repetition": ["Interval", "StopAtDurationEnd"],
    "ScheduleByWeek": ["WeeksInterval", "DaysOfWeek"],
    "Exec": ["Command", "Arguments"],
}


def task(when: When, **changes: object) -> ElementTree.Element:
    content = windows.xml(replace(PLAN, when=when, **changes))  # type: ignore[arg-type]
    assert content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return ElementTree.fromstring(content)  # noqa: S314  (our own)


@pytest.mark.parametrize("phrase", ["daily 17:45", "weekly sun 03:00", "every 7h", "every 2d", "every 90m"])
def test_the_task_has_the_order_of_the_schema(phrase: str) -> None:
    for element in task(plan.parse_when(phrase)).iter():
        order = ORDER.get(element.tag.removeprefix(NS))
        if order:
            places = [order.index(child.tag.removeprefix(NS)) for child in element]
            assert places == sorted(places)


@pytest.mark.parametrize(
    ("phrase", "path", "text"),
    [
        ("daily 17:45", "CalendarTrigger/StartBoundary", "2026-01-01T17:45:00"),
        ("daily 17:45", "CalendarTrigger/ScheduleByDay/DaysInterval", "1"),
        ("weekly sun 03:00", "CalendarTrigger/ScheduleByWeek/DaysOfWeek/Sunday", ""),
        ("every 90m", "TimeTrigger/Repetition/Interval", "PT1H30M"),
        ("every 2d", "TimeTrigger/Repetition/Interval", "P2D"),
        ("every 25h", "TimeTrigger/Repetition/Interval", "P1DT1H"),
    ],
)
def test_the_task_s_time(phrase: str, path: str, text: str) -> None:
    element = task(plan.parse_when(phrase)).find(
        "/".join(NS + part for part in ["Triggers", *path.split("/")])
    )
    assert element is not None
    assert (element.text or "") == text


def test_the_task_sets_its_library_and_runs_quietly() -> None:
    made = task(
        When(), home=Path(r"C:\Users\Ada & Co\lib"), python=r"C:\Program Files\py\python.exe", user=r"PC\ada"
    )
    texts = {element.tag.removeprefix(NS): element.text for element in made.iter()}
    assert texts["Arguments"] == (
        r'/d /s /c "set "SELFSEARCH_HOME=C:\Users\Ada & Co\lib" && set "SELFSEARCH_KEYS=/home/ada/keys" &&'
        r' set "PYTHONSAFEPATH=1" && "C:\Program Files\py\python.exe" -m selfsearch rescan --scheduled"'
    )
    quiet = ("Priority", "StartWhenAvailable", "LogonType", "RunLevel", "UserId", "MultipleInstancesPolicy")
    assert [texts[name] for name in quiet] == [
        "9",
        "true",
        "InteractiveToken",
        "LeastPrivilege",
        r"PC\ada",
        "IgnoreNew",
    ]


def test_cmd_cannot_be_given_a_percent_sign() -> None:
    with pytest.raises(UsageError, match="cannot be given the path"):
        windows.xml(replace(PLAN, home=Path("C:/100%")))


# ---- putting it in and taking it out ----


class Machine:
    """A runner that remembers what was started, and keeps a crontab."""

    def __init__(self, crontab: bytes | None = None, **answers: CompletedProcess) -> None:
        self.crontab, self.answers = crontab, answers
        self.started: list[str] = []

    def __call__(self, command: Sequence[str], given: bytes) -> CompletedProcess:
        self.started.append(shlex.join(command))
        for part, answer in self.answers.items():
            if part in "_".join(command):
                return answer
        if command[0] == "crontab":
            return self._crontab(command[1], given)
        return CompletedProcess(0)

    def _crontab(self, word: str, given: bytes) -> CompletedProcess:
        if word == "-l":
            return (
                CompletedProcess(1, stderr=b"no crontab for ada\n")
                if self.crontab is None
                else CompletedProcess(0, self.crontab)
            )
        self.crontab = given if word == "-" else None
        return CompletedProcess(0)


def test_systemd_is_told_and_forgets_again(tmp_path: Path) -> None:
    machine, place = Machine(), tmp_path / "systemd" / "user"
    written = install.install("systemd", PLAN, machine, place)
    assert sorted(path.name for path in place.iterdir()) == ["selfsearch.service", "selfsearch.timer"]
    assert written == [str(place / "selfsearch.service"), str(place / "selfsearch.timer")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}
    assert machine.started == [
        "systemctl --user daemon-reload",
        "systemctl --user enable selfsearch.timer",
        "systemctl --user restart selfsearch.timer",
    ]
    assert install.remove("systemd", "selfsearch", machine, place) is True
    assert list(place.iterdir()) == []
    assert machine.started[3:] == [
        "systemctl --user disable --now selfsearch.timer",
        "systemctl --user daemon-reload",
    ]
    assert install.remove("systemd", "selfsearch", machine, place) is False


def test_what_systemd_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    machine = Machine(enable=CompletedProcess(1, stderr=b"Failed to enable unit: no\n"))
    with pytest.raises(SelfsearchError, match="Failed to enable unit: no; nothing was installed"):
        install.install("systemd", PLAN, machine, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_crontab_that_cannot_be_read_is_never_written(tmp_path: Path) -> None:
    machine = Machine(
        **{"crontab_-l": CompletedProcess(1, stderr=b"you (ada) are not allowed to use this program\n")}
    )
    with pytest.raises(SelfsearchError, match="cannot be read"):
        install.install("cron", PLAN, machine, tmp_path)
    assert machine.started == ["crontab -l"]


def test_cron_is_told_and_forgets_again(tmp_path: Path) -> None:
    machine = Machine(b"0 1 * * * mine\n")
    install.install("cron", PLAN, machine, tmp_path)
    assert machine.crontab == b"0 1 * * * mine\n" + cron.block(PLAN)
    assert install.state("cron", "selfsearch", machine, tmp_path, NOW) == Timer(
        "cron", True, "daily 03:00", "2026-03-05T03:00:00+00:00"
    )
    assert install.remove("cron", "selfsearch", machine, tmp_path) is True
    assert machine.crontab == b"0 1 * * * mine\n"
    assert install.state("cron", "selfsearch", machine, tmp_path, NOW).installed is False


def test_a_crontab_that_was_ours_alone_is_gone_afterwards(tmp_path: Path) -> None:
    machine = Machine()
    install.install("cron", PLAN, machine, tmp_path)
    install.remove("cron", "selfsearch", machine, tmp_path)
    assert machine.crontab is None


@pytest.mark.skipif(sys.platform == "win32", reason="launchd's commands name a user by number")
def test_launchd_and_windows_are_told(tmp_path: Path) -> None:
    machine = Machine()
    install.install("launchd", PLAN, machine, tmp_path)
    assert [line.split()[1] for line in machine.started] == ["bootout", "bootstrap"]
    assert install.state("launchd", "selfsearch", machine, tmp_path, NOW).when == "daily 03:00"
    machine = Machine(
        Query=CompletedProcess(
            0, b'"PC","\\\\x","1/2/2027 3:00","Ready","Interactive","1/1/2027 3:00","0","me"\r\n'
        )
    )
    install.install("windows", PLAN, machine, tmp_path)
    assert machine.started == [
        rf"schtasks /Create /TN '\selfsearch\selfsearch' /XML {tmp_path}/selfsearch.xml /F"
    ]
    assert install.state("windows", "selfsearch", machine, tmp_path, NOW) == Timer(
        "windows", True, None, "1/2/2027 3:00", "1/1/2027 3:00", "success"
    )


def test_what_systemd_says_is_passed_on(tmp_path: Path) -> None:
    timer = b"Description=selfsearch: daily 03:00\nActiveState=active\nNextElapseUSecRealtime=Thu 03:04\n"
    service = b"Result=exit-code\nExecMainStatus=5\nExecMainStartTimestamp=Wed 03:02\n"
    machine = Machine(
        **{"selfsearch.timer": CompletedProcess(0, timer), "selfsearch.service": CompletedProcess(0, service)}
    )
    for name in ("selfsearch.service", "selfsearch.timer"):
        (tmp_path / name).touch()
    assert install.state("systemd", "selfsearch", machine, tmp_path, NOW) == Timer(
        "systemd", True, "daily 03:00", "Thu 03:04", "Wed 03:02", "exit-code (exit code 5)"
    )


def test_the_system_is_found_out() -> None:
    missing = CompletedProcess(127, stderr=b"crontab: No such file or directory")
    assert install.system_here(Machine(), "linux") == "systemd"
    assert install.system_here(Machine(systemctl=CompletedProcess(1)), "linux") == "cron"
    assert install.system_here(Machine(), "darwin") == "launchd"
    assert install.system_here(Machine(), "win32") == "windows"
    bare = Machine(systemctl=CompletedProcess(1), **{"crontab_-l": missing})
    assert install.system_here(bare, "linux") is None


@pytest.mark.parametrize(
    ("answer", "crontab"),
    [
        (b"no crontab for ada\n", b""),
        (b"crontab: can't open 'ada': No such file or directory\n", b""),  # BusyBox, nothing there yet
        (b"crontab: can't change directory to '/var/spool/cron/crontabs': No such file or directory\n", None),
        (b"You (ada) are not allowed to use this program (crontab)\n", None),
    ],
)
def test_a_user_without_a_crontab_is_told_from_a_machine_without_cron(
    answer: bytes, crontab: bytes | None
) -> None:
    assert cron.read_crontab(Machine(**{"crontab_-l": CompletedProcess(1, stderr=answer)})) == crontab


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("user/max_user_namespaces", "15000", True),
        ("user/max_user_namespaces", "0", False),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", False),
        ("kernel/unprivileged_userns_clone", "0", False),
    ],
)
def test_user_namespaces_are_asked_for_only_where_they_can_be_had(
    tmp_path: Path, name: str, value: str, allowed: bool
) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(value + "\n")
    assert systemd.namespaces_allowed(tmp_path) is allowed


# ---- the key ----


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Path:
    with open_library(home, key_folder=tmp_path / "keys", create=True):
        pass
    return home


def test_a_key_file_will_do(library: Path, tmp_path: Path) -> None:
    install.require_key(library, tmp_path / "keys", "cron")


def test_a_passphrase_is_refused_with_what_to_do(library: Path, tmp_path: Path) -> None:
    place = root_key.KeyPlace.read(library)
    root = root_key.unlock(library, tmp_path / "keys", None)
    root_key.protect(place, root, "open sesame").write(library)
    with pytest.raises(KeyUnavailable, match="selfsearch key use-file"):
        install.require_key(library, tmp_path / "keys", "systemd")


def test_a_keyring_is_out_of_cron_s_reach(library: Path, tmp_path: Path) -> None:
    replace(root_key.KeyPlace.read(library), kind="keyring").write(library)
    with pytest.raises(KeyUnavailable, match="cron runs outside your session"):
        install.require_key(library, tmp_path / "keys", "cron")


def test_a_key_file_that_is_gone_is_refused(library: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "keys")
    with pytest.raises(KeyUnavailable, match="a timer could not open the library"):
        install.require_key(library, tmp_path / "keys", "systemd")


def test_without_a_library_there_is_nothing_to_time(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="selfsearch index PATH"):
        install.require_key(tmp_path / "none", tmp_path, "systemd")


# ---- the command ----


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    fake = Machine(b"0 1 * * * mine\n", systemctl=CompletedProcess(1, stderr=b"no bus"))
    monkeypatch.setattr(install, "run", fake)
    return fake


@pytest.mark.skipif(sys.platform != "linux", reason="cron is what Linux has without systemd")
def test_install_status_and_remove_go_together(run: Run, library: Path, machine: Machine) -> None:
    out = run("schedule", "install", "--weekly", "mon", "03:00", "--notify", "desktop")
    assert out.out == "selfsearch looks again weekly mon 03:00, by cron; see: selfsearch schedule status\n"
    assert "you are told by: desktop\n" in out.err
    assert machine.crontab is not None
    assert f"SELFSEARCH_HOME={library}".encode() in machine.crontab
    assert 'notify = "desktop"\n' in (library / "config.toml").read_text()
    status = run("schedule", "status", "--json").json
    assert (status["timer"]["when"], status["notify"], status["runs"]) == (
        "weekly mon 03:00",
        ["desktop"],
        [],
    )
    assert run("schedule", "remove").out == "the timer was taken out of cron\n"
    assert machine.crontab == b"0 1 * * * mine\n"
    assert run("schedule", "remove").out == "no timer was installed\n"
    assert run("schedule", "remove", "--system", "cron").out == "no timer was installed in cron\n"


@pytest.mark.parametrize("system", install.SYSTEMS)
def test_print_shows_what_install_would_write_and_writes_nothing(
    run: Run, home: Path, machine: Machine, system: str
) -> None:
    out = run("schedule", "print", "--every", "6h", "--system", system)
    assert "rescan --scheduled" in re.sub(r"</string>\s*<string>", " ", out.out)
    assert (machine.started, home.exists()) == ([], False)


# ---- machines without systemd or cron, and machines that had another system before ----


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container or a NAS: there is not one of the programs that timers are made with."""
    if sys.platform != "linux":
        pytest.skip("macOS and Windows have one system each, always")
    (tmp_path / "no-programs").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))


LOOP = "while sleep 86400; do selfsearch rescan --scheduled; done"


@pytest.mark.usefixtures("bare")
def test_a_machine_without_timers_is_told_what_looks_again_instead(run: Run, library: Path) -> None:
    err = run("schedule", "install", code=1).err
    assert f"  {LOOP}\n" in err
    assert "  selfsearch watch\n" in err
    assert err.splitlines()[-1].startswith(
        "selfsearch: no timer was installed: this machine has neither cron nor"
    )
    assert run("schedule", "status").out == (
        "no timer is installed, and this machine has neither cron nor a systemd for this user; selfsearch"
        " schedule install says what else there is\n"
        "notifications by: none; to be told: selfsearch schedule install --notify WAY\nno run so far\n"
    )
    status = run("schedule", "status", "--json").json
    assert (status["timer"]["system"], status["timer"]["installed"], status["timers"]) == ("none", False, [])
    assert run("schedule", "remove").out == "no timer was installed\n"


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("system", install.SYSTEMS)
def test_any_system_can_be_named_where_there_is_none(run: Run, home: Path, system: str) -> None:
    out = run("schedule", "print", "--system", system)
    assert "rescan --scheduled" in re.sub(r"</string>\s*<string>", " ", out.out)
    assert "neither cron" not in out.err
    assert run("schedule", "status", "--system", system).out.startswith(
        f"no timer is installed in {system}\n"
    )
    assert run("schedule", "remove", "--system", system).out == f"no timer was installed in {system}\n"
    assert not home.exists()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("system", "reason"),
    [
        ("cron", "the crontab cannot be read (crontab: No such file or directory); nothing was installed"),
        (
            "systemd",
            "systemctl --user daemon-reload failed: systemctl: No such file or directory; nothing was"
            " installed",
        ),
    ],
)
def test_a_system_that_is_named_and_not_there_is_said_to_be_missing(
    run: Run, library: Path, tmp_path: Path, system: str, reason: str
) -> None:
    assert run("schedule", "install", "--system", system, code=1).err == f"selfsearch: {reason}\n"
    assert list(tmp_path.rglob("selfsearch*.timer")) == []


@pytest.mark.usefixtures("bare")
def test_print_shows_the_line_for_cron_where_there_is_no_system(run: Run, home: Path) -> None:
    out = run("schedule", "print", "--daily", "04:30")
    assert read_cron(out.out.splitlines()[1])[0] == ["30", "4", "*", "*", "*"]
    assert out.err.startswith(
        "This machine has neither cron nor a systemd for this user. Here is the line for"
    )
    assert LOOP in out.err


@pytest.mark.usefixtures("bare")
def test_a_timer_whose_system_is_gone_is_seen_and_taken_out(
    run: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home folder that a container was given, say."""
    machine = Machine()
    monkeypatch.setattr(install, "run", machine)
    run("schedule", "install", "--daily", "05:00", "--system", "systemd")
    monkeypatch.setattr(install, "run", real_run)
    units = tmp_path / ".config/systemd/user"
    (wish,) = (systemd.wish(path.stem, units) for path in units.glob("*.timer"))
    wish.parent.mkdir()
    wish.symlink_to(units / wish.name)
    assert run("schedule", "status").out.splitlines()[:2] == [
        "timer: systemd, daily 05:00",
        "problem: systemd cannot be asked whether it runs: systemctl: No such file or directory",
    ]
    assert run("schedule", "remove").out == "the timer was taken out of systemd\n"
    assert [path for path in units.rglob("*") if not path.is_dir()] == []


@pytest.mark.skipif(sys.platform != "linux", reason="systemd and cron are Linux's")
def test_a_timer_of_cron_is_seen_where_systemd_is_the_usual_one(
    run: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_both = Machine(b"0 1 * * * mine\n")
    monkeypatch.setattr(install, "run", with_both)
    run("schedule", "install", "--system", "cron")
    assert run("schedule", "status").out.splitlines()[0] == "timer: cron, daily 03:00"
    assert run("schedule", "status", "--system", "systemd").out.splitlines()[0] == (
        "no timer is installed in systemd"
    )
    assert run("schedule", "remove").out == "the timer was taken out of cron\n"
    assert with_both.crontab == b"0 1 * * * mine\n"


@pytest.mark.skipif(sys.platform != "linux", reason="systemd and cron are Linux's")
def test_a_library_has_one_timer_whichever_system_it_was_installed_in(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_both = Machine(b"0 1 * * * mine\n")
    monkeypatch.setattr(install, "run", with_both)
    run("schedule", "install", "--system", "cron")
    assert "the earlier timer was taken out of cron\n" in run("schedule", "install").err
    assert with_both.crontab == b"0 1 * * * mine\n"
    status = run("schedule", "status", "--json").json
    assert [timer["system"] for timer in status["timers"]] == ["systemd"]


@pytest.mark.skipif(sys.platform != "linux", reason="systemd and cron are Linux's")
def test_one_timer_that_cannot_be_taken_out_keeps_no_other(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_both = Machine()
    monkeypatch.setattr(install, "run", with_both)
    run("schedule", "install", "--system", "systemd")
    name = plan.name_for(library, Path("/nowhere"))
    with_both.crontab = f"# BEGIN {name} daily 03:00\n0 3 * * * x\n".encode()
    assert "one timer is enough: selfsearch schedule remove --system cron" in run("schedule", "status").out
    output = run("schedule", "remove", code=1)
    assert output.out == "the timer was taken out of systemd\n"
    assert "the crontab's lines of selfsearch are not whole" in output.err
    assert "problem: the crontab's lines of selfsearch are not whole" in run("schedule", "status").out


def test_a_crontab_that_may_not_be_read_is_no_reason_to_fail(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BusyBox's in a container whose user is not root."""
    refusing = CompletedProcess(1, stderr=b"crontab: must be suid to work properly\n")
    monkeypatch.setattr(install, "run", Machine(**{"crontab_-l": refusing}))
    output = run("schedule", "remove")
    assert output.out == "no timer was installed\n"
    assert output.err == (
        "the crontab cannot be read, so a timer in it would stay: crontab: must be suid to work properly\n"
    )
    assert "the crontab cannot be read" in run("schedule", "remove", "--system", "cron", code=1).err
    assert "earlier timer" not in run("schedule", "install", "--system", "systemd").err


def test_a_timer_that_systemd_stopped_is_no_timer_that_is_gone(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = CompletedProcess(0, b"Description=selfsearch: daily 03:00\nActiveState=inactive\n")
    monkeypatch.setattr(install, "run", Machine(show_=stopped))
    run("schedule", "install", "--system", "systemd")
    assert run("schedule", "status", "--system", "systemd").out.splitlines()[:2] == [
        "timer: systemd, daily 03:00",
        "problem: it is stopped; selfsearch schedule install starts it again",
    ]


def test_a_url_is_asked_for_and_never_shown(
    run: Run, library: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("json://user:s3cret@example.org/path\n"))
    out = run("schedule", "install", "--notify", "url", "--notify", "desktop")
    assert "you are told by: json://... (over the network)\n" in out.err
    assert "this uses the network" in out.err
    shown = out.out + out.err + run("schedule", "status").out + str(machine.crontab) + str(machine.started)
    assert "s3cret" not in shown
    config = library / "config.toml"
    assert "s3cret" in config.read_text()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_a_url_on_the_command_line_is_refused(run: Run, library: Path, machine: Machine) -> None:
    err = run("schedule", "install", "--notify", "json://s3cret@example.org", code=2).err
    assert "others can read command lines" in err
    assert "s3cret" not in err


def test_two_times_are_one_too_many(run: Run, library: Path, machine: Machine) -> None:
    assert "give one of" in run("schedule", "print", "--daily", "03:00", "--every", "6h", code=2).err


def test_a_library_behind_a_passphrase_gets_no_timer(
    run: Run, library: Path, machine: Machine, tmp_path: Path
) -> None:
    place, root = root_key.KeyPlace.read(library), root_key.unlock(library, tmp_path / "keys", None)
    root_key.protect(place, root, "open sesame").write(library)
    assert "cannot type" in run("schedule", "install", code=5).err
    assert machine.crontab == b"0 1 * * * mine\n"


def test_status_says_why_a_run_failed(run: Run, library: Path, machine: Machine) -> None:
    with pytest.raises(KeyUnavailable), run_log.record_run(library, lambda: NOW):
        raise KeyUnavailable("the key is gone")
    with run_log.record_run(library, lambda: NOW) as current:
        current.result(new=3, gone=0)
    assert run("schedule", "status").out.splitlines()[-2:] == [
        "run of 2026-03-04T12:00:00+00:00 (timer): failed: the key is gone",
        "run of 2026-03-04T12:00:00+00:00 (timer): done: 3 new",
    ]


# ---- the run log ----


def test_a_run_is_noted_with_what_it_came_to(tmp_path: Path) -> None:
    with run_log.record_run(tmp_path, lambda: NOW) as current:
        assert [entry.state for entry in run_log.read(tmp_path)] == ["running"]
        current.result(new=3)
    (entry,) = run_log.read(tmp_path)
    assert (entry.state, entry.result, entry.error) == ("done", {"new": 3}, None)
    assert (entry.started_at, entry.finished_at) == (NOW.isoformat(), NOW.isoformat())
    assert stat.S_IMODE((tmp_path / "runs.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (LibraryBusyError("another selfsearch is writing"), "skipped", "another selfsearch is writing"),
        (
            ConsentError("there is no consent for /home/ada/secret"),
            "failed",
            "Consent is missing, expired or revoked",
        ),
        (OSError(28, "No space left on device", "/home/ada/secret.jpg"), "failed", "No space left on device"),
        (ValueError("/home/ada/secret.jpg"), "failed", "an error in selfsearch itself (ValueError)"),
        (KeyboardInterrupt(), "stopped", None),
    ],
)
def test_how_a_run_ended_is_noted_without_any_path(
    tmp_path: Path, error: BaseException, state: str, reason: str | None
) -> None:
    with pytest.raises(type(error)), run_log.record_run(tmp_path, lambda: NOW):
        raise error
    (entry,) = run_log.read(tmp_path)
    assert (entry.state, (entry.error or "").startswith(reason or "")) == (state, True)
    assert "secret" not in (tmp_path / "runs.jsonl").read_text()


def test_a_run_that_was_killed_is_told_as_interrupted(tmp_path: Path) -> None:
    code = (
        "import os, sys, datetime; from pathlib import Path; from selfsearch.monitoring import run_log\n"
        "with run_log.record_run(Path(sys.argv[1]), lambda: datetime.datetime(2026, 3, 4)):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parent.parent, check=False)
    assert [entry.state for entry in run_log.read(tmp_path)] == ["interrupted"]
    with run_log.record_run(tmp_path, lambda: NOW) as current:
        assert current.previous is not None
        assert current.previous.state == "interrupted"


def test_old_runs_make_room_for_those_of_their_own_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_log, "MAX_RUNS", 3)
    for by in ["timer", *["watch"] * 5]:
        with run_log.record_run(tmp_path, lambda: NOW, by=by):
            pass
    assert [entry.by for entry in run_log.read(tmp_path)] == ["timer", "watch", "watch", "watch"]


def test_a_damaged_line_does_not_hide_the_others(tmp_path: Path) -> None:
    with run_log.record_run(tmp_path, lambda: NOW):
        pass
    path = tmp_path / "runs.jsonl"
    path.write_bytes(b'\xff\n[1]\n{"run": 1}\n{"run": "x", "by": 3}\n' + path.read_bytes() + b'{"run": "ha')
    assert [entry.state for entry in run_log.read(tmp_path)] == ["done"]


def test_the_same_failure_counts_as_repeated_for_a_day(tmp_path: Path) -> None:
    def fail(at: datetime, reason: str) -> bool:
        with pytest.raises(LibraryError), run_log.record_run(tmp_path, lambda: at):
            raise LibraryError(reason)
        return run_log.is_repeated(run_log.read(tmp_path))

    hour = timedelta(hours=1)
    assert [fail(NOW, "a"), fail(NOW + hour, "a"), fail(NOW + 2 * hour, "b")] == [False, True, False]
    assert fail(NOW + 30 * hour, "a") is False
    with run_log.record_run(tmp_path, lambda: NOW + 31 * hour):
        pass
    assert fail(NOW + 32 * hour, "a") is False


def test_what_is_printed_as_json_is_json(run: Run, library: Path, machine: Machine) -> None:
    assert json.loads(run("schedule", "status", "--json").out)["schema"] == "selfsearch.schedule/1"


def test_the_page_on_scheduling_names_what_there_is() -> None:
    from selfsearch.monitoring.schedule.plan import LEAST, MOST
    from selfsearch.monitoring.watch import WatchTimings

    page = (Path(__file__).parent.parent / "docs/scheduling.md").read_text()
    assert f"{LEAST}m to {MOST // (24 * 60)}d" in page
    assert f"kept its size and time for {WatchTimings().settled:.0f} seconds" in page
    assert f"last\n{run_log.MAX_RUNS} runs" in page
    sealed = re.findall(r"^(\w+)=", systemd.SEALED + systemd.NO_NETWORK + systemd.MOUNTS, re.MULTILINE)
    assert [line for line in sealed if line not in page and line != "SystemCallArchitectures"] == [
        "SystemCallErrorNumber"
    ]
