"""The courier: whoever takes over a sealed re-scan gets nothing out but one of our sentences, seldom."""

from __future__ import annotations

import json
import os
import random
import re
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from selfsearch.cli import watch
from selfsearch.library.library import open_library
from selfsearch.monitoring import courier as courier_module
from selfsearch.monitoring.courier import AT_ONCE, INTERVAL, Courier
from selfsearch.monitoring.message import MOST, RECORD_BYTES, Kind, Message
from selfsearch.monitoring.notify import LATER, SENT, Channel
from tests import photos
from tests.conftest import Run, Service
from tests.hijack import taken_over

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise", "ignore::ResourceWarning"),
    pytest.mark.skipif(os.name != "posix", reason="pipes and programs as POSIX has them"),
]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

RESCAN = ("rescan", "--scheduled")
FAILED = Message(Kind.FAILED)


def told(service: Service) -> list[str]:
    return [message.get("message", str(message)) for message in service[1]]


# ---- what it is for ----


MAIL_PROGRAM = """#!{python}
import json, os, sys
passphrases = [name for name in os.environ if "PASSPHRASE" in name]
with open({seen!r}, "w") as file:
    json.dump([sys.argv[1:], sys.stdin.read().partition("\\n\\n")[2], passphrases, os.umask(0)], file)
"""


def test_a_mail_program_that_it_starts_has_the_users_umask_and_no_secret(home: Path, tmp_path: Path) -> None:
    program, seen = tmp_path / "sendmail", tmp_path / "seen"
    program.write_text(MAIL_PROGRAM.format(python=sys.executable, seen=str(seen)))
    program.chmod(0o755)
    taken_over(
        "from selfsearch.monitoring.message import Kind, Message\ncli.rescan._notify(Message(Kind.FAILED))",
        *RESCAN,
        umask=0o027,
        PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        SELFSEARCH_NOTIFY="mail:ada",
        SELFSEARCH_PASSPHRASE="open sesame",  # noqa: S106
    )
    assert seen.read_text() == f'[["-i", "--", "ada"], "{FAILED.text}\\n", [], {0o027}]'


# ---- when it exists ----


@on_linux
@pytest.mark.parametrize("args", [RESCAN, ("watch",)], ids=" ".join)
@pytest.mark.parametrize("setting", ["", "desktop", "file:/nowhere/told.txt"])
def test_without_mail_or_a_url_there_is_no_process_outside_the_seal(
    home: Path, args: tuple[str, ...], setting: str
) -> None:
    code = "print(list(pipes()), children(), cli.network_policy.sandbox.layers().seccomp)"
    assert taken_over(code, *args, SELFSEARCH_NOTIFY=setting) == "[] [] True\n"


