"""Each confinement by itself, in a forked process, as far as this kernel can."""

import ctypes
import errno
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback

import pytest

from igf1lab.evidence import assets_dir
from igf1lab.grading.sandbox import client, confine, tiers
from igf1lab.grading.sandbox.client import Limits, clean_description, clean_outputs

KEYS = assets_dir() / "exercises"


def in_child(function):
    """Run a function in a forked process; return what it said, or its traceback."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            text = function() or "ok"
        except BaseException:
            text = traceback.format_exc()
        os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said


def need_landlock():
    if not confine.landlock_version():
        if os.environ.get("CI"):
            pytest.fail("CI's kernel has no Landlock")
        pytest.skip("this kernel has no Landlock")


def test_landlock_opens_only_what_it_may(tmp_path):
    need_landlock()
    (tmp_path / "mine").mkdir()
    (tmp_path / "secret").write_text("x")

    def child():
        confine.lock_files(["/usr", sys.prefix, sys.base_prefix], [str(tmp_path / "mine")])
        (tmp_path / "mine" / "new").write_text("y")
        for forbidden in (tmp_path / "secret", "/etc/passwd"):
            try:
                open(forbidden).read()  # noqa: PTH123, SIM115
                return f"read {forbidden}"
            except PermissionError:
                continue
        try:
            (tmp_path / "other").write_text("z")
            return "wrote beside"
        except PermissionError:
            return "ok"

    assert in_child(child) == "ok"


def test_seccomp_refuses_network_and_tracing_but_not_work():
    def child():
        confine.filter_system_calls()
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
            try:
                socket.socket(family)
                return f"opened {family}"
            except PermissionError:
                pass
        a, b = socket.socketpair()
        a.send(b"x")
        assert b.recv(1) == b"x"
        if confine._libc.ptrace(0, 0, 0, 0) != -1 or confine._libc.unshare(0x20000) != -1:
            return "traced or unshared"
        assert subprocess.run(["/bin/true"]).returncode == 0
        return "ok"

    assert in_child(child) == "ok"


def test_without_own_processes_a_student_signals_only_itself():
    """The Landlock tier has no process namespace: the lecturer's processes are within reach."""
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])

    def child():
        os.setsid()  # as the server does
        confine.filter_system_calls(alone=False)
        call, pid = confine._libc.syscall, bystander.pid
        column = confine._ARCHITECTURES[os.uname().machine][0]
        numbers = {name: pair[column] for name, pair in confine._ON_A_PROCESS.items()}
        target = os.pidfd_open(pid)
        info = struct.pack("iii", 0, 0, -1) + bytes(116)  # from sigqueue()
        ends = socket.socketpair()
        for what, arguments in {
            # Signal 0 only asks whether one may: a broken filter must not end the tests' machine.
            "kill": (numbers["kill"], pid, 0),
            "kill everybody": (numbers["kill"], -1, 0),
            "kill a group": (numbers["kill"], -os.getpgid(pid), 0),
            "tkill": (numbers["tkill"], pid, 0),
            "tgkill": (numbers["tgkill"], pid, pid, 0),
            "rt_sigqueueinfo": (numbers["rt_sigqueueinfo"], pid, 0, info),
            "rt_tgsigqueueinfo": (numbers["rt_tgsigqueueinfo"], pid, pid, 0, info),
            "pidfd_send_signal": (confine._PIDFD_SEND_SIGNAL[column], target, 0, None, 0),
            "prlimit64": (numbers["prlimit64"], pid, 0, bytes(16), None),
            "F_SETOWN": (confine._FCNTL[column], ends[0].fileno(), 8, pid),
            "F_SETOWN_EX": (confine._FCNTL[column], ends[0].fileno(), 15, bytes(8)),
            "FIOSETOWN": (confine._IOCTL[column], ends[0].fileno(), 0x8901, bytes(4)),
            "SIOCSPGRP": (confine._IOCTL[column], ends[0].fileno(), 0x8902, bytes(4)),
        }.items():
            ctypes.set_errno(0)
            if call(*arguments) != -1 or ctypes.get_errno() != errno.EPERM:
                return f"{what} was let through"
        return "ok"

    try:
        assert in_child(child) == "ok"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_without_own_processes_honest_code_still_works():
    def child():
        os.setsid()
        confine.filter_system_calls(alone=False)
        heard = []
        for number in (signal.SIGUSR1, signal.SIGALRM):
            signal.signal(number, lambda *a: heard.append(a[0]))
        os.kill(os.getpid(), signal.SIGUSR1)
        os.killpg(0, signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        time.sleep(0.2)
        assert heard == [signal.SIGUSR1] * 3 + [signal.SIGALRM]
        confine.set_limits(
            {"data_mib": 512, "cpu_s": 5, "file_mib": 1, "processes": 64, "files": 64}
        )
        assert resource.getrlimit(resource.RLIMIT_CPU) == (5, 5)
        assert subprocess.run(["/bin/true"], timeout=5).returncode == 0
        assert (
            subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True).stdout == b"1\n"
        )
        # A child may not even signal itself, but abort() ends it all the same.
        aborted = subprocess.run(
            [sys.executable, "-c", "import os; os.abort()"], capture_output=True
        )
        assert aborted.returncode in (-signal.SIGABRT, -signal.SIGSEGV), aborted
        return "ok"

    assert in_child(child) == "ok"


def test_limits_hold():
    def child():
        limits = {"data_mib": 512, "cpu_s": 5, "file_mib": 1, "processes": 64, "files": 64}
        confine.set_limits(limits)
        try:
            bytearray(600 << 20)
            return "got 600 MiB"
        except MemoryError:
            return "ok"

    assert in_child(child) == "ok"


