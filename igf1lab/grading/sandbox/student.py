"""Inside the confined process: run cells and answer questions about them, one step at a time.

Nothing here is trusted by anybody: a student's code can replace all of it. It only has to be
right for honest students and quick.
"""

import contextlib
import io
import json
import os
import signal
import socket
import sys
import time

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from igf1lab.exercises.answers import describe_name

_INSTALLERS = ("pip", "pip3", "conda", "mamba", "micromamba", "uv", "apt", "apt-get")
MOST_TEXT = 20_000  # characters of text kept a cell
MOST_IMAGE = 1_000_000  # bytes of one image, base64


class CellTimeout(KeyboardInterrupt):
    """A cell ran too long. Not an Exception, so that ``except Exception`` lets it through."""


class Outputs:
    """What a cell shows, capped."""

    def __init__(self):
        self.clear()

    def clear(self):
        """Forget everything: a new cell begins."""
        self.rows, self._room = [], MOST_TEXT

    def text(self, name, text):
        """Add stream text."""
        text = str(text)[: self._room]
        self._room -= len(text)
        if not text:
            return
        last = self.rows[-1] if self.rows else {}
        if last.get("type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.rows.append({"type": "stream", "name": name, "text": text})

    def data(self, kind, bundle):
        """Add a displayed object: its plain text and image only."""
        kept = {"type": kind}
        if isinstance(bundle.get("text/plain"), str):
            kept["text"] = bundle["text/plain"][: max(self._room, 200)]
            self._room -= len(kept["text"])
        image = bundle.get("image/png")
        if isinstance(image, str) and len(image) <= MOST_IMAGE:
            kept["png"] = image
        if len(self.rows) < 100:
            self.rows.append(kept)

    def error(self, name, says):
        """Add an error."""
        self.rows.append({"type": "error", "name": str(name)[:200], "says": str(says)[:2000]})


OUT = Outputs()


class _Stream(io.TextIOBase):
    def __init__(self, name):
        self.name = name

    def write(self, text):
        OUT.text(self.name, text)
        return len(text)

    def writable(self):
        return True


class _Hook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        OUT.data("result", format_dict)

    def finish_displayhook(self):
        pass


class _Publisher(DisplayPublisher):
    def publish(self, data, **ignored):
        OUT.data("display", data)


class _Shell(InteractiveShell):
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def enable_gui(self, gui=None):
        """Accept ``%matplotlib inline`` and the like."""

    def enable_matplotlib(self, gui=None):
        """Keep the one backend there is."""
        return None, None

    def run_line_magic(self, magic_name, line, _stack_depth=1):
        """Run a magic; one that is not for here (another backend, an installer) does nothing."""
        if magic_name in _INSTALLERS:
            return OUT.text("stdout", "Nothing is installed while marking.\n")
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except (UsageError, ImportError) as error:
            return OUT.text("stderr", f"{error}\n")

    def run_cell_magic(self, magic_name, line, cell):
        """Run a cell's magic; what an unknown one stands above is run as it is."""
        if self.find_cell_magic(magic_name) is None:
            return self.ex(self.transform_cell(cell))
        return super().run_cell_magic(magic_name, line, cell)

    def system(self, cmd):
        """Run a shell command, but no installer: there is no network to wait for."""
        if cmd.split()[:1] and cmd.split()[0] in _INSTALLERS:
            return OUT.text("stdout", "Nothing is installed while marking.\n")
        return super().system(cmd)

    def _showtraceback(self, etype, evalue, stb):
        OUT.error(etype.__name__, evalue)


def make_shell():
    """Return the shell that cells run in; made once, before any fork."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.ast_node_interactivity = "last_expr"
    shell = _Shell.instance(config=config)
    shell.display_formatter.active_types = ["text/plain", "image/png"]
    return shell


class _Clock:
    """Interrupts a step that takes too long; alone, what others make it wait does not count."""

    def __init__(self, seconds, alone):
        self._seconds, self._alone, self._start = seconds, alone, (0.0, 0.0)
        signal.signal(signal.SIGALRM, self._look)
        signal.signal(signal.SIGPROF, _time_out)

    def start(self):
        self._start = self._now()
        # Timers come again every second: one swallowed interrupt is not the end of it.
        signal.setitimer(signal.ITIMER_REAL, self._seconds, 1.0)
        signal.setitimer(signal.ITIMER_PROF, self._seconds, 1.0)

    def stop(self):
        for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)

    def _now(self):
        """Return seconds by the clock, and those of them at work or waiting for a processor."""
        try:
            with open("/proc/self/schedstat") as file:  # noqa: PTH123
                worked, waited, _ = map(int, file.read().split())
        except (OSError, ValueError):
            return time.monotonic(), 0.0
        return time.monotonic(), (worked + waited) / 1e9

    def _look(self, signum, frame):
        clock, busy = (now - then for now, then in zip(self._now(), self._start, strict=True))
        if not self._alone or clock - busy > 0.9 * self._seconds:
            _time_out(signum, frame)


def _time_out(signum, frame):
    raise CellTimeout("this cell ran longer than it may")


def serve(shell, work: socket.socket, order: dict) -> None:
    """Answer steps until the client closes the connection.

    A step is ``{"cell": code}``, ``{"ask": expression, "kind": ..., "calls": ...}`` or
    ``{"file": name, "text": ...}``; each gets one line back, with the step's ``number``.
    """
    server = os.getpid()
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 (lives as long as the process)
    clock = _Clock(order["cell_seconds"], order["alone"])
    figures = order["figures"]
    prepare_plots(shell, figures)
    for line in work.makefile("r", encoding="utf-8", newline="\n"):
        step = json.loads(line)
        reply = {}
        # Anew each time: a cell may have closed or replaced them.
        sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        clock.start()
        try:
            if "cell" in step:
                OUT.clear()
                done = shell.run_cell(step["cell"], store_history=False)
                error = done.error_before_exec or done.error_in_exec
                _note_error(error)
                if isinstance(error, CellTimeout) and order["confined"]:
                    _end_leftovers()
                show_plots(figures)
                clock.stop()
                reply = {"outputs": OUT.rows}
            elif "ask" in step:
                described = describe_name(shell.user_ns, step["ask"], step["kind"], step["calls"])
                reply = {"described": described}
            else:
                with open(step["file"], "w", encoding="utf-8") as file:  # noqa: PTH123
                    file.write(step["text"])
        except KeyboardInterrupt:
            if "cell" in step:
                OUT.error("CellTimeout", "this cell ran longer than it may")
                reply = {"outputs": OUT.rows}
            else:
                reply = {"described": {"is": "odd", "says": "it ran longer than it may"}}
        finally:
            clock.stop()
            if os.getpid() != server:
                os._exit(0)  # a child that a cell forked came back from it: only one may answer
        text = json.dumps(reply | {"number": step["number"]})
        work.sendall(text.encode("utf-8", "replace") + b"\n")


def _note_error(error):
    """Record an error that the shell only printed, as it does with interrupts, and its line."""
    if error is not None and not any(row["type"] == "error" for row in OUT.rows):
        OUT.error(type(error).__name__, error)
    if error is not None:
        next(row for row in OUT.rows if row["type"] == "error")["line"] = _line(error)


def _line(error):
    """Return the line of the cell at which an error arose, 0 if it is not known."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    at, step = 0, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_name == "<module>" and step.tb_frame.f_globals is not globals():
            at = step.tb_lineno
        step = step.tb_next
    return at


def _end_leftovers():
    """Kill what a timed-out cell started, lest it cost a later, innocent cell.

    Only where this process has a pid namespace of its own: the signal goes to everybody else.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)


def prepare_plots(shell, figures: bool) -> None:
    """Let there be one backend, whatever a notebook asks for."""
    plt = sys.modules["matplotlib.pyplot"]
    plt.show = lambda *arguments, **keywords: None  # figures are shown at the end of the cell
    # There is one backend here; a notebook may ask for the one of its own screen.
    sys.modules["matplotlib"].use = plt.switch_backend = lambda *arguments, **keywords: None
    from IPython.core.pylabtools import select_figure_formats

    select_figure_formats(shell, {"png"} if figures else set(), dpi=60)


def show_plots(figures: bool) -> None:
    """Show the open figures and close them."""
    plt = sys.modules["matplotlib.pyplot"]
    if figures:
        import base64

        for number in plt.get_fignums()[:8]:
            file = io.BytesIO()
            with contextlib.suppress(Exception):
                plt.figure(number).savefig(file, format="png", dpi=60)
                image = base64.b64encode(file.getvalue()).decode()
                OUT.data("display", {"image/png": image, "text/plain": "a figure"})
    plt.close("all")
