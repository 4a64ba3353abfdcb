"""The trusted side: send steps to a confined process and believe nothing it says back."""

import concurrent.futures
import contextlib
import json
import math
import os
import select
import socket
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial

from igf1lab.exercises.answers import MOST_NAMES, MOST_VALUES
from igf1lab.grading.safe_text import readable
from igf1lab.grading.sandbox.server import BEGINS, ENDS, TOO_LONG, USED_UP
from igf1lab.grading.sandbox.tiers import TIERS, NoSandbox, Server, start

A_LINE = 100  # bytes that reading even an empty line costs as much as
MOST_RERUNS = 3
GRACE_SECONDS = 1.0  # beyond a cell's own limit, before its process is killed
PATIENCE = 10  # times by the clock what a submission that runs alone may take of the processor
END_SECONDS = 5.0  # in which the processes of a submission must be gone
LAST_BREATH = 0.5  # seconds in which a dying server's end is seen, after its children's


@dataclass(frozen=True)
class Room:
    """What the replies of a submission may take of our own memory."""

    reply: int = 6_000_000  # bytes of one
    items: int = 500_000  # numbers, texts and brackets in one: what parsing it may cost
    output: int = 10_000_000  # bytes of all outputs that are kept
    numbers: int = 400_000  # in all answers that are kept


# What needs more than its share beside others is run again alone.
ALONE, SHARED = Room(), Room(1_000_000, 60_000, 2_000_000, 50_000)


@dataclass(frozen=True)
class Limits:
    """What a submission may use. Seconds are a cell's and the whole run's.

    In the first run they are counted by the clock, which other submissions slow down. What takes
    too long is run again alone; then they are seconds of the processor.
    """

    cell_seconds: float = 20.0
    total_seconds: float = 120.0
    data_mib: int = 2048
    total_mib: int = 3072
    file_mib: int = 64
    processes: int = 32
    files: int = 256

    @property
    def cpu_s(self) -> int:
        """Processor seconds of all processes together: as many as the whole run may take."""
        return math.ceil(self.total_seconds)


_UNSTOPPABLE, _DEAF = "ran longer than it may and could not be stopped", "did not listen"
_TOO_LONG = (_UNSTOPPABLE, _DEAF, TOO_LONG, USED_UP)
TOOK_TOO_LONG = "it ran longer than it may"  # as the student's process says it of an answer


class Dead(Exception):
    """The student's process is gone, or must go; the message says why."""


class Crowded(Exception):
    """The submission takes more room than one of many may."""


class ServerDied(RuntimeError):
    """The fork server is gone, and every submission in hand with it: no student's doing or cost."""

    def __init__(self, server: Server):
        super().__init__("the sandbox died, perhaps for want of memory: grade once more")
        self.server = server


@dataclass
class Run:
    """What came of running a submission's steps.

    ``outputs``: rows by step number; ``answers``: descriptions by (question id, part);
    ``deaths``: (step number, reason) of steps that killed the process; ``late``: numbers of the
    steps that took too long, killed or stopped; ``crowded``: there was no room for it beside others.
    """

    outputs: dict[int, list] = field(default_factory=dict)
    answers: dict[tuple, dict] = field(default_factory=dict)
    deaths: list[tuple[int, str]] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    crowded: bool = False
    seconds: float = 0.0


class _Turns:
    """Many at a time, or one alone."""

    def __init__(self):
        self._changed, self._here, self._closed = threading.Condition(), 0, False

    @contextmanager
    def together(self):
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._here += 1
        try:
            yield
        finally:
            with self._changed:
                self._here -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self):
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            self._changed.wait_for(lambda: not self._here)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()


