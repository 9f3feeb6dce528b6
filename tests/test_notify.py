"""Being told: only by the ways that are set, only numbers, and nothing secret where others can see it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from selfsearch import settings
from selfsearch.errors import SelfsearchError, UsageError
from selfsearch.monitoring import delivery, notify
from selfsearch.monitoring.notify import Channel
from selfsearch.settings import Settings
from tests.conftest import Run

MESSAGE = "appearances: 3 new; run: selfsearch report"
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def no_remote_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "_remote_sender", None)


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
    notify.send(settings, MESSAGE, failed=False)
    notify.send(settings, "the scheduled re-scan failed\nsee: selfsearch schedule status", failed=True)
    lines = (tmp_path / "told.txt").read_text().splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        f"selfsearch: {MESSAGE}",
        "selfsearch: the scheduled re-scan failed",
        "selfsearch: see: selfsearch schedule status",
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
    settings = Settings(notify=f"desktop mail:ada file:{tmp_path}/no/such/folder file:{tmp_path}/told")
    notify.send(settings, MESSAGE, failed=False)
    assert MESSAGE in (tmp_path / "told").read_text()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "not told by desktop",
        "not told by file " + str(tmp_path / "no/such/folder"),
        "not told by mail ada",
    ]


def test_a_setting_that_cannot_be_used_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    notify.send(Settings(notify="pigeon"), MESSAGE, failed=False)
    assert "nobody was told" in caplog.text


@pytest.mark.skipif(os.name != "posix", reason="a program as a script")
def test_a_real_mail_program_is_found_and_given_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\ncat > {tmp_path}/mail\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    notify.send(Settings(notify="mail:ada"), MESSAGE, failed=False)
    assert (tmp_path / "words").read_text() == "-i\n--\nada\n"
    assert f"Subject: selfsearch: {MESSAGE}" in (tmp_path / "mail").read_text()


# ---- over the network ----


class Service(BaseHTTPRequestHandler):
    received: list[dict[str, str]]

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def service() -> Iterator[tuple[str, list[dict[str, str]]]]:
    received: list[dict[str, str]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Here", (Service,), {"received": received}))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/s3cret", received
    server.shutdown()
    thread.join()
    server.server_close()


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise", "ignore::ResourceWarning")


def test_a_url_is_sent_to(service: tuple[str, list[dict[str, str]]]) -> None:
    url, received = service
    notify.send(Settings(notify=url), MESSAGE, failed=True)
    assert [(message["title"], message["message"], message["type"]) for message in received] == [
        ("selfsearch", MESSAGE, "failure")
    ]


def test_what_is_not_taken_is_told_without_the_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    notify.send(Settings(notify="json://127.0.0.1:9/s3cret"), MESSAGE, failed=False)
    assert "not told by json://... (over the network)" in caplog.text
    assert "s3cret" not in caplog.text


def test_with_a_remote_sender_the_process_itself_sends_nothing_remote(tmp_path: Path) -> None:
    given: list[str] = []
    notify.use_remote_sender(lambda text: bool(given.append(text)) or True)
    settings = Settings(notify=f"json://127.0.0.1:9/x mail:ada file:{tmp_path}/told")
    notify.send(settings, MESSAGE, failed=False)
    assert [json.loads(text)["message"] for text in given] == [MESSAGE]
    assert MESSAGE in (tmp_path / "told").read_text()


SEALED = """
import json, socket, sys
from selfsearch.monitoring import notify
from selfsearch.cli import network_policy, rescan
from selfsearch.settings import Settings
network_policy.apply(rescan.rescan, {"scheduled": True})
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=5)
except Exception as exc:
    print(type(exc).__name__)
for _ in range(2):
    notify.send(Settings(notify=sys.argv[1]), "appearances: 3 new", failed=False)
"""


def test_a_re_scan_that_is_shut_in_still_tells_and_reaches_nothing_itself(
    service: tuple[str, list[dict[str, str]]],
) -> None:
    url, received = service
    port = url.split(":")[2].split("/")[0]
    process = subprocess.run(
        [sys.executable, "-c", SEALED, url, port], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert process.stdout == "NetworkRefused\n", process.stderr
    assert [message["message"] for message in received] == ["appearances: 3 new"] * 2
    assert "s3cret" not in process.stderr


def test_the_sender_fails_when_the_message_was_not_sent(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    import io

    text = json.dumps({"notify": "json://127.0.0.1:9/s3cret", "message": MESSAGE, "failed": False})
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert "s3cret" not in run("notify-send", code=1).err


def test_sendmail_s_refusal_is_an_error() -> None:
    with pytest.raises(SelfsearchError, match="exit code 75"):
        delivery.send_mail("ada", MESSAGE, run=starter([], code=75))
