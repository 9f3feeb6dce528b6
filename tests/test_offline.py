"""Nothing leaves this machine. Each layer is tried in a process of its own, for none can be taken off."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from selfsearch import demo, sandbox
from selfsearch.cli import network_policy
from selfsearch.cli.network_policy import Need
from selfsearch.sandbox import kernel, proof, sandbox_runner
from tests import photos
from tests.conftest import Run
from tests.hijack import taken_over
from tests.test_layers import HEAVY
from tests.test_opener import Browser

CHECKOUT = Path(__file__).parent.parent
LINUX = sys.platform == "linux"
on_linux = pytest.mark.skipif(not LINUX, reason="the kernel's layers are Linux's")
AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK = 2, 10, 16, 17, 40

SPY = """
import asyncio, http.client, socket, urllib.request

def reach():
    socket.create_connection(("192.0.2.1", 80), timeout=1)

def send():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 9))

def listen():
    socket.socket().bind(("127.0.0.1", 0))

def resolve():
    socket.getaddrinfo("example.org", 443)

def resolve_the_old_way():
    socket.gethostbyname("example.org")

def ask_for_a_name():
    socket.gethostbyaddr("192.0.2.1")

def ask_for_a_service():
    socket.getnameinfo(("192.0.2.1", 80), 0)

def fetch():
    urllib.request.urlopen("http://192.0.2.1/", timeout=1)

def fetch_at_a_low_level():
    http.client.HTTPConnection("example.org").request("GET", "/")

def stream():
    asyncio.run(asyncio.open_connection("example.org", 80))

def hide():
    try:
        reach()
    except Exception:
        pass
"""
REFUSED = ", and was refused: nothing may leave this machine, and nothing was sent"


@pytest.fixture
def spy(tmp_path: Path) -> Path:
    """A folder with a module that tries what a library could try."""
    (tmp_path / "spy.py").write_text(SPY)
    return tmp_path


def python(code: str, *folders: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own that finds the checkout and `folders`."""
    path = os.pathsep.join(str(folder) for folder in (CHECKOUT, *folders))
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def printed(code: str, *folders: Path, **environment: str) -> str:
    """What code prints, when it ends well and says nothing on stderr."""
    process = python(code, *folders, **environment)
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout


# ---- the audit hook ----