class Sandbox:
    """A fork server and the lock that lets several threads use it.

    Parameters
    ----------
    server : Server, optional
        One that runs already.
    start : callable, optional
        Starts a server: the first, in the background, if none is given, and another one when it
        has died (for want of memory, say).
    """

    def __init__(self, server: Server | None = None, start: Callable[[], Server] | None = None):
        self._server, self._start = server, start
        self.asked: tuple = (False, None)  # for one like it elsewhere: what ``best`` takes
        # A server dies with the thread that started it, so this one lives as long as we do.
        self._starter = concurrent.futures.ThreadPoolExecutor(1)
        self._starting = self._starter.submit(start) if server is None else None
        self._lock, self._turns = threading.Lock(), _Turns()
        self._at_work = Counter(dict.fromkeys(os.sched_getaffinity(0), 0))  # by processor

    @classmethod
    def best(cls, trust: bool = False, only: str | None = None) -> "Sandbox":
        """Return the strongest sandbox there is, which outlives its servers.

        It starts while the caller goes on; whoever needs it waits for it. Takes, and then raises,
        what :func:`start_best` does.
        """
        sandbox = cls(start=partial(start_best, trust, only))
        sandbox.asked = trust, only
        return sandbox

    @property
    def server(self) -> Server:
        """The server in use.

        Raises
        ------
        NoSandbox
            If the first one could not be started.
        """
        if self._server is None:
            self._server = self._starting.result()
        return self._server

    def _living_server(self):
        """Return the server, another one if it has died. Call it with the lock held."""
        if self.server.process.poll() is not None and self._start:
            self.server.stop()
            self._server = self._starter.submit(self._start).result()
        return self.server

    @property
    def says(self) -> str:
        """The words that name the sandbox in use."""
        return self.server.tier.says

    def stop(self) -> None:
        """Stop the server, if one could be started."""
        with contextlib.suppress(NoSandbox):
            self.server.stop()
        self._starter.shutdown()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def run(self, steps, limits: Limits, figures: bool = True, files: dict | None = None) -> Run:
        """Run a submission's steps.

        A step that kills the process costs that step only: the rest is run again without it, at
        most three times. If anything takes too long, or too much of our memory, all is run again
        with nothing else in flight, and only that run counts: nobody pays for what others do to the
        machine.

        Parameters
        ----------
        steps : list of tuple
            ``("cell", code)`` or ``("ask", question id, part, expression, kind, calls)``.
        figures : bool
            Draw plots as PNG.
        files : dict, optional
            Files to put beside the notebook, name to text.
        """
        with self._turns.together():
            run = self._with_a_server(steps, limits, figures, files, alone=False)
        if run.late or run.crowded:
            with self._turns.alone():
                run = self._with_a_server(steps, limits, figures, files, alone=True)
        return run

    def _with_a_server(self, *what, **how):
        try:
            return self._run(*what, **how)
        except ServerDied as death:
            death.server.stop()
            if self._start is None:
                raise
            return self._run(*what, **how)

    def _run(self, steps, limits, figures, files, alone):
        run, fatal = Run(), set()
        start = time.monotonic()
        deadline = start + limits.total_seconds * (PATIENCE if alone else 1)
        for _ in range(1 + MOST_RERUNS):
            run.late.clear()
            try:
                with Session(self, limits, figures, alone) as session:
                    self._once(session, steps, fatal, run, files or {}, deadline)
                break
            except _Fatal as death:
                run.deaths.append((death.step, death.reason))
                fatal.add(death.step)
                if time.monotonic() >= deadline or death.reason == USED_UP:
                    break
            except Crowded:
                return Run(crowded=True)
        run.late += [step for step, why in run.deaths if why in _TOO_LONG]
        run.seconds = time.monotonic() - start
        return run

    def _once(self, session, steps, fatal, run, files, deadline):
        number, alone = -1, session.alone
        output, numbers = session.room.output, session.room.numbers
        try:
            for name, text in files.items():
                session.step({"file": name, "text": text}, deadline)
            for number, step in enumerate(steps):
                if number in fatal:
                    continue
                if step[0] == "cell":
                    reply = session.step({"cell": step[1]}, deadline)
                    rows = clean_outputs(reply.get("outputs"), output if alone else ALONE.output)
                    run.outputs[number] = rows
                    output -= sum(map(_size, rows))
                    late = any(row.get("name") == "CellTimeout" for row in rows)
                else:
                    _, question_id, part, expression, kind, calls = step
                    ask = {"ask": expression, "kind": kind, "calls": calls}
                    described = clean_description(session.step(ask, deadline).get("described"))
                    numbers -= _numbers(described)
                    described = described if numbers >= 0 else _odd()
                    run.answers[question_id, part] = described
                    late = described.get("says") == TOOK_TOO_LONG
                run.late += [number] if late else []
                if not alone and min(output, numbers) < 0:
                    raise Crowded
        except Dead as death:
            if session.server.ends_within(LAST_BREATH):
                raise ServerDied(session.server) from None
            raise _Fatal(number, str(death)) from None


