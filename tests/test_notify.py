"""Being told: only by the ways that are set, only numbers, and nothing secret where others can see it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from selfsearch import settings
from selfsearch.errors import SelfsearchError, UsageError
from selfsearch.monitoring import delivery, notify
from selfsearch.monitoring.message import Kind, Message
from selfsearch.monitoring.notify import Channel
from selfsearch.settings import Settings
from tests.conftest import Service
from tests.hijack import CHECKOUT, taken_over

THREE_NEW = Message(Kind.CHANGED, new=3)
FAILED = Message(Kind.FAILED)
MESSAGE = THREE_NEW.text


# ---- the message ----


def test_a_message_is_numbers_in_a_sentence() -> None:
    message = Message.changed(new=3, gone=1, exposure=25, ending=1, ended=2, erased=11)
    assert message is not None
    assert message.text.splitlines() == [
        "appearances: 3 new, 1 gone, 10 or more with another audience; run: selfsearch report",
        "1 consent within 30 days of its end; run: selfsearch consent list",
        "2 consents ended, what rests on it will be erased; run: selfsearch consent list",
        "erased, since consent had ended: 10 or more sources and people",
    ]
    assert Message.changed(new=0, gone=0) is None


def test_a_record_is_read_back_and_nothing_else_is() -> None:
    messages = [THREE_NEW, Message(Kind.CHANGED, 10, 9, 8, 7, 6, 5), FAILED, Message(Kind.INTERRUPTED)]
    assert [Message.from_record(message.record) for message in messages] == messages
    good = THREE_NEW.record
    bad = [b"", good[:-1], good + b"\0", b"\0" * 7, b"\1" + b"\0" * 6, b"\1" + b"\x0b" * 6, b"\2" + b"\1" * 6]
    for record in [*bad, b"\4" + good[1:], good.decode().encode("utf-16")]:
        with pytest.raises(ValueError, match=r"no message|is not a valid Kind"):
            Message.from_record(record)


# ---- the setting ----


def test_the_ways_are_read_one_after_the_other() -> None:
    setting = "desktop file:/home/ada/My%20notes mail:ada@example.org ntfy://secret-topic desktop"
    assert notify.parse(setting) == [
        Channel("desktop"),
        Channel("file", "/home/ada/My notes"),
        Channel("mail", "ada@example.org"),
        Channel("network", "ntfy://secret-topic", "ntfy"),
    ]


@pytest.mark.parametrize(
    "word",
    ["desk", "file:notes.txt", "file:", "file:/a%0Ab", "mail:", "mail:-oQ/tmp@x", "mail:a@-x", "mail:a,b@x",
     "ntfy:topic", "ntfy://", "mail:a@b@c", "://x"],
)  # fmt: skip
def test_what_is_no_way_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        notify.parse(word)


def test_a_url_is_never_shown_but_for_its_scheme() -> None:
    (channel,) = notify.parse("tgram://s3cret-token/chat")
    settings = Settings(notify="tgram://s3cret-token/chat")
    assert channel.shown == "tgram://... (over the network)"
    assert "s3cret" not in f"{channel!r} {settings!r}"


def test_a_refused_word_is_not_quoted() -> None:
    with pytest.raises(UsageError) as caught:
        notify.parse("tgram:/s3cret-token/chat")
    assert "s3cret" not in str(caught.value)


def test_the_setting_is_kept_private_and_read_back(tmp_path: Path) -> None:
    settings.write(tmp_path, notify="desktop json://s3cret@example.org")
    assert settings.read(tmp_path, {}).notify == "desktop json://s3cret@example.org"
    assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600


def test_apprise_is_asked_whether_it_knows_the_url() -> None:
    (good, bad) = notify.parse("json://localhost nosuchthing://x")
    notify.check_url(good)
    with pytest.raises(UsageError, match=r"cannot use the nosuchthing:// URL"):
        notify.check_url(bad)


# ---- a file, the desktop, a mail ----


def test_a_file_gets_a_line_for_each_message(tmp_path: Path) -> None:
    settings = Settings(notify=f"file:{tmp_path}/told.txt")
    notify.send(settings, Message(Kind.CHANGED, new=3, ended=1), None)
    notify.send(settings, FAILED, None)
    lines = (tmp_path / "told.txt").read_text().splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        f"selfsearch: {MESSAGE}",
        "selfsearch: 1 consent ended, what rests on it will be erased; run: selfsearch consent list",
        "selfsearch: the scheduled re-scan failed; see: selfsearch schedule status",
    ]
    assert stat.S_IMODE((tmp_path / "told.txt").stat().st_mode) == 0o600


Started = list[tuple[list[str], dict[str, str], bytes]]


def starter(started: Started, code: int = 0) -> Callable[[Sequence[str], Mapping[str, str], bytes], int]:
    def start(command: Sequence[str], environment: Mapping[str, str], given: bytes) -> int:
        started.append((list(command), dict(environment), given))
        return code

    return start


HOSTILE = "$(touch /tmp/x) `id` \"; display dialog 'hi'\n--urgency=low"


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_the_text_of_a_desktop_notification_is_no_program(system: str) -> None:
    started: Started = []
    delivery.show_on_desktop(HOSTILE, failed=True, run=starter(started), system=system)
    ((command, environment, _),) = started
    assert [word for word in [*command, *environment.values()] if HOSTILE in word] == [HOSTILE]
    if system == "linux":
        assert command[:4] == ["notify-send", "--app-name=selfsearch", "--urgency=critical", "--"]
    if system == "darwin":
        assert command[-2:] == ["selfsearch", HOSTILE]


def test_a_mail_goes_to_the_local_mail_program() -> None:
    started: Started = []
    delivery.send_mail("ada@example.org", MESSAGE + "\nmore", run=starter(started))
    ((command, _, given),) = started
    mail = message_from_bytes(given, policy=policy.default)
    assert command == ["sendmail", "-i", "--", "ada@example.org"]
    assert (mail["To"], mail["Subject"]) == ("ada@example.org", f"selfsearch: {MESSAGE}")
    assert mail.get_content() == f"{MESSAGE}\nmore\n"


def test_one_way_that_fails_keeps_none_of_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no notify-send there
    monkeypatch.setattr(delivery, "MAIL_FOLDERS", ())
    channels = notify.parse(f"desktop mail:ada file:{tmp_path}/no/such/folder file:{tmp_path}/told")
    assert not notify.deliver(channels, THREE_NEW)
    assert MESSAGE in (tmp_path / "told").read_text()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "not told by desktop",
        "not told by mail ada",
        "not told by file " + str(tmp_path / "no/such/folder"),
    ]


def test_a_setting_that_cannot_be_used_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert notify.send(Settings(notify="pigeon"), THREE_NEW, None)
    assert "nobody was told" in caplog.text


@pytest.mark.skipif(os.name != "posix", reason="a program as a script")
def test_a_real_mail_program_is_found_and_given_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\ncat > {tmp_path}/mail\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert notify.deliver(notify.parse("mail:ada"), THREE_NEW)
    assert (tmp_path / "words").read_text() == "-i\n--\nada\n"
    assert f"Subject: selfsearch: {MESSAGE}" in (tmp_path / "mail").read_text()


# ---- over the network ----


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise", "ignore::ResourceWarning")


def test_a_url_is_sent_to(service: Service) -> None:
    url, received = service
    assert notify.deliver(notify.parse(url), FAILED)
    assert [(message["title"], message["message"], message["type"]) for message in received] == [
        ("selfsearch", FAILED.text, "failure")
    ]


def test_what_is_not_taken_is_told_without_the_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    assert not notify.deliver(notify.parse("json://127.0.0.1:9/s3cret"), THREE_NEW)
    assert "not told by json://... (over the network)" in caplog.text
    assert "s3cret" not in caplog.text


def test_the_process_itself_sends_nothing_remote_and_gives_a_courier_a_record(
    tmp_path: Path, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    url, received = service
    given: list[bytes] = []
    settings = Settings(notify=f"{url} mail:ada file:{tmp_path}/told")
    notify.send(settings, THREE_NEW, lambda record: given.append(record) or b"1")
    assert given == [THREE_NEW.record]
    assert MESSAGE in (tmp_path / "told").read_text()
    assert notify.send(settings, THREE_NEW, None)
    assert "not told by json://... (over the network), mail ada" in caplog.text
    assert received == []


def test_what_has_to_wait_is_told_nobody_yet(tmp_path: Path) -> None:
    settings = Settings(notify=f"json://127.0.0.1:9/x file:{tmp_path}/told")
    assert not notify.send(settings, THREE_NEW, lambda _: b"L")
    assert not (tmp_path / "told").exists()


def test_a_re_scan_that_is_shut_in_still_tells_and_reaches_nothing_itself(
    home: Path, service: Service
) -> None:
    command = [sys.executable, "-m", "selfsearch", "rescan", "--scheduled"]
    variables = {"PYTHONPATH": str(CHECKOUT), "SELFSEARCH_NOTIFY": service[0]}
    process = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=120)
    assert (process.returncode, process.stdout) == (5, "")
    assert process.stderr.startswith("selfsearch: there is no library")
    assert [message["message"] for message in service[1]] == [FAILED.text]
    code = """
import socket
try:
    socket.socket()
except Exception as exc:
    print(type(exc).__name__)
"""
    assert taken_over(code, "rescan", "--scheduled", SELFSEARCH_NOTIFY=service[0]) == "NetworkRefused\n"


def test_sendmail_s_refusal_is_an_error() -> None:
    with pytest.raises(SelfsearchError, match="exit code 75"):
        delivery.send_mail("ada", MESSAGE, run=starter([], code=75))