ATTEMPTS = {
    "reach": "look up 192.0.2.1",
    "send": "open a network socket",
    "listen": "open a network socket",
    "resolve": "look up example.org",
    "resolve_the_old_way": "look up example.org",
    "ask_for_a_name": "look up 192.0.2.1",
    "ask_for_a_service": "look up 192.0.2.1 port 80",
    "fetch": "look up 192.0.2.1",
    "fetch_at_a_low_level": "look up example.org",
    "stream": "look up example.org",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_attempt_from_python_is_refused_and_named(attempt: str, spy: Path) -> None:
    code = f"""
from selfsearch import errors, sandbox
sandbox.enforce(through_kernel=False)
import spy
try:
    spy.{attempt}()
except errors.NetworkRefused as refusal:
    print(refusal)
"""
    who = "a thread of the standard library's" if attempt == "stream" else "spy"
    assert printed(code, spy) == f"{who} tried to {ATTEMPTS[attempt]}{REFUSED}\n"


def test_a_socket_that_was_open_before_reaches_nothing(spy: Path) -> None:
    code = """
import socket
from selfsearch import errors, sandbox
early = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sandbox.enforce(through_kernel=False)
to = ("192.0.2.1", 9)
for attempt in (
    lambda: early.connect(to),
    lambda: early.sendto(b"x", to),
    lambda: early.sendmsg([b"x"], [], 0, to),
    lambda: early.bind(to),
):
    try:
        attempt()
    except errors.NetworkRefused as refusal:
        print(refusal)
"""
    assert printed(code) == f"__main__ tried to reach 192.0.2.1 port 9{REFUSED}\n" * 4


def test_a_refusal_ends_the_command_with_a_sentence(spy: Path) -> None:
    code = """
import sys, spy, selfsearch.cli as cli
sys.argv = ["selfsearch", "status"]
cli.options.opened = lambda: spy.resolve()
cli.run()
"""
    process = python(code, spy)
    assert (process.returncode, process.stderr) == (
        1,
        f"selfsearch: spy tried to look up example.org{REFUSED}\n",
    )


def test_a_refusal_that_a_library_keeps_to_itself_is_told_all_the_same(spy: Path) -> None:
    code = """
import sys, spy, selfsearch.cli as cli
sys.argv = ["selfsearch", "status"]
cli.options.opened = lambda: spy.hide() or sys.exit(0)
cli.run()
"""
    process = python(code, spy)
    assert (process.returncode, process.stderr) == (
        0,
        f"selfsearch: spy tried to look up 192.0.2.1{REFUSED}\n",
    )


def test_local_sockets_are_left_alone(tmp_path: Path) -> None:
    """The operating system's keyring is reached through one."""
    code = f"""
import socket
from selfsearch import sandbox
sandbox.enforce()
server = socket.socket(socket.AF_UNIX)
server.bind({str(tmp_path / "bus")!r})
server.listen()
client = socket.socket(socket.AF_UNIX)
client.connect({str(tmp_path / "bus")!r})
client.sendall(b"secret")
a, b = socket.socketpair()
print(server.accept()[0].recv(10), a.send(b"x"))
"""
    assert printed(code) == "b'secret' 1\n"


@pytest.mark.skipif(not shutil.which("dbus-run-session"), reason="there is no D-Bus here to try")
def test_the_session_bus_answers_behind_all_layers(tmp_path: Path) -> None:
    code = """
import os, socket
from selfsearch import sandbox
sandbox.enforce()
address = os.environ["DBUS_SESSION_BUS_ADDRESS"].partition(":")[2]
place = dict(part.split("=", 1) for part in address.split(","))
bus = socket.socket(socket.AF_UNIX)
bus.connect(place["path"] if "path" in place else "\\0" + place["abstract"])
bus.sendall(b"\\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\\r\\n")
print(bus.recv(100)[:3])
"""
    process = subprocess.run(
        ["dbus-run-session", "--", sys.executable, "-c", code],  # noqa: S607
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout == "b'OK '\n"


# ---- the kernel's layers ----

FROM_C = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)

def call(function, *words):
    ctypes.set_errno(0)
    answer = function(*words)
    return "done" if answer >= 0 else os.strerror(ctypes.get_errno())
"""


@on_linux
def test_c_code_gets_no_socket_but_a_local_one() -> None:
    code = f"""{FROM_C}
from selfsearch import sandbox
sandbox.enforce()
families = {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK}
print({{call(libc.socket, family, kind, 0) for family in families for kind in (1, 2, 3)}})
print(call(libc.socket, {AF_INET} | 1 << 31 << 1, 1, 0), call(libc.socket, 1, 1, 0))
print(call(libc.syscall, {kernel.TABLES["x86_64"][0].io_uring_setup}, 4, b"\\0" * 120))
"""
    assert printed(code) == ("{'Permission denied'}\nPermission denied done\nOperation not permitted\n")


@on_linux
def test_a_thread_that_ran_before_is_bound_too() -> None:
    code = f"""{FROM_C}
import threading
from selfsearch import sandbox
started, shut = threading.Event(), threading.Event()

def early():
    started.set()
    shut.wait()
    print(call(libc.socket, {AF_INET}, 1, 0))

thread = threading.Thread(target=early)
thread.start()
started.wait()
sandbox.enforce()
shut.set()
thread.join()
"""
    assert printed(code) == "Permission denied\n"


@on_linux
def test_children_inherit_it() -> None:
    code = f"""{FROM_C}
import subprocess, sys
from selfsearch import sandbox
sandbox.enforce()
child = "import socket; socket.socket()"
done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True)
print(done.stderr.splitlines()[-1])
"""
    assert printed(code) == "PermissionError: [Errno 13] Permission denied\n"


@on_linux
def test_a_tcp_socket_of_before_connects_nowhere_from_c_either() -> None:
    """Landlock's part: seccomp cannot look into the address of a connect."""
    code = f"""{FROM_C}
import socket, struct
from selfsearch import sandbox
early = socket.socket()
port = struct.pack("<H2s4s8x", {AF_INET}, b"\\0\\1", bytes([127, 0, 0, 1]))  # nobody listens there
print(call(libc.connect, early.fileno(), port, len(port)))
if sandbox.enforce().landlock:
    for name in (libc.connect, libc.bind):
        print(call(name, early.fileno(), port, len(port)))
"""
    out = printed(code).splitlines()
    if len(out) < 2:
        pytest.skip("this kernel has no Landlock for the network")
    assert out == ["Connection refused", "Permission denied", "Permission denied"]


