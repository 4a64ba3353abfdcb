"""Linux confinement of one process, through ctypes: namespaces, Landlock, seccomp, limits.

Everything here acts on the calling process and cannot be undone by it. Runs inside the sandbox,
in the child that will run a student's cells. Each function raises OSError when the kernel refuses.
"""

import ctypes
import os
import platform
import resource
import struct
from pathlib import Path

NOBODY = 65534
_MOUNT, _IPC, _USER, _PID, _NET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_NOSUID_NODEV, _NOEXEC, _PRIVATE, _REC = 2 | 4, 8, 1 << 18, 1 << 14
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _CAPBSET_DROP, _NO_NEW_PRIVS, _SUBREAPER = (
    1,
    4,
    22,
    24,
    38,
    36,
)
_MIB = 1024 * 1024

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name, *arguments):
    result = getattr(_libc, name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def become_nobody() -> None:
    """Leave root for uid 65534, for good, after mounting a /proc of this pid namespace."""
    _call("mount", b"proc", b"/proc", b"proc", _NOSUID_NODEV | _NOEXEC, None)
    for capability in range(64):
        _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0)  # leaving root made /proc/self root's; take it back
    if os.getuid() == 0 or os.geteuid() == 0:
        raise PermissionError("could not leave root")


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies."""
    _call("prctl", _SET_PDEATHSIG, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every orphan among the descendants, so that none outlives us."""
    _call("prctl", _SUBREAPER, 1, 0, 0, 0)


def enter_namespaces(private_folders) -> None:
    """Enter own user, mount, pid (for children), network and IPC namespaces.

    Each of ``private_folders`` becomes an empty tmpfs of its own.
    """
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _USER | _MOUNT | _PID | _NET | _IPC)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _call("mount", None, b"/", None, _REC | _PRIVATE, None)
    for folder in private_folders:
        options = b"size=64m,nr_inodes=4096,mode=700"
        _call("mount", b"tmpfs", folder.encode(), b"tmpfs", _NOSUID_NODEV, options)


def close_namespaces() -> None:
    """As pid 1: mount its /proc, forbid further user namespaces, drop every capability."""
    _call("mount", b"proc", b"/proc", b"proc", _NOSUID_NODEV | _NOEXEC, None)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    for capability in range(64):
        _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    header, data = struct.pack("Ii", 0x20080522, 0), bytes(24)
    _call("capset", header, data)
    no_new_privileges()


def no_new_privileges() -> None:
    """Forbid gaining privileges through setuid programs."""
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)


def set_limits(limits: dict) -> None:
    """Set resource limits: ``data_mib``, ``cpu_s``, ``file_mib``, ``processes``, ``files``."""
    for what, value in (
        (resource.RLIMIT_DATA, limits["data_mib"] * _MIB),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["file_mib"] * _MIB),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, limits["files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(what, (value, value))


# --- seccomp ------------------------------------------------------------------------------------

# Calls nobody needs for physiology: name -> (x86-64 number, aarch64 number).
_FORBIDDEN = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "connect": (42, 203),
    "bind": (49, 200),
    "pidfd_getfd": (438, 438),
}
_SOCKET, _UNIX = (41, 198), 1
# Calls that end, stop or starve another process of the same user, whom its first argument names.
_ON_A_PROCESS = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "prlimit64": (302, 261),
}
_PIDFD_SEND_SIGNAL = (424, 424)
# A file can be told to signal whom one likes (F_SETOWN, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP).
_FCNTL, _SET_OWNER = (72, 25), (8, 15)
_IOCTL, _SET_OWNER_TOO = (16, 29), (0x8901, 0x8902)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM


def _rule(number, argument, values, listed, others):
    """Return a program's lines on one call: what becomes of it by the value of an argument."""
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [
        (_EQUAL, 0, len(values) + 3, number),  # another call: to the next rule
        (_LOAD, 0, 0, 16 + 8 * argument),  # the half of it that the kernel looks at
        *tests,
        (_RETURN, 0, 0, others),
        (_RETURN, 0, 0, listed),
    ]


def filter_system_calls(alone: bool = True) -> None:
    """Refuse dangerous system calls and every socket that is not a Unix one (EPERM).

    Parameters
    ----------
    alone : bool
        Whether this process has a process namespace of its own. If not, it may signal only
        itself and its own process group.

    Raises
    ------
    OSError
        If the machine is neither x86-64 nor aarch64, or has no seccomp.
    """
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(f"no system call numbers for {platform.machine()}")
    column, audit = _ARCHITECTURES[platform.machine()]
    numbers = [pair[column] for pair in _FORBIDDEN.values()]
    if not alone:
        numbers.append(_PIDFD_SEND_SIGNAL[column])
    # Jumps count instructions from the next one.
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    program += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _REFUSE)]  # x32
    for number in numbers:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    program += _rule(_SOCKET[column], 0, [_UNIX], _ALLOW, _REFUSE)
    if not alone:
        for pair in _ON_A_PROCESS.values():
            program += _rule(pair[column], 0, [0, os.getpid()], _ALLOW, _REFUSE)
        program += _rule(_FCNTL[column], 1, _SET_OWNER, _REFUSE, _ALLOW)
        program += _rule(_IOCTL[column], 1, _SET_OWNER_TOO, _REFUSE, _ALLOW)
    program.append((_RETURN, 0, 0, _ALLOW))
    packed = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(packed)
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    no_new_privileges()
    _call("prctl", _SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0)


# --- Landlock -----------------------------------------------------------------------------------

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_EXECUTE, _READ_FILE, _READ_DIR = 1, 4, 8
_WRITE_FILE = 2


def landlock_version() -> int:
    """Return the kernel's Landlock version, 0 if it has none."""
    return max(0, _libc.syscall(_CREATE, None, 0, 1))


def lock_files(readable, writable, devices=("/dev/null", "/dev/zero", "/dev/urandom")) -> None:
    """Let this process open only ``readable`` trees, ``writable`` ones and a few devices.

    Raises
    ------
    OSError
        If the kernel has no Landlock.
    """
    version = landlock_version()
    if not version:
        raise OSError("this kernel has no Landlock")
    everything = (1 << min(13 + (version >= 2) + (version >= 3), 15)) - 1
    everything |= (1 << 15) if version >= 5 else 0
    handled = struct.pack("Q", everything)
    ruleset = _call("syscall", _CREATE, handled, len(handled), 0)
    look = _EXECUTE | _READ_FILE | _READ_DIR
    rules = [(path, look) for path in readable]
    rules += [(path, everything & ~_EXECUTE) for path in writable]
    rules += [(path, _READ_FILE | _WRITE_FILE) for path in devices]
    for path, access in rules:
        if not Path(path).exists():
            continue
        if not Path(path).is_dir():
            access &= _EXECUTE | _READ_FILE | _WRITE_FILE
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        _call("syscall", _ADD, ruleset, 1, struct.pack("=Qi", access, opened), 0)
        os.close(opened)
    no_new_privileges()
    _call("syscall", _RESTRICT, ruleset, 0)
    os.close(ruleset)