class _Fatal(Exception):
    def __init__(self, step, reason):
        self.step, self.reason = step, reason


class Session:
    """One confined process, from fork to death."""

    def __init__(self, sandbox: Sandbox, limits: Limits, figures: bool, alone: bool = False):
        self._sandbox = sandbox
        self.alone, self._cell_seconds = alone, limits.cell_seconds
        self.room = ALONE if alone else SHARED
        self._work, work = socket.socketpair()
        self._kill, kill = socket.socketpair()
        self._folder = None
        self._number = 0
        # What came: whole lines, and the pieces of the next, with their length.
        self._lines, self._begun, self._size = deque(), [], 0
        with work, kill, sandbox._lock:
            self.server = sandbox._living_server()
            # Each in flight has a processor to itself as long as there are enough of them.
            self._processor = min(sandbox._at_work, key=sandbox._at_work.get)
            sandbox._at_work[self._processor] += 1
            order = {
                "limits": asdict(limits) | {"cpu_s": limits.cpu_s},
                "cell_seconds": limits.cell_seconds,
                "figures": figures,
                "confined": self.server.tier.confinement == "namespaces",
                "processor": self._processor,
                "alone": alone,
            }
            if not order["confined"]:
                self._folder = tempfile.TemporaryDirectory(dir=self.server.folder)
                order["folder"] = self._folder.name
            try:
                descriptors = [work.fileno(), kill.fileno()]
                socket.send_fds(self.server.control, [json.dumps(order).encode()], descriptors)
            except OSError:
                self._leave()
                raise ServerDied(self.server) from None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        # The watcher kills everything and then ends itself: we wait, so that nothing of this
        # submission is left beside the next.
        with contextlib.suppress(OSError):
            self._kill.shutdown(socket.SHUT_WR)
            self._kill.settimeout(END_SECONDS)
            while self._kill.recv(500):
                pass
        self._kill.close()
        self._work.close()
        with self._sandbox._lock:
            self._leave()

    def _leave(self):
        self._sandbox._at_work[self._processor] -= 1
        if self._folder:
            self._folder.cleanup()

    def step(self, step: dict, deadline: float) -> dict:
        """Send one step and return its reply, a dict of unknown content.

        Raises
        ------
        Dead
            If the process died, took too long or said too much.
        Crowded
            If it said more than one of many may.
        """
        limit = time.monotonic() + self._cell_seconds + GRACE_SECONDS
        if self.alone:
            # The watcher counts the seconds of this step that are the step's own doing.
            limit = deadline
            self._tell_watcher(BEGINS)
        limit = min(deadline, limit)
        self._number += 1
        self._send(json.dumps(step | {"number": self._number}).encode() + b"\n", limit)
        room = self.room.reply
        while True:
            line = self._line(limit, room)
            room -= len(line) + A_LINE
            if line.count(b",") + line.count(b"[") + 4 * line.count(b"{") > self.room.items:
                self._too_much()
            try:
                reply = json.loads(line)
            except (ValueError, RecursionError):
                raise Dead("sent back something that is not a reply") from None
            if not isinstance(reply, dict):
                raise Dead("sent back something that is not a reply")
            if reply.get("number") == self._number:
                self._tell_watcher(ENDS)
                return reply  # any other was not asked for, or is of a step before

    def _too_much(self):
        raise Dead("sent back too much") if self.alone else Crowded

    def _tell_watcher(self, what):
        with contextlib.suppress(OSError):
            self._kill.send(what)

    def _send(self, data, limit):
        try:
            self._work.settimeout(max(0.01, limit - time.monotonic()))
            self._work.sendall(data)
        except TimeoutError:
            raise Dead(_DEAF) from None
        except OSError:
            raise Dead(self._why()) from None

    def _line(self, limit, room):
        """Return the next line of at most ``room`` bytes; what came beyond it is kept."""
        while not self._lines:
            wait = limit - time.monotonic()
            if wait <= 0 or not select.select([self._work], [], [], wait)[0]:
                raise Dead(_UNSTOPPABLE)
            try:
                came = self._work.recv(1 << 20)
            except OSError:
                raise Dead(self._why()) from None
            if not came:
                raise Dead(self._why())
            end, *more = came.split(b"\n")
            self._begun.append(end)
            self._size += len(end)
            if self._size > room:
                self._too_much()
            if more:
                self._lines += [b"".join(self._begun), *more[:-1]]
                self._begun, self._size = [more[-1]], len(more[-1])
        return self._lines.popleft()

    def _why(self):
        """Ask the supervisor why the process is gone."""
        if select.select([self._kill], [], [], 1.0)[0]:
            try:
                said = self._kill.recv(500).decode("utf-8", "replace")
            except OSError:
                said = ""
            return said or "was killed"
        return "was killed"