@on_linux
def test_it_ends_with_the_process_that_it_serves(home: Path, service: Service) -> None:
    (courier,) = taken_over("print(*children())", *RESCAN, SELFSEARCH_NOTIFY=service[0]).split()
    for _ in range(3000):
        state = Path(f"/proc/{courier}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("it still waits")


@on_linux
def test_when_it_was_killed_nobody_far_away_is_told_and_that_is_said(home: Path, service: Service) -> None:
    code = """
import logging
from selfsearch.monitoring.message import Kind, Message
logging.basicConfig(stream=sys.stdout, format="%(message)s")
os.kill(int(children()[0]), 9)
cli.rescan._notify(Message(Kind.FAILED))
"""
    told_file = home.parent / "told"
    said = taken_over(code, *RESCAN, SELFSEARCH_NOTIFY=f"{service[0]} file:{told_file}")
    assert said == "not told by json://... (over the network)\n"
    assert told(service) == []
    assert FAILED.text in told_file.read_text()


# ---- what it takes ----


@on_linux
def test_what_is_written_into_its_pipe_goes_nowhere(home: Path, service: Service) -> None:
    """An order as versions before took it, to this address and with words of its own. It ends the courier."""
    order = {"notify": service[0], "message": "a template, in hexadecimal", "failed": False}
    code = f"""
for pipe in pipes():
    os.write(pipe, {json.dumps(json.dumps(order))!r}.encode() + b"\\n")
wait_for_children()
print(children())
"""
    assert taken_over(code, *RESCAN, SELFSEARCH_NOTIFY=service[0]) == "[]\n"
    assert told(service) == []


@on_linux
def test_a_flood_of_good_records_comes_to_three_sentences(home: Path, service: Service) -> None:
    record, enough = Message(Kind.CHANGED, new=9, gone=7).record, home.parent / "enough"
    code = f"""
for pipe in pipes():
    print(os.write(pipe, {record!r} * 1000))
while not Path({str(enough)!r}).exists():
    time.sleep(0.02)
time.sleep(0.5)
"""

    def wait() -> None:
        end = time.monotonic() + 60
        while len(told(service)) < AT_ONCE and time.monotonic() < end:
            time.sleep(0.02)
        enough.touch()

    waiting = Thread(target=wait)
    waiting.start()
    assert taken_over(code, *RESCAN, SELFSEARCH_NOTIFY=service[0]) == "7000\n"
    waiting.join()
    assert told(service) == ["appearances: 9 new, 7 gone; run: selfsearch report"] * AT_ONCE


@on_linux
def test_settings_that_are_changed_behind_the_seal_change_no_address(home: Path, service: Service) -> None:
    with open_library(home, key_folder=home.parent / "keys", create=True):
        (home / "config.toml").write_text('notify = "json://127.0.0.1:9/before"')
    code = f"""
(Path({str(home)!r}) / "config.toml").write_text('notify = "{service[0]}"')
os.environ["SELFSEARCH_NOTIFY"] = "{service[0]}"
cli.rescan._run = lambda *_: open("/nowhere/at/all")
try:
    scheduled(None, None)
except OSError:
    print("failed, and told so")
"""
    assert taken_over(code, *RESCAN) == "failed, and told so\n"
    assert told(service) == []


@on_linux
def test_it_is_a_program_of_its_own_that_shares_no_memory_and_lets_nobody_look(
    home: Path, service: Service
) -> None:
    code = """
(courier,) = children()
print(Path(f"/proc/{courier}/cmdline").read_bytes().split(b"\\0")[1:-1])
for way in ("mem", "environ", "fd/0"):
    try:
        open(f"/proc/{courier}/{way}", "rb").read(1)
    except PermissionError as exc:
        print("refused")
"""
    said = taken_over(code, *RESCAN, SELFSEARCH_NOTIFY=service[0], SELFSEARCH_PASSPHRASE="open sesame")  # noqa: S106
    command, *looks = said.splitlines()
    assert command == "[b'-m', b'selfsearch', b'courier']"
    if os.geteuid() != 0:  # an administrator may be allowed to
        assert looks == ["refused"] * 3


# ---- its rules, by themselves ----


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a courier sends, instead of sending it."""
    texts: list[str] = []

    def deliver(channels: object, message: Message) -> bool:
        texts.append(message.text)
        return True

    monkeypatch.setattr(courier_module, "deliver", deliver)
    return texts


def test_of_random_records_only_those_within_bounds_are_carried(sent: list[str]) -> None:
    chance = random.Random(11)  # noqa: S311
    carried = 0
    for attempt in range(100_000):
        reach = 256 if attempt % 2 else MOST + 3  # anything, and what is nearly right
        record = bytes(chance.randrange(reach) for _ in range(chance.choice((RECORD_BYTES,) * 9 + (6, 8))))
        courier = Courier([Channel("network", "json://x")], clock=lambda: 0.0)
        answer = courier.carry(record)
        good = len(record) == RECORD_BYTES and max(record[1:]) <= MOST
        good = good and any(record[1:]) == (record[0] == 1) and record[0] in (1, 2, 3)
        assert answer == (SENT if good else b"")
        carried += good
    assert len(sent) == carried > 100
    assert all(re.fullmatch(r"[a-z0-9 ,:;\-\n]+", text) for text in sent)


def test_after_three_messages_there_is_one_an_hour(sent: list[str]) -> None:
    now = [0.0]
    courier = Courier([Channel("mail", "ada")], clock=lambda: now[0])
    answers = []
    for _ in range(24 * 60):
        answers.append(courier.carry(FAILED.record))
        now[0] += INTERVAL / 60
    assert answers[:4] == [SENT, SENT, SENT, LATER]
    assert len(sent) == AT_ONCE + 23
    now[0] += 100 * INTERVAL
    assert [courier.carry(FAILED.record) for _ in range(4)] == [SENT, SENT, SENT, LATER]


def test_a_watch_tells_again_what_had_to_wait(
    run: Run, home: Path, album: Path, selfie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", album, "--consent", "own")
    run("people", "add", "me", selfie, "--consent", "own")
    run("rescan")
    (album / "new.jpg").write_bytes(photos.photo("astronaut", 4))
    records: list[bytes] = []
    answers = [LATER, LATER, SENT, SENT]
    monkeypatch.setenv("SELFSEARCH_NOTIFY", "mail:ada")
    monkeypatch.setattr(watch, "courier", lambda: lambda record: records.append(record) or answers.pop(0))
    look = watch._Rescans(None)
    for _ in range(4):
        look(album)
    assert records == [Message(Kind.CHANGED, new=1).record] * 3