MACHINE_CODE = (  # x86-64: push rbx; eax, ebx, ecx, edx = call, edi, esi, 0; int 0x80; pop rbx; ret
    "53b8{number}89fb89f131d2cd805bc3"
)


@pytest.mark.skipif(not LINUX or os.uname().machine != "x86_64", reason="made for x86-64")
@pytest.mark.parametrize("name", ["socket", "socketpair", "socketcall"])
def test_the_calls_of_32_bit_programs_are_refused_too(name: str) -> None:
    """Any program may make them, by another instruction and with other numbers."""
    number = struct.pack("<I", getattr(kernel.TABLES["x86_64"][1], name)).hex()
    code = f"""
import ctypes, mmap, errno
from selfsearch import sandbox
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex({MACHINE_CODE.format(number=number)!r}))
place = ctypes.addressof(ctypes.c_char.from_buffer(page))
call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(place)
before = call({AF_INET}, 1)
sandbox.enforce()
print(-before == errno.ENOSYS, -call({AF_INET}, 1) == errno.EACCES)
"""
    out = printed(code)
    if out.startswith("True"):
        pytest.skip("this kernel runs no 32-bit programs")
    assert out == "False True\n"


def answer(tables: tuple[kernel.SystemCalls, ...], architecture: int, number: int, argument: int) -> int:
    """What the kernel would answer, by its machine as far as our filter uses it. 0 allows, else the error."""
    data = struct.pack("<IIQQ", number, architecture, 0, argument)
    code = [
        struct.unpack_from("<HBBI", step) for step in re.findall(b"(?s).{8}", kernel.seccomp_filter(tables))
    ]
    at, value = 0, 0
    while True:
        kind, yes, no, constant = code[at]
        at += 1
        if kind == kernel.LOAD:
            (value,) = struct.unpack_from("<I", data, constant)
        elif kind == kernel.AND:
            value &= constant
        elif kind == kernel.JUMP_IF_EQUAL:
            at += yes if value == constant else no
        else:
            return 0 if constant == kernel.ALLOW else constant - kernel.REFUSE


@pytest.mark.parametrize("machine", kernel.TABLES)
def test_the_filter_decides_alike_for_every_architecture(machine: str) -> None:
    tables = kernel.TABLES[machine]
    for calls in tables:
        for number in (calls.socket, calls.socketpair):
            got = [answer(tables, calls.architecture, number, family) for family in (1, 0, 2, 10, 16, 40)]
            assert got == [0, 13, 13, 13, 13, 13]
            assert answer(tables, calls.architecture, number | kernel.X32_BIT, AF_INET) == 13
        assert answer(tables, calls.architecture, calls.io_uring_setup, 1) == 1
        if calls.socketcall:
            assert answer(tables, calls.architecture, calls.socketcall, 1) == 13
        others = [answer(tables, calls.architecture, number, 2) for number in (0, 1, 60, 231, 444)]
        assert others == [0, 0, 0, 0, 0]
    assert answer(tables, 0x1234, 0, 1) == 1


# ---- when it is on, and when not ----


def test_it_can_be_asked_for_again_and_again() -> None:
    code = """
from selfsearch import sandbox
print(sandbox.layers() == sandbox.Layers())
first = sandbox.enforce()
print(first == sandbox.enforce() == sandbox.layers(), first.telemetry_off, first.hook)
"""
    assert printed(code) == "True\nTrue True True\n"


