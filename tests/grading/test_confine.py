"""Each confinement by itself, in a forked process, as far as this kernel can."""

import ctypes
import errno
import mmap
import os
import signal
import socket
import subprocess
import threading
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


def test_seccomp_refuses_network_tracing_and_hidden_memory_but_not_work():
    def child():
        confine.filter_system_calls()
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
            try:
                socket.socket(family)
                return f"opened {family}"
            except PermissionError:
                pass
        call, me = confine._libc.syscall, os.getpid()
        column = confine._ARCHITECTURES[os.uname().machine][0]
        for name, numbers in confine._FORBIDDEN.items():
            ctypes.set_errno(0)
            if call(numbers[column], 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM:
                return f"{name} was let through"
        for size in (7, 8):
            try:
                socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, size, 1 << 20)
                return "made room in a socket"
            except PermissionError:
                pass
        for flag in (mmap.MAP_SHARED, 3):  # MAP_SHARED_VALIDATE
            try:
                mmap.mmap(-1, 4096, flags=flag | mmap.MAP_ANONYMOUS)
                return "shared memory that no folder holds"
            except PermissionError:
                pass
        for flag in confine._NAMESPACES:
            if call(confine._CLONE[column], flag | signal.SIGCHLD, 0, 0, 0, 0) != -1:
                return f"cloned into a namespace {flag:x}"
        # And what honest notebooks do:
        a, b = socket.socketpair()
        a.send(b"x")
        assert b.recv(1) == b"x"
        assert subprocess.run(["/bin/true"]).returncode == 0
        threading.Thread(target=time.sleep, args=(0,)).start()
        mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        os.kill(me, 0)
        assert ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)(1) == 2
        return "ok"

    assert in_child(child) == "ok"


@pytest.mark.parametrize("user", [None, confine.NOBODY])
def test_a_process_closed_to_tracing_is_so_after_every_change(user):
    def child():
        confine.allow_tracing(True)
        if user is not None and os.getuid() == 0:
            os.setresuid(user, user, user)
        confine.allow_tracing(False)
        pid = os.fork()
        if pid == 0:
            os._exit(confine._libc.prctl(confine._GET_DUMPABLE, 0, 0, 0, 0))
        assert os.waitpid(pid, 0)[1] == 0
        if os.getuid() and os.access("/proc/self/mem", os.W_OK):
            return "may be written to"
        return "ok"

    assert in_child(child) == "ok"


def inside(sandbox, code, *names, limits=None):
    """Run a cell in the sandbox; return its run and the values of some names."""
    steps = [("cell", code), *(("ask", "q", name, name, "array", None) for name in names)]
    run = sandbox.run(steps, limits or Limits(cell_seconds=5), figures=False)
    return run, [run.answers.get(("q", name), {}).get("values") for name in names]


def test_the_first_process_cannot_be_read_written_or_asked(sandbox):
    """It has the student's user, so nothing but its own precautions stand in the way."""
    code = """
import ctypes, os
libc, reached = ctypes.CDLL(None, use_errno=True), []
for file, mode in (("mem", "rb"), ("mem", "r+b"), ("maps", "r"), ("environ", "rb"), ("auxv", "rb")):
    try:
        open(f"/proc/1/{file}", mode).read(1)
        reached.append(1)
    except OSError:
        pass
for name in ("fd", "ns", "map_files"):
    try:
        [os.readlink(f"/proc/1/{name}/{entry}") for entry in os.listdir(f"/proc/1/{name}")]
        reached.append(2)
    except OSError:
        pass
me, word = os.getpid(), ctypes.create_string_buffer(8)
vector = (ctypes.c_void_p * 2)(ctypes.addressof(word), 8)
first = os.pidfd_open(1)
for call in ((310, 1, vector, 1, vector, 1, 0), (311, 1, vector, 1, vector, 1, 0), (101, 16, 1, 0, 0),
             (438, first, 0, 0), (312, 1, me, 0, 0, 0), (440, first, vector, 1, 4, 0), (302, 1, 7, 0, word), (141, 0, 1, 19)):
    reached += [call[0]] if libc.syscall(*call) != -1 else []
for number in range(1, 32):
    os.kill(1, number)
status = dict(l.split(":", 1) for l in open("/proc/1/status").read().splitlines())
filtered = [int(status["Seccomp"]), int(status["NoNewPrivs"]), int(status["CapEff"], 16)]
"""
    if os.uname().machine != "x86_64":
        pytest.skip("these call numbers are x86-64's")
    run, (reached, filtered) = inside(sandbox, code, "reached", "filtered")
    assert run.deaths == [] and not any(r["type"] == "error" for r in run.outputs[0]), run.outputs
    assert reached == []
    assert filtered == [2, 1, 0]


def test_the_client_ends_everything_even_if_the_first_process_does_not_listen(sandbox):
    """The watcher stands outside and needs nobody's help."""
    session = client.Session(sandbox, Limits(cell_seconds=5), False)
    with session:
        code = "import os\nfor n in range(5):\n    if os.fork() == 0:\n        while True: pass"
        session.step({"cell": code}, time.monotonic() + 5)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    # Its end of the socket was the watcher's last: nobody is left who could burn or write.
    assert session._kill.fileno() == -1


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
def test_root_without_bubblewrap_is_refused():
    with pytest.raises(tiers.NoSandbox, match="as root"):
        tiers.start("none")


@pytest.mark.skipif(os.getuid() == 0, reason="needs a plain user")
@pytest.mark.parametrize("name", ["bubblewrap", "none"])
def test_every_tier_works_for_a_plain_user(name):
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
    with pytest.raises(tiers.NoSandbox) as refused:
        client.start_best()
    for words in (
        "bubblewrap is not installed",
        "apt install bubblewrap",
        "No sandbox could be started",
    ):
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
    assert cleaned[0] == {
        "type": "stream",
        "name": "stdout",
        "text": "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}",
    }
    assert "png" not in cleaned[1] and cleaned[3]["png"] == "aGk="
    assert len(cleaned[2]["says"]) == 2000
    assert clean_outputs("x") == clean_outputs(None) == []


def test_a_curve_keeps_its_name_on_the_way():
    """Else a swapped legend would be told in the notebook and not in the marks."""
    curve = {"x": [0.0, 1.0], "y": [2.0, 3.0], "label": "butyrate", "more": "dropped"}
    curve["names"] = ["blood", 3]
    (axes,) = clean_description({"is": "figure", "axes": [{"curves": [curve]}]})["axes"]
    kept = {"x": [0.0, 1.0], "y": [2.0, 3.0], "label": "butyrate", "names": ["blood", ""]}
    assert axes["curves"] == [kept]
    curve["names"] = ["one too few"]
    (axes,) = clean_description({"is": "figure", "axes": [{"curves": [curve]}]})["axes"]
    assert "names" not in axes["curves"][0]
