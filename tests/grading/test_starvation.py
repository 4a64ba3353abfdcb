"""One student's greed is not another's loss: neither of the processor nor of the grader's memory."""

import concurrent.futures
import os
import threading
import time

import pytest

from igf1lab.grading.sandbox import client
from igf1lab.grading.sandbox.client import Limits, Sandbox, clean_outputs

SPINNERS = """
import os, time
for n in range(26):
    if os.fork() == 0:
        try:
            os.setsid()
        except OSError:
            pass
        while True:
            pass
time.sleep(1)
"""
# Processor seconds, as a slow model needs them, whatever else the machine does meanwhile.
HONEST = """
import time
while time.process_time() < {seconds}:
    pass
answer = 42
"""


def ask(sandbox, code, limits):
    steps = [("cell", code), ("ask", "q", "given", "answer", "number", None)]
    return sandbox.run(steps, limits, figures=False)


def test_spinners_in_sessions_of_their_own_cost_honest_work_nothing(sandbox):
    limits = Limits(cell_seconds=0.8, total_seconds=10.0)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        greedy = [pool.submit(ask, sandbox, SPINNERS, limits) for _ in range(2)]
        time.sleep(0.3)
        honest = [pool.submit(ask, sandbox, HONEST.format(seconds=0.4), limits) for _ in range(3)]
        runs = [future.result() for future in honest]
        assert all(future.result() for future in greedy)
    for run in runs:
        assert run.answers["q", "given"]["values"] == [42.0], run
        assert not run.late and not run.deaths


def test_what_takes_too_long_is_run_again_alone_and_only_then_costs(sandbox, monkeypatch):
    """Slow beside others only, as on a starved machine: alone it does not yield to anybody."""
    seen, usual = [], Sandbox._run

    def spy(self, *what, **how):
        seen.append((how["alone"], self._turns._here))
        return usual(self, *what, **how)

    monkeypatch.setattr(Sandbox, "_run", spy)
    limits = Limits(cell_seconds=1.0, total_seconds=10.0)
    slow = f"import os, time\nif os.nice(0) > {os.nice(0)}:\n    time.sleep(100)\nanswer = 42"
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda code: ask(sandbox, code, limits), [slow, "answer = 42", slow]))
    assert [run.answers["q", "given"]["values"] for run in runs] == [[42.0]] * 3
    assert not any(run.late for run in runs)
    assert sorted(alone for alone, _ in seen) == [False, False, False, True, True]
    assert all(here == 0 for alone, here in seen if alone)
    endless = ask(sandbox, "while True: pass", limits)
    assert endless.late == [0] and "given" not in str(endless.deaths)


PICTURE = "display(Image(b'\\x89PNG' + os.urandom({bytes}), format='png'))"


@pytest.mark.parametrize(
    ("says", "runs"),
    [
        ([PICTURE.format(bytes=300_000)] * 3, [False]),
        ([PICTURE.format(bytes=700_000)] * 3, [False, True]),  # 2.8 MB in all
        (["\n".join([PICTURE.format(bytes=300_000)] * 3)], [False, True]),  # in one reply
        (["answer = [42] * 15_000"] + ["pass"] * 3, [False, True]),
    ],
)
def test_what_takes_much_memory_is_run_again_alone_and_loses_nothing(
    sandbox, monkeypatch, says, runs
):
    seen, usual = [], Sandbox._run
    monkeypatch.setattr(
        Sandbox,
        "_run",
        lambda self, *what, **how: seen.append(how["alone"]) or usual(self, *what, **how),
    )
    head = "import os\nfrom IPython.display import Image, display\nanswer = [42]"
    steps = [("cell", head), *(("cell", code) for code in says)]
    steps += [("ask", f"q{n}", "given", "answer", "array", None) for n in range(4)]
    run = sandbox.run(steps, Limits())
    assert seen == runs and not run.late and not run.deaths and not run.crowded
    pictures = sum("png" in row for rows in run.outputs.values() for row in rows)
    assert pictures == sum(code.count("display") for code in says)
    assert all(set(answer["values"]) == {42.0} for answer in run.answers.values())


@pytest.mark.parametrize(
    "cells",
    [
        ["import time\nwhile True:\n    try:\n        time.sleep(0.9)\n        sum(range(3_000_000))\n    except BaseException: pass"],
        ["import time\ntime.sleep(0.15)"] * 60,
    ],
    ids=["wakes up now and then", "many short naps"],
)  # fmt: skip
def test_alone_nobody_keeps_the_others_waiting_by_doing_nothing(sandbox, cells):
    steps, limits = [("cell", code) for code in cells], Limits(cell_seconds=0.2, total_seconds=1.0)
    run = sandbox._run(steps, limits, False, None, alone=True)
    assert run.late and run.seconds < 0.6 * client.PATIENCE * limits.total_seconds