def test_a_program_that_imports_selfsearch_keeps_its_network() -> None:
    code = """
import os
os.environ.pop("ORT_DISABLE_TELEMETRY", None)
import socket, selfsearch
from selfsearch import sandbox
socket.socket().close()
print(sandbox.layers() == sandbox.Layers())
"""
    assert printed(code) == "True\n"


def test_main_alone_binds_nothing_for_tests_run_it_in_their_own_process(run: Run) -> None:
    run("status", code=5)
    assert sandbox.layers() == sandbox.Layers()


DISPATCHED = """
import atexit, os, sys, threading, selfsearch.cli as cli
from selfsearch import sandbox

def bodies(app):
    for group in app.registered_groups:
        yield from bodies(group.typer_instance)
    for info in (*app.registered_commands, app.registered_callback):
        if info:
            yield info.callback.__code__

def state():
    layers = sandbox.layers()
    loaded = {heavy!r} & sys.modules.keys()
    return f"{{layers.hook}} {{layers.seccomp}} {{loaded or ''}} {{threading.active_count()}}"

def stop_at_a_body(frame, event, argument):
    context = frame.f_locals.get("context")
    if event == "call" and frame.f_code in codes and not getattr(context, "invoked_subcommand", None):
        print(frame.f_code.co_filename.rpartition("/")[2], frame.f_code.co_name, state(), flush=True)
        os._exit(0)

codes = set(bodies(cli.app)) - {{cli.show_version.__code__}}
atexit.register(lambda: print("no command", state()))
sys.argv = ["selfsearch", *{args!r}]
sys.setprofile(stop_at_a_body)
cli.run()
"""
FILE = str(CHECKOUT / "README.md")  # what a command is given that wants a file


def dispatched(*args: str) -> subprocess.CompletedProcess[str]:
    """Run a command up to its body: which it is, the hook, seccomp, heavy libraries and threads then."""
    return python(DISPATCHED.format(args=args, heavy=HEAVY))


@pytest.mark.parametrize(
    ("args", "body", "seccomp"),
    [
        (["index", FILE], "index.py index", LINUX),
        (["query", FILE], "query.py query", LINUX),
        (["query", FILE, "--open"], "query.py query", LINUX),
        (["demo", "--open"], "demo.py demo", LINUX),
        (["rescan", "--scheduled"], "rescan.py rescan", LINUX),
        (["watch"], "watch.py watch", LINUX),
        (["models"], "models.py list_models", LINUX),
        (["models", "use", "buffalo_l"], "models.py use", LINUX),
        (["models", "add", str(CHECKOUT)], "models.py add", LINUX),
        (["models", "add", str(CHECKOUT), "--name", "buffalo_l"], "models.py add", LINUX),
        (["models", "add", "--name=buffalo_l", "--", str(CHECKOUT)], "models.py add", LINUX),
        (["schedule", "install"], "schedule.py install", False),
        (["schedule", "status"], "schedule.py status", False),
    ],
)
def test_every_command_runs_behind_the_layers(args: list[str], body: str, seccomp: bool) -> None:
    """They are set before anything heavy is loaded and before there is a second thread."""
    process = dispatched(*args)
    assert (process.stdout, process.stderr) == (f"{body} True {seccomp}  1\n", "")


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--help"],
        ["--version"],
        ["nonsense"],
        ["models", "add"],
        ["models", "add", "--help"],
        ["models", "add", "buffalo_l", "--help"],
        ["models", "add", "buffalo_l", "and", "more"],
        ["models", "add", "--acc", "buffalo_l"],
        ["models", "ad", "buffalo_l"],
        ["index", "models", "add", "buffalo_l"],
        ["courier", "--help"],
        ["opener", "--help"],
        ["opener"],
        ["schedule"],
        ["schedule", "install", "--nonsense"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_reaches_no_command_ends_behind_the_layers(args: list[str]) -> None:
    process = dispatched(*args)
    assert process.stdout.splitlines()[-1] == f"no command True {LINUX}  1"
    assert "the network is open" not in process.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["models", "add", "buffalo_l"],
        ["models", "add", "--accept-license", "buffalo_l"],
        ["models", "add", "buffalo_l", "--accept-license"],
        ["models", "add", "--name", "mine", "buffalo_l"],
        ["models", "add", "--name=mine", "--", "buffalo_l"],
    ],
    ids=" ".join,
)
def test_only_fetching_a_named_model_pack_is_let_out_and_that_is_said(args: list[str]) -> None:
    process = dispatched(*args)
    assert (process.stdout, process.stderr) == (
        "models.py add False False  1\n",
        "selfsearch: the network is open for this command: models add buffalo_l fetches a model pack that is"
        " not on this machine; no photograph and no face is read\n",
    )


