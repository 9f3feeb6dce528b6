"""The layers that hold for C code and for children: seccomp and Landlock, set by the process on itself.

Everything here is a few system calls through ctypes; on another system, or on a kernel without them, nothing
happens and the answer is False. The numbers are those of the kernel's headers: linux/seccomp.h,
linux/filter.h, linux/audit.h, linux/prctl.h, linux/landlock.h and the system call tables.
"""

from __future__ import annotations

import os
import struct
import sys
from functools import cache
from typing import Any, NamedTuple

AF_UNIX = 1
EPERM, EACCES = 1, 13

PR_SET_NO_NEW_PRIVS = 38
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC = 1, 1

LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF = 444, 446  # the same on every architecture
LANDLOCK_CREATE_RULESET_VERSION = 1
LANDLOCK_NETWORK_ABI = 4  # Linux 6.7, the first that can refuse bind and connect of TCP
LANDLOCK_BIND_AND_CONNECT_TCP = 3

LOAD, AND, JUMP_IF_EQUAL, RETURN = 0x20, 0x54, 0x15, 0x06  # BPF_LD|W|ABS, ALU|AND|K, JMP|JEQ|K, RET|K
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; low half first
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
X32_BIT = 0x40000000  # x32 programs use the x86-64 table with this bit set


class SystemCalls(NamedTuple):
    """The numbers by which one architecture makes the calls that are refused. 0: it has no such call."""

    architecture: int  # AUDIT_ARCH_*
    socket: int
    socketpair: int
    socketcall: int  # the old way to all of them, arguments behind a pointer; refused altogether
    io_uring_setup: int = 425  # a ring can make and connect sockets without any of the calls above


# The second of each pair is what the same kernel runs as a 32-bit program.
TABLES = {
    "x86_64": (SystemCalls(0xC000003E, 41, 53, 0), SystemCalls(0x40000003, 359, 360, 102)),
    "aarch64": (SystemCalls(0xC00000B7, 198, 199, 0), SystemCalls(0x40000028, 281, 288, 102)),
}
SECCOMP = {"x86_64": 317, "aarch64": 277}  # the number of seccomp(2) itself


def forbid_sockets() -> bool:
    """Refuse every socket but local ones, in threads and children alike. True when the kernel took it."""
    name = machine()
    return name in TABLES and install_filter(seccomp_filter(TABLES[name]))


def install_filter(code: bytes) -> bool:
    """Have every later call of this process judged by a BPF program. True when the kernel took it."""
    if machine() not in SECCOMP or not _no_new_privileges():
        return False
    import ctypes

    buffer = ctypes.create_string_buffer(code, len(code))
    sock_fprog = struct.pack("<HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    # TSYNC binds the threads that run already, too; where that fails the answer is the number of one
    answer = _libc().syscall(
        SECCOMP[machine()], SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, sock_fprog
    )
    return bool(answer == 0)


def forbid_tcp() -> bool:
    """Refuse bind and connect of TCP in this thread and what it starts, on inherited sockets as well."""
    if landlock_version() < LANDLOCK_NETWORK_ABI:
        return False
    return restrict_by_landlock(struct.pack("<QQ", 0, LANDLOCK_BIND_AND_CONNECT_TCP))  # files are free


def landlock_version() -> int:
    """The version of Landlock's interface; 0 or less where there is none."""
    if not machine():
        return 0
    return int(_libc().syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION))


def restrict_by_landlock(handled: bytes) -> bool:
    """Give up the rights in a struct landlock_ruleset_attr altogether. True when the kernel took it."""
    if not _no_new_privileges():
        return False
    libc = _libc()
    ruleset = libc.syscall(LANDLOCK_CREATE_RULESET, handled, len(handled), 0)
    if ruleset < 0:
        return False
    try:
        return bool(libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def seccomp_filter(tables: tuple[SystemCalls, ...]) -> bytes:
    """The BPF program: instructions of 8 bytes (code, two jumps, a number), one block per architecture."""
    code = [instruction(LOAD, ARCHITECTURE)]
    for calls in tables:
        block = _block(calls)
        code += [instruction(JUMP_IF_EQUAL, calls.architecture, 0, len(block)), *block]
    # an architecture that this kernel cannot have
    return b"".join([*code, instruction(RETURN, REFUSE | EPERM)])


def _block(calls: SystemCalls) -> list[bytes]:
    """Load the number of the call; refuse it, or look at the socket's family, or allow it."""
    refused = [(calls.io_uring_setup, EPERM), *([(calls.socketcall, EACCES)] if calls.socketcall else [])]
    code = [instruction(LOAD, NUMBER), instruction(AND, ~X32_BIT & 0xFFFFFFFF)]
    for number, error in refused:
        code += [instruction(JUMP_IF_EQUAL, number, 0, 1), instruction(RETURN, REFUSE | error)]
    return [
        *code,
        instruction(JUMP_IF_EQUAL, calls.socket, 2, 0),
        instruction(JUMP_IF_EQUAL, calls.socketpair, 1, 0),
        instruction(RETURN, ALLOW),
        instruction(LOAD, FIRST_ARGUMENT),
        instruction(JUMP_IF_EQUAL, AF_UNIX, 0, 1),
        instruction(RETURN, ALLOW),
        instruction(RETURN, REFUSE | EACCES),
    ]


def instruction(code: int, number: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction of a BPF program; jumps count the instructions that are passed over."""
    return struct.pack("<HBBI", code, if_true, if_false, number)


def machine() -> str:
    """The architecture when this is a 64-bit program on Linux, else ""."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return ""
    return os.uname().machine


def _no_new_privileges() -> bool:
    """What the kernel asks of an ordinary user first: that no setuid program gains rights from here on."""
    return bool(_libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


@cache
def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None)