def test_turns_are_either_many_or_one():
    turns, here, most = client._Turns(), [], []

    def work(alone):
        with turns.alone() if alone else turns.together():
            here.append(alone)
            time.sleep(0.005)
            most.append(list(here))
            here.remove(alone)

    threads = [threading.Thread(target=work, args=(n % 4 == 0,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(most) == 40
    assert all(len(together) == 1 for together in most if True in together)
    assert max(map(len, most)) > 1


@pytest.mark.parametrize(
    "hold",
    [
        "import mmap\nheld = []\nfor n in range(40):\n    f = open(f'/dev/shm/{n}', 'w+b'); f.truncate(8 << 20)\n"
        "    held.append(mmap.mmap(f.fileno(), 8 << 20)); held[-1].write(b'x' * (8 << 20)); held[-1].madvise(4)",
        "import os, time\nfor n in range(4):\n    if os.fork() == 0:\n        b = b'x' * (100 << 20); time.sleep(30)\ntime.sleep(30)",
        "for f in ('/tmp', '/scratch', '/submission'):\n    open(f + '/x', 'wb').write(b'x' * (60 << 20))\nb = b'x' * (150 << 20)\n"
        "import time; time.sleep(30)",
        "import os, socket, time\nfor n in range(12):\n    if os.fork() == 0:\n        held = [socket.socketpair() for n in range(100)]\n"
        "        time.sleep(30)\ntime.sleep(30)",
        "import ctypes, time\nl = ctypes.CDLL(None); l.mmap.restype = ctypes.c_void_p; size = ctypes.c_size_t(1 << 41)\n"
        "a = l.mmap(None, size, 1, 0x4022, -1, 0); l.madvise(ctypes.c_void_p(a), size, 15)\n"
        "for n in range(200_000): ctypes.string_at(a + n * (2 << 20), 1)\ntime.sleep(1)",
    ],
    ids=["shared", "children", "files", "sockets", "tables of pages that hold nothing"],
)  # fmt: skip
def test_memory_is_counted_wherever_it_lies(sandbox, hold):
    limits = Limits(cell_seconds=10, total_mib=300, file_mib=64)
    run = ask(sandbox, f"{hold}\nanswer = 1", limits)
    says = [why for _, why in run.deaths] + [r.get("says", "") for r in run.outputs.get(0, [])]
    # A folder in memory that is full ends the process that writes through a mapping.
    assert any("more memory" in text or text == "crashed" for text in says), run


def test_honest_programs_with_several_processes_work(sandbox):
    code = """
import concurrent.futures, multiprocessing, subprocess, sys, threading, asyncio
from multiprocessing import shared_memory
with concurrent.futures.ProcessPoolExecutor(2) as pool:
    answer = sum(pool.map(abs, [-20, -20]))
block = shared_memory.SharedMemory(create=True, size=1000)
block.buf[0] = 2
answer += block.buf[0]
block.close(), block.unlink()
queue = multiprocessing.Queue()
queue.put(0)
answer += queue.get() + asyncio.run(asyncio.sleep(0, 0))
answer += int(subprocess.run([sys.executable, "-c", "print(0)"], capture_output=True, text=True).stdout)
"""
    run = ask(sandbox, code, Limits())
    assert run.answers["q", "given"].get("values") == [42.0], run


@pytest.mark.parametrize(
    "code",
    [
        "import os, time\nif os.fork() == 0:\n    time.sleep(0.3)\n    mine = 0",
        "import os, time\nif os.fork() == 0:\n    time.sleep(0.2)\n    raise PermissionError",
        "import os, sys\nif os.fork() == 0:\n    sys.exit(1)",
        "import os\nfor n in range(3):\n    os.fork()\nmine = os.getpid()",
        'import os, json\nos.write(10, b\'{"number": 0, "outputs": []}\\n{}\\n\' * 3)',
    ],
    ids=["comes back", "fails", "exits", "eight of them", "answers before it is asked"],
)
def test_only_the_process_that_was_asked_answers(sandbox, code):
    """What a cell forked and did not end comes back into our own code: it must not answer there."""
    steps = [("cell", "import os, time\nmine = me = os.getpid()"), ("cell", code)]
    for n in range(10):
        wait = f"time.sleep(0.06)\nanswer = {n} if os.getpid() == me else -1"
        steps += [("cell", wait), ("ask", f"q{n}", "given", "answer", "number", None)]
    run = sandbox.run(steps, Limits(), figures=False)
    answers = [run.answers[f"q{n}", "given"].get("values") for n in range(10)]
    assert answers == [[float(n)] for n in range(10)], run
    assert not run.deaths and not run.late


def test_outputs_of_a_submission_are_capped():
    rows = [{"type": "display", "text": "x", "png": "A" * 900_000}] * 20
    kept = clean_outputs(rows, 2_000_000)
    assert [row["type"] for row in kept] == ["display", "display", "stream"]
    assert "left out" in kept[-1]["text"]
