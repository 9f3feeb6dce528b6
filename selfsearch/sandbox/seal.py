"""The seal of a worker process: from then on it computes, and can neither open a file nor reach anything.

A worker decodes hostile photographs. On Linux (x86-64 and ARM64) the kernel holds it after `seal()`: Landlock
without any path, and a seccomp filter that lets through what computing needs (memory, threads of its own,
time, the pipes that are open) and refuses every other call. Resource limits hold on all POSIX systems, as far
as each enforces them. Windows has none of this; there a worker still has no key, because it is another
process.

The numbers are those of the kernel's headers: linux/landlock.h and the system call tables.
"""

from __future__ import annotations

import struct
import sys
from typing import NamedTuple

from . import kernel
from .memory import allocated_bytes

CLONE_THREAD = 0x00010000  # linux/sched.h
PROT_EXEC = 4
ENOSYS = 38
CLONE3 = 435  # on every architecture; its flags lie behind a pointer, so that no filter sees them
# What computing needs; the numbers on x86-64 and ARM64.
ALLOWED = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "close": (3, 57),
    "fstat": (5, 80), "lseek": (8, 62), "munmap": (11, 215), "brk": (12, 214), "mremap": (25, 216),
    "madvise": (28, 233), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "sched_yield": (24, 124), "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "gettimeofday": (96, 169), "times": (100, 153), "getrusage": (98, 165), "setitimer": (38, 103),
    "getpid": (39, 172), "gettid": (186, 178), "uname": (63, 160), "sysinfo": (99, 179),
    "sched_getaffinity": (204, 123), "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293),
    "membarrier": (324, 283), "restart_syscall": (219, 128), "getrandom": (318, 278), "exit": (60, 93),
    "exit_group": (231, 94),
}  # fmt: skip
MMAP, MPROTECT, CLONE = (9, 222), (10, 226), (56, 220)  # let through by what they ask for
ARCHITECTURES = ("x86_64", "aarch64")  # the order of the numbers above
JUMP_IF_ANY_BIT = 0x45  # BPF_JMP|JSET|K
THIRD_ARGUMENT = 32  # offset in struct seccomp_data; low half first
# Landlock's rights over files and devices, by the version of the interface that brought them.
FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}


class Seal(NamedTuple):
    """Which layers hold in a worker."""

    calls: bool = False  # seccomp: nothing but computing
    files: bool = False  # Landlock: no path at all
    memory: bool = False  # a limit on what it may allocate


def seal(memory: int) -> Seal:
    """Give up files, programs and everything else outside; `memory` bytes may be allocated from here on.

    It cannot be taken back. Everything that will be needed must be loaded before, modules included.
    """
    limited = _limit_memory(memory)
    files = _forbid_files()
    _forbid_descriptors()
    return Seal(_forbid_calls(), files, limited)


def _limit_memory(memory: int) -> bool:
    """Only Linux counts what a process allocates, and refuses more."""
    if sys.platform != "linux":
        return False
    import resource

    most = allocated_bytes() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    return True


def _forbid_descriptors() -> None:
    """No new descriptor, no byte into a file, no core dump."""
    if sys.platform == "win32":
        return
    import resource

    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))


def _forbid_files() -> bool:
    """Landlock with every right handled and no rule: no path can be opened, made, run or removed."""
    version = kernel.landlock_version()
    handled = sum(rights for since, rights in FILE_RIGHTS.items() if since <= version)
    return bool(handled) and kernel.restrict_by_landlock(struct.pack("<Q", handled))


def _forbid_calls() -> bool:
    machine = kernel.machine()
    return machine in ARCHITECTURES and kernel.install_filter(compute_filter(machine))


def compute_filter(machine: str) -> bytes:
    """The BPF program that lets through what computing needs on this machine, and refuses the rest."""
    column = ARCHITECTURES.index(machine)
    refuse = [kernel.instruction(kernel.RETURN, kernel.REFUSE | kernel.EPERM)]
    code = [
        kernel.instruction(kernel.LOAD, kernel.ARCHITECTURE),
        kernel.instruction(kernel.JUMP_IF_EQUAL, kernel.TABLES[machine][0].architecture, 1, 0),
        *refuse,
        kernel.instruction(kernel.LOAD, kernel.NUMBER),
    ]
    for numbers in ALLOWED.values():
        code += _when(numbers[column], [kernel.instruction(kernel.RETURN, kernel.ALLOW)])
    for numbers in (MMAP, MPROTECT):  # memory that can be run as a program is refused
        code += _when(numbers[column], _by_bit(THIRD_ARGUMENT, PROT_EXEC, kernel.REFUSE | kernel.EPERM))
    thread = [
        kernel.instruction(kernel.LOAD, kernel.FIRST_ARGUMENT),
        kernel.instruction(JUMP_IF_ANY_BIT, CLONE_THREAD, 1, 0),
        *refuse,
        kernel.instruction(kernel.RETURN, kernel.ALLOW),
    ]
    code += _when(CLONE[column], thread)
    # clone(2) is tried then
    code += _when(CLONE3, [kernel.instruction(kernel.RETURN, kernel.REFUSE | ENOSYS)])
    return b"".join([*code, *refuse])


def _when(number: int, block: list[bytes]) -> list[bytes]:
    """Do the block, which ends in an answer, when that is the call."""
    return [kernel.instruction(kernel.JUMP_IF_EQUAL, number, 0, len(block)), *block]


def _by_bit(argument: int, bit: int, refusal: int) -> list[bytes]:
    """Refuse when the argument has the bit, else allow."""
    return [
        kernel.instruction(kernel.LOAD, argument),
        kernel.instruction(JUMP_IF_ANY_BIT, bit, 0, 1),
        kernel.instruction(kernel.RETURN, refusal),
        kernel.instruction(kernel.RETURN, kernel.ALLOW),
    ]