@pytest.mark.parametrize(
    ("args", "body"), [(["courier"], "courier.py courier"), (["opener", "x"], "opener.py opener")]
)
def test_what_we_start_for_a_sealed_command_is_let_out_in_silence(args: list[str], body: str) -> None:
    process = dispatched(*args)
    assert (process.stdout, process.stderr) == (f"{body} False False  1\n", "")


def test_the_commands_that_need_more_than_nothing_are_these() -> None:
    declared = {
        f"{command.__module__.rpartition('.')[2]}.{command.__name__}": declaration.need
        for command, declaration in network_policy.DECLARED.items()
    }
    assert declared == {
        "models.add": Need.NETWORK,
        "courier.courier": Need.HELPER,
        "opener.opener": Need.HELPER,
        "query.query": Need.BROWSER,
        "demo.demo": Need.BROWSER,
        "rescan.rescan": Need.NOTIFICATIONS,
        "watch.watch": Need.NOTIFICATIONS,
        **{f"schedule.{name}": Need.TIMER_TOOLS for name in ("install", "show", "status", "remove")},
    }


def test_no_command_and_no_group_is_forgotten() -> None:
    code = """
import typer
from selfsearch.cli import app, network_policy

class Applied(Exception):
    pass

def apply(command, arguments, umask):
    raise Applied

def visit(name, command):
    inner = getattr(command, "commands", {})
    for each in inner:
        visit(f"{name} {each}", inner[each])
    if command.callback is None or name == "selfsearch":
        return
    try:
        command.callback.__wrapped__()
    except Applied:
        return
    print(name)

network_policy.apply = apply
network_policy.guard(app)
visit("selfsearch", typer.main.get_command(app))
"""
    assert printed(code) == ""


@pytest.mark.skipif(os.name != "posix", reason="the browser is a script")
def test_a_browser_that_we_start_has_its_network_and_no_secret(home: Path, tmp_path: Path) -> None:
    browser = Browser(tmp_path)
    code = f"""{FROM_C}
from selfsearch.report.html import differences_to_html
print(cli.network_policy.show_in_browser(differences_to_html([])), call(libc.socket, {AF_INET}, 1, 0))
"""
    variables = browser.variables | {"SELFSEARCH_PASSPHRASE": "open sesame"}
    out = taken_over(code, "query", FILE, "--open", umask=0o027, **variables)
    assert out == f"True {'Permission denied' if LINUX else 'done'}\n"
    _, content, secret, umask, opener = browser.saw
    assert (content[:15], secret, umask) == ("<!doctype html>", False, 0o027)
    os.kill(opener, signal.SIGTERM)


# ---- the whole way, watched from outside ----


@dataclass
class Observed:
    """What the commands did, seen from outside."""

    calls: str  # strace's lines
    temporary: list[str]  # what was made in TMPDIR, even for a moment
    home: list[str]  # files in HOME
    answer: str


class Watch(FileSystemEventHandler):
    def __init__(self) -> None:
        self.made: list[str] = []

    def on_created(self, event: FileSystemEvent) -> None:
        self.made.append(str(event.src_path))