@pytest.mark.skipif(os.getuid() != 0, reason="only root is refused")
@pytest.mark.parametrize("name", ["landlock", "none", "container"])
def test_root_without_bubblewrap_is_refused(name):
    with pytest.raises(tiers.NoSandbox, match=r"as root|podman|Landlock"):
        tiers.start(name)


@pytest.mark.skipif(os.getuid() == 0, reason="needs a plain user")
@pytest.mark.parametrize("name", ["bubblewrap", "landlock", "none"])
def test_every_tier_works_for_a_plain_user(name):
    if name == "landlock":
        need_landlock()
    with client.Sandbox(client.start_best(trust=True, only=name)) as sandbox:
        steps = [("cell", "a = 1"), ("cell", "import os; os._exit(0)"), ("cell", "a += 1")]
        steps.append(("ask", "q1", "given", "a", "number", None))
        # Your own processes must be out of reach, with a namespace or without.
        reach = (
            "import os\ntry:\n    os.kill({}, 0)\n    reached = 1\nexcept OSError:\n    reached = 0"
        )
        steps.append(("cell", reach.format(os.getpid())))
        steps.append(("ask", "q1", "reached", "reached", "number", None))
        look = "try:\n    spied = len(open({!r}).read())\nexcept OSError:\n    spied = 0"
        steps.append(("cell", look.format(str(next(KEYS.glob("*.json"))))))
        steps.append(("ask", "q1", "spied", "spied", "number", None))
        run = sandbox.run(steps, Limits(cell_seconds=5))
        assert (run.answers["q1", "spied"]["values"] == [0.0]) == (name != "none")
        assert run.answers["q1", "reached"]["values"] == [float(name == "none")]
        assert run.answers["q1", "given"]["values"] == [2.0]
        assert [step for step, _ in run.deaths] == [1]


def test_no_sandbox_at_all_is_refused_with_reasons(monkeypatch):
    monkeypatch.setattr(tiers.shutil, "which", lambda name: None)
    monkeypatch.setattr(confine, "landlock_version", lambda: 0)
    with pytest.raises(tiers.NoSandbox) as refused:
        client.start_best()
    for words in ("bubblewrap is not installed", "no Landlock", "No sandbox could be started"):
        assert words in str(refused.value)
    with pytest.raises(tiers.NoSandbox, match="--i-trust-these-students"):
        client.start_best(only="none")


def test_root_leaves_root_in_bubblewrap(sandbox):
    steps = [
        ("cell", "import os; ids = [os.getuid(), os.geteuid(), os.getgid(), len(os.getgroups())]")
    ]
    steps += [
        (
            "cell",
            "caps = [int(l.split()[1], 16) for l in open('/proc/self/status') if l[:3] == 'Cap']",
        )
    ]
    steps += [("ask", "q", name, name, "array", None) for name in ("ids", "caps")]
    run = sandbox.run(steps, Limits(), figures=False)
    ids = run.answers["q", "ids"]["values"]
    assert ids[0] == ids[1] == 65534 and 0 not in ids[:3]
    assert not any(run.answers["q", "caps"]["values"])


BAD_REPLIES = [
    None, 7, "x", [], {}, {"is": None}, {"is": "values"}, {"is": "values", "values": [1], "shape": [2]},
    {"is": "values", "values": ["x"], "shape": [1]}, {"is": "values", "values": [True], "shape": [1]},
    {"is": "values", "values": [1], "shape": [True]}, {"is": "values", "values": [10**400], "shape": []},
    {"is": "values", "values": [1e400], "shape": []}, {"is": "values", "values": [[1]], "shape": [1]},
    {"is": "calls", "returned": 3}, {"is": "figure", "axes": [{}] * 100}, {"is": "right", "points": 3},
    {"is": "calls", "returned": [None]}, {"is": "choice", "option": {}, "reason": []},
    {"is": "figure", "axes": [{"curves": [{"x": [1], "y": [1, 2]}, 4, None], "title": 3}]},
]  # fmt: skip


@pytest.mark.parametrize("reply", BAD_REPLIES)
def test_whatever_comes_back_is_judged_without_an_exception(reply, source, set_name):
    from igf1lab.exercises.exercise import Exercise
    from igf1lab.exercises.judging import judge

    exercise = Exercise(set_name)
    cleaned = clean_description(reply)
    for question in source.exercise_set.questions:
        if question.automatic:
            verdict = judge(question, exercise._keys[question.id], cleaned)
            assert verdict.points == 0 and verdict.says


def test_outputs_are_cleaned():
    rows = [
        {"type": "stream", "name": "<b>", "text": "a\ud800\x00"}, {"type": "html", "text": "<script>"},
        {"type": "display", "text": 5, "png": "<script>"}, 3, {"type": "error", "name": [], "says": "x" * 9999},
        {"type": "display", "text": "ok", "png": "aGk="},
    ]  # fmt: skip
    cleaned = clean_outputs(rows)
    assert [row["type"] for row in cleaned] == ["stream", "display", "error", "display"]
    assert cleaned[0] == {"type": "stream", "name": "stdout", "text": "a?"}
    assert "png" not in cleaned[1] and cleaned[3]["png"] == "aGk="
    assert len(cleaned[2]["says"]) == 2000
    assert clean_outputs("x") == clean_outputs(None) == []


def test_a_curve_keeps_its_name_on_the_way():
    """Else a swapped legend would be told in the notebook and not in the marks."""
    curve = {"x": [0.0, 1.0], "y": [2.0, 3.0], "label": "butyrate", "more": "dropped"}
    (axes,) = clean_description({"is": "figure", "axes": [{"curves": [curve]}]})["axes"]
    assert axes["curves"] == [{"x": [0.0, 1.0], "y": [2.0, 3.0], "label": "butyrate"}]