def prove(server: Server) -> str:
    """Run one trivial submission; return "" if it worked, else what went wrong."""
    steps = [("cell", "a = 6 * 7"), ("ask", "q", "given", "a", "number", None)]
    try:
        run = Sandbox(server).run(steps, Limits(cell_seconds=20), figures=False)
    except ServerDied as death:
        return str(death)
    if run.answers.get(("q", "given"), {}).get("values") == [42.0]:
        return ""
    return "; ".join(reason for _, reason in run.deaths) or "gave no answer"


def start_best(trust: bool = False, only: str | None = None) -> Server:
    """Start the strongest sandbox there is, each proven by one trivial submission.

    Parameters
    ----------
    trust : bool
        Allow running without any sandbox (``--i-trust-these-students``).
    only : str, optional
        Try this tier alone.

    Raises
    ------
    NoSandbox
        With one line a tier that was tried.
    """
    names = [only] if only else [n for n in TIERS if n != "none" or trust]
    reasons = []
    for name in names:
        if name == "none" and not trust:
            reasons.append("none: only with --i-trust-these-students")
            continue
        try:
            server = start(name)
        except NoSandbox as error:
            reasons.append(str(error))
            continue
        problem = prove(server)
        if not problem:
            return server
        server.stop()
        reasons.append(f"{name}: {problem}")
    raise NoSandbox("No sandbox could be started. " + "; ".join(reasons))


# --- cleaning: from any JSON to the shapes that judging and pages expect ------------------------


def _text(value, most):
    return readable(value, most) if isinstance(value, str) else ""


def _size(row):
    # As memory holds it: one sign beyond the usual ones makes a whole text four times as large.
    return sys.getsizeof(row) + sum(map(sys.getsizeof, row.values()))


def _numbers(described):
    """Return how many numbers a clean description holds."""
    if described["is"] == "calls":
        return sum(map(_numbers, described["returned"]))
    curves = [curve for axes in described.get("axes", []) for curve in axes["curves"]]
    return len(described.get("values", [])) + sum(2 * len(curve["x"]) for curve in curves)


def clean_outputs(rows, room: int = ALONE.output) -> list[dict]:
    """Return the outputs of a cell in a known shape; what does not fit is dropped.

    So is what goes beyond ``room`` bytes of memory; a line says so.
    """
    cleaned = []
    for row in _clean_rows(rows):
        room -= _size(row)
        if room < 0:
            says = "The rest of the output is left out: it is too much."
            return [*cleaned, {"type": "stream", "name": "stdout", "text": says}]
        cleaned.append(row)
    return cleaned