def environment(folder: Path) -> dict[str, str]:
    """A home of its own, with nothing in it, and nothing that tells a library of a build machine."""
    variables = {name: value for name, value in os.environ.items() if name not in proof.BUILD_MACHINES}
    variables = {
        name: value
        for name, value in variables.items()
        if not name.startswith(("SELFSEARCH_", "XDG_", "ORT_"))
    }
    for name in ("home", "tmp", "cwd"):
        (folder / name).mkdir()
    ours = {"HOME": "home", "TMPDIR": "tmp", "SELFSEARCH_HOME": "library", "SELFSEARCH_KEYS": "keys"}
    own = {name: str(folder / place) for name, place in ours.items()}
    return variables | own | {"SELFSEARCH_KEYRING": "off", "PYTHONPATH": str(CHECKOUT)}


def commands(folder: Path) -> tuple[list[str], ...]:
    """Index, query with a page, rescan and report."""
    album, selfie = folder / "album", folder / "selfie.jpg"
    album.mkdir()
    (album / "astronaut.jpg").write_bytes(photos.photo("astronaut", 1))
    (album / "c.jpg").write_bytes(photos.photo("c", 1))
    selfie.write_bytes(photos.photo("astronaut", 5))
    query = ["query", str(selfie), "--self", "--csv", "--html", str(folder / "page.html")]
    return ["index", str(album), "--consent", "own"], query, ["rescan"], ["report"]


def watched(folder: Path, before: list[str]) -> tuple[Observed, list[str]]:
    """Run the commands, each behind the words of `before`, and see what they leave."""
    env = environment(folder)
    watch, observer = Watch(), Observer()
    observer.schedule(watch, str(folder / "tmp"), recursive=True)
    observer.start()
    answers = ""
    try:
        for args in commands(folder):
            program = [*before, sys.executable, "-m", "selfsearch", *args]
            process = subprocess.run(
                program, env=env, cwd=folder / "cwd", capture_output=True, text=True, check=False
            )
            assert process.returncode == 0, process.stderr
            answers += process.stdout
    finally:
        time.sleep(0.1)
        observer.stop()
        observer.join()
    home = [str(path.relative_to(folder)) for path in (folder / "home").rglob("*")]
    return Observed("", watch.made, home, answers), os.listdir(folder / "cwd")


