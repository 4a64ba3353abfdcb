"""Linux confinement of one process, through ctypes: namespaces, seccomp, limits.

Everything here acts on the calling process and cannot be undone by it. Runs inside the sandbox,
in the processes of one submission. Each function raises OSError when the kernel refuses.
"""

import ctypes
import os
import platform
import resource
import struct
from pathlib import Path

NOBODY = 65534
_MOUNT, _IPC, _USER, _PID, _NET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_NOSUID_NODEV, _NOEXEC, _BIND, _REC, _PRIVATE = 2 | 4, 8, 1 << 12, 1 << 14, 1 << 18
_SET_PDEATHSIG, _GET_DUMPABLE, _SET_DUMPABLE, _SET_SECCOMP = 1, 3, 4, 22
_CAPBSET_DROP, _SUBREAPER, _NO_NEW_PRIVS = 24, 36, 38
_MIB = 1024 * 1024
FOLDER_MIB = 64  # room in each private folder, which lies in memory
NICER = 5  # students' processes yield to the grader's, and to whatever else the machine does

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
    if os.getuid() == 0 or os.geteuid() == 0:
        raise PermissionError("could not leave root")


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies."""
    _call("prctl", _SET_PDEATHSIG, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every orphan among the descendants, so that none outlives us."""
    _call("prctl", _SUBREAPER, 1, 0, 0, 0)


def allow_tracing(allowed: bool) -> None:
    """Set whether a process of the same user may trace this one or open its memory.

    A new process and a change of user can set it back, so it is asked for and looked at after both.
    """
    _call("prctl", _SET_DUMPABLE, int(allowed), 0, 0, 0)
    if _libc.prctl(_GET_DUMPABLE, 0, 0, 0, 0) != int(allowed):
        raise PermissionError("the kernel did not take it")


def enter_namespaces(private_folders) -> None:
    """Enter own user, mount, pid (for children), network and IPC namespaces.

    Each of ``private_folders`` becomes an empty tmpfs of its own.
    """
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _USER | _MOUNT | _PID | _NET | _IPC)
    allow_tracing(True)  # else the maps are root's to write; nobody of this user is near yet
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    allow_tracing(False)
    _call("mount", None, b"/", None, _REC | _PRIVATE, None)
    # Shared memory made from /dev/zero would be written to no folder, and so be seen by nobody.
    _call("mount", b"/dev/null", b"/dev/zero", None, _BIND, None)
    for folder in private_folders:
        options = f"size={FOLDER_MIB}m,nr_inodes=4096,mode=700".encode()
        _call("mount", b"tmpfs", folder.encode(), b"tmpfs", _NOSUID_NODEV, options)


def close_namespaces() -> None:
    """As pid 1: mount its /proc, forbid further user namespaces, drop every capability."""
    _call("mount", b"proc", b"/proc", b"proc", _NOSUID_NODEV | _NOEXEC, None)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    drop_capabilities()


def drop_capabilities() -> None:
    """Give up every capability, for good."""
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
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_NICE, 0),
        (resource.RLIMIT_RTPRIO, 0),
    ):
        # The first signal of the processor's limit can be told from other ends.
        hard = value + 1 if what == resource.RLIMIT_CPU else value
        resource.setrlimit(what, (value, hard))


def share_processors(processor: int, yields: bool) -> None:
    """Run on one processor, and at low priority if it ``yields``.

    However many processes a student starts, they share that processor among themselves.
    """
    if yields:
        os.nice(NICER)
    if processor in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {processor})


# --- seccomp ------------------------------------------------------------------------------------

# Calls nobody needs for physiology: name -> (x86-64 number, aarch64 number).
_FORBIDDEN = {
    # another process's memory, descriptors and identity
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "perf_event_open": (298, 241),
    # parts of the kernel that were often broken into
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "personality": (135, 92),
    "fanotify_init": (300, 262),
    # namespaces and mounts
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    # the network, beyond sockets that a process makes for itself
    "connect": (42, 203),
    "bind": (49, 200),
    # memory that belongs to no process: what is not written to a folder must be seen by the watcher
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "vmsplice": (278, 75),
    "remap_file_pages": (216, 234),
    # a larger share of the processors: a session of one's own has one where sessions are scheduled
    "setsid": (112, 157),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
}
# Flags would hide in a structure: the C library falls back to clone when this one is not there.
_CLONE3 = (435, 435)
_SOCKET, _UNIX = (41, 198), 1
_FCNTL, _SETPIPE_SZ = (72, 25), 1031
_PRLIMIT, _SETPRIORITY = (302, 261), (141, 140)  # of itself alone, which is 0
_SETSOCKOPT, _BUFFER_SIZES = (54, 208), (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF and their FORCE
# Memory shared between processes and written to no folder; the maker of namespaces.
_MMAP, _SHARED_ANONYMOUS = (9, 222), 0x01 | 0x20
_CLONE, _NAMESPACES = (56, 220), (_MOUNT, 0x02000000, 0x04000000, _IPC, _USER, _PID, _NET)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_ALLOW, _REFUSE, _NOT_THERE = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38  # EPERM, ENOSYS


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


def _no_flags(number, argument, flags):
    """Return a program's lines that refuse a call with all of these flags set."""
    return [
        (_EQUAL, 0, 5, number),
        (_LOAD, 0, 0, 16 + 8 * argument),
        (_AND, 0, 0, flags),
        (_EQUAL, 0, 1, flags),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),  # the call's number again, for the next rule
    ]


def filter_system_calls() -> None:
    """Refuse dangerous system calls and every socket that is not a Unix one (EPERM).

    Raises
    ------
    OSError
        If the machine is neither x86-64 nor aarch64, or has no seccomp.
    """
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(f"no system call numbers for {platform.machine()}")
    column, audit = _ARCHITECTURES[platform.machine()]
    # Jumps count instructions from the next one.
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    program += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _REFUSE)]  # x32
    for pair in _FORBIDDEN.values():
        program += [(_EQUAL, 0, 1, pair[column]), (_RETURN, 0, 0, _REFUSE)]
    program += [(_EQUAL, 0, 1, _CLONE3[column]), (_RETURN, 0, 0, _NOT_THERE)]
    program += _rule(_SOCKET[column], 0, [_UNIX], _ALLOW, _REFUSE)
    program += _rule(_PRLIMIT[column], 0, [0], _ALLOW, _REFUSE)
    program += _rule(_SETPRIORITY[column], 1, [0], _ALLOW, _REFUSE)
    program += _rule(_FCNTL[column], 1, [_SETPIPE_SZ], _REFUSE, _ALLOW)
    program += _rule(_SETSOCKOPT[column], 2, _BUFFER_SIZES, _REFUSE, _ALLOW)
    program += _no_flags(_MMAP[column], 3, _SHARED_ANONYMOUS)
    for flag in _NAMESPACES:
        program += _no_flags(_CLONE[column], 0, flag)
    program.append((_RETURN, 0, 0, _ALLOW))
    packed = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(packed)
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    no_new_privileges()
    _call("prctl", _SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0)