def _clean_rows(rows):
    cleaned = []
    for row in rows[:200] if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        kind = row.get("type")
        if kind == "stream":
            name = "stderr" if row.get("name") == "stderr" else "stdout"
            cleaned.append({"type": kind, "name": name, "text": _text(row.get("text"), 20_000)})
        elif kind in ("display", "result"):
            kept = {"type": kind, "text": _text(row.get("text"), 20_000)}
            png = row.get("png")
            if isinstance(png, str) and len(png) <= 1_000_000 and _is_base64(png):
                kept["png"] = png
            cleaned.append(kept)
        elif kind == "error":
            says = _text(row.get("says"), 2000)
            line = row["line"] if type(row.get("line")) is int else 0
            about = {"name": _text(row.get("name"), 200), "says": says, "line": line}
            cleaned.append({"type": kind, **about})
    return cleaned


def _is_base64(text):
    return (
        text.isascii()
        and text.replace("\n", "").rstrip("=").replace("+", "").replace("/", "").isalnum()
    )


def _odd():
    return {"is": "odd", "says": "no readable answer came back"}


def clean_description(described) -> dict:
    """Return a description in a known shape; anything else becomes ``odd``."""
    odd = _odd()
    if not isinstance(described, dict):
        return odd
    what = described.get("is")
    if what in ("blank", "missing"):
        return {"is": what}
    if what in ("odd", "error"):
        return {"is": what, "says": _text(described.get("says"), 2000)}
    if what == "choice":
        option, reason = described.get("option"), described.get("reason")
        return {"is": what, "option": _text(option, 3), "reason": _text(reason, 3)}
    if what == "values":
        return _clean_values(described) or odd
    if what == "calls":
        returned = described.get("returned")
        if not isinstance(returned, list) or len(returned) > 200:
            return odd
        items = [
            clean_description(item) if isinstance(item, dict) and item.get("is") != what else odd
            for item in returned
        ]
        return {"is": what, "returned": items}
    if what == "figure":
        axes = described.get("axes")
        if not isinstance(axes, list) or len(axes) > 12:
            return odd
        return {"is": what, "axes": [_clean_axes(item) for item in axes]}
    return odd


def _clean_values(described):
    values, shape = _floats(described.get("values")), described.get("shape")
    good_shape = isinstance(shape, list) and len(shape) <= 8
    good_shape = good_shape and all(type(n) is int and 0 <= n <= MOST_VALUES for n in shape)
    good_shape = good_shape and (0 not in shape or shape == [0])  # the others could tell a secret
    if values is None or not good_shape or math.prod(shape) != len(values):
        return None
    return {"is": "values", "shape": shape, "values": values}


def _floats(values):
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        return None
    cleaned = []
    for value in values:
        if type(value) in (int, float) and abs(value) <= 1e300:
            cleaned.append(float(value))
        elif value in ("nan", "inf", "-inf"):
            cleaned.append(value)
        else:
            return None
    return cleaned


def _clean_axes(axes):
    axes = axes if isinstance(axes, dict) else {}
    curves = axes.get("curves")
    cleaned = {name: _text(axes.get(name), 2000) for name in ("title", "xlabel", "ylabel")}
    cleaned |= {name: axes.get(name) is True for name in ("legend", "drawn")}
    cleaned["curves"] = []
    for curve in curves[:100] if isinstance(curves, list) else []:
        x, y = (
            (_floats(curve.get(name)) for name in "xy") if isinstance(curve, dict) else (None, None)
        )
        if x is not None and y is not None and len(x) == len(y):
            kept = {"x": x, "y": y, "label": _text(curve.get("label"), 200)}
            names = curve.get("names")
            if isinstance(names, list) and len(names) == len(x) <= MOST_NAMES:
                kept["names"] = [_text(name, 200) for name in names]
            cleaned["curves"].append(kept)
    return cleaned