def offers(*command: str) -> bool:
    return (
        bool(shutil.which(command[0]))
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """The commands under strace, once for all tests that look at it."""
    folder = tmp_path_factory.mktemp("traced")
    trace = folder / "calls"
    if not offers("strace", "-f", "-o", "/dev/null", "true"):
        pytest.skip("strace is not installed, or may not trace here")
    observed, _ = watched(
        folder, ["strace", "-f", "-e", "trace=network,io_uring_setup", "-A", "-o", str(trace)]
    )
    observed.calls = trace.read_text()
    return observed


def test_the_commands_do_not_even_try_to_connect(traced: Observed) -> None:
    asked = re.findall(r"^\d+ +(\w+\([^,)]*)", traced.calls, re.MULTILINE)
    assert {call for call in asked if call not in ("socket(AF_UNIX", "socketpair(AF_UNIX")} == set()
    assert "astronaut.jpg" in traced.answer


def test_the_commands_make_no_temporary_file(traced: Observed) -> None:
    assert traced.temporary == []


def test_the_commands_leave_nothing_in_the_home(traced: Observed) -> None:
    assert traced.home == []


def test_the_commands_work_where_there_is_no_network_at_all(tmp_path: Path) -> None:
    if not offers("unshare", "-rn", "true"):
        pytest.skip("an ordinary user may make no network namespace here")
    observed, left = watched(tmp_path, ["unshare", "-rn"])
    assert "astronaut.jpg" in observed.answer
    assert (observed.temporary, observed.home, left) == ([], [], [])


INFERENCE = """
import time
{before}
from selfsearch.packs.store import find_pack
from selfsearch.recognition.model_engine import ModelEngine
from pathlib import Path
import numpy as np
engine = ModelEngine(find_pack("opencv-zoo", Path("none")))
chips = np.random.default_rng(1).integers(0, 255, (8, 112, 112, 3), np.uint8)
end, rounds = time.monotonic() + 75, 0
while time.monotonic() < end:
    engine.embed(chips)
    rounds += 1
print(rounds > 10)
"""


@pytest.mark.slow
@pytest.mark.parametrize("before", ["", "from selfsearch import sandbox; sandbox.enforce()"])
def test_over_a_minute_of_inference_reports_to_nobody(before: str, tmp_path: Path) -> None:
    """onnxruntime begins to report after a while. The variable alone must stop it, and so must all layers."""
    trace = tmp_path / "calls"
    tracing = ["strace", "-f", "-e", "trace=network", "-o", str(trace)]
    if not offers("strace", "-f", "-o", "/dev/null", "true"):
        pytest.skip("strace is not installed, or may not trace here")
    process = subprocess.run(
        [*tracing, sys.executable, "-c", INFERENCE.format(before=before)],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout == "True\n"
    assert list((tmp_path / "home").rglob("*")) == []
    asked = re.findall(r"^\d+ +(\w+\([^,)]*)", trace.read_text(), re.MULTILINE)
    probe = set() if before else {"socket(AF_INET6", "bind(3", "bind(4", "bind(5"}  # urllib3's, on loopback
    assert set(asked) <= probe


# ---- the proof that anybody can run ----


@pytest.mark.skipif(
    not sandbox_runner.available_sandboxes(), reason="this system offers ordinary users nothing of the kind"
)
def test_the_proof_holds(run: Run) -> None:
    result = run("doctor", "--offline-proof", "--json").json
    means = result.pop("means")
    assert means in sandbox_runner.DESCRIPTIONS.values()
    assert result == {
        "schema": "selfsearch.offline-proof/1",
        "proven": True,
        "photographs": 11,
        "expected": 8,
        "found": 8,
        "problem": "",
    }
    assert str(proof.Proof(means, 11, 8, 8)) == (
        f"proven: in {means}, 11 sample photographs were indexed and a selfie was asked with;"
        " 8 of the 8 that show the person were found"
    )


@pytest.mark.parametrize("name", sandbox_runner.available_sandboxes())
def test_a_sandbox_is_closed(name: str) -> None:
    process = subprocess.run(
        sandbox_runner.command(name, ["--version"]), capture_output=True, text=True, check=False
    )
    if process.returncode == sandbox_runner.UNAVAILABLE:
        pytest.skip("not allowed here")
    assert re.fullmatch(r"selfsearch [\d.]+\n", process.stdout), process.stderr


def test_a_sandbox_with_a_way_out_proves_nothing() -> None:
    """What is called a sandbox here is none: nobody closed anything."""
    if subprocess.run([sys.executable, "-c", ROUTE], check=False, capture_output=True).returncode:
        pytest.skip("this machine has no way out anyhow")
    command = sandbox_runner.command(sandbox_runner.SANDBOX_EXEC, [])
    inside = command[command.index(sys.executable) :]
    assert subprocess.run(inside, capture_output=True, check=False).returncode == sandbox_runner.LEAKING


ROUTE = f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect({sandbox_runner.OUTSIDE!r})"


def test_where_nothing_can_be_proven_that_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "available_sandboxes", lambda: ())
    output = run("doctor", "--offline-proof", code=1)
    assert output.out == "not proven: this system lets no ordinary user forbid a program the network\n"


def test_a_run_that_fails_in_the_sandbox_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sandbox_runner.available_sandboxes():
        pytest.skip("this system offers ordinary users nothing of the kind")
    monkeypatch.setattr(demo, "write", _no_picture)
    result = proof.prove()
    assert not result.holds
    assert result.problem.startswith("index ended with 4: selfsearch: no picture was found")


def _no_picture(folder: Path) -> tuple[Path, list[str]]:
    (folder / "album").mkdir()
    (folder / "album/notes.txt").write_text("notes")
    return folder / "selfie.jpg", ["notes.txt"]


def test_this_very_process_was_left_alone() -> None:
    """Had a test above bound the process of the tests, others would pass for the wrong reason."""
    assert sandbox.layers() == sandbox.Layers()
    if LINUX:
        assert ctypes.CDLL(None).prctl(21, 0, 0, 0, 0) == 0  # PR_GET_SECCOMP
