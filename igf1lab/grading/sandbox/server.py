"""The fork server: imports the course's stack once, then forks one confined child a submission.

It never sees a notebook: it receives two sockets a submission, one to work over and one that is
the kill switch, and hands them to the child. Started by :mod:`igf1lab.grading.sandbox.tiers`.

A submission is three processes. The *watcher* stands outside: it holds the kill switch, measures
and kills. The *first* process of the student's namespaces only collects the dead; it is confined
and limited before it forks the *student*, which runs the cells. When the first process goes, the
kernel ends everything else in its namespace.
"""

import gc
import json
import os
import re
import select
import signal
import socket
import sys
import time
from pathlib import Path

from igf1lab.grading.sandbox import confine

PRIVATE_FOLDERS = ("/submission", "/scratch", "/tmp", "/dev/shm", "/server")
WORK, KILL = 10, 11  # descriptors in the children
POLL_MS = 50
GRACE_SECONDS = 1.0  # beyond a cell's own limit, before its process is killed
SOCKET_MIB = 0.21  # what may wait in a socket that nobody reads
MOST_STARTED = 10_000  # processes and threads in all
STUCK = 0.25  # of the time in which all that it does is wait for a disk (or makes believe to)
BEGINS, ENDS = b".", b","  # how the client says so of a step
TICKS = os.sysconf("SC_CLK_TCK")
# The tables of a process's pages lie outside of its own memory and may be larger.
_MEMORY = re.compile(r"^(?:RssAnon|VmSwap|VmPTE):\s*(\d+)", re.MULTILINE)
CRASHED, OUT_OF_TIME = 3, 4  # how the first process says that the student was killed
TOO_LONG = "used more processor time than it may"
USED_UP = "took longer than a whole notebook may"
PRELOAD = (
    "numpy", "scipy.integrate", "scipy.interpolate", "scipy.optimize", "scipy.signal", "scipy.stats",
    "matplotlib.pyplot", "igf1lab.evidence", "igf1lab.exercises", "igf1lab.units", "igf1lab.models",
)  # fmt: skip


_WARM_UP = """
import matplotlib.pyplot
figure, axes = matplotlib.pyplot.subplots()
axes.plot([0.0, 1.0], [0.0, 1.0], label="µ")
axes.plot([0.0, 1.0], [1.0, 0.0], "--o", label="b")
axes.set(xlabel="µ", ylabel="b (mg/dL)", title="a")
axes.legend()
"a"
"""


def _private_folders() -> list[str]:
    """Return the folders to empty for every submission.

    One that holds Python or the course (a checkout under /tmp) cannot be: it stays read-only.
    """
    needed = [Path(p) for p in (sys.base_prefix, sys.prefix, *sys.path, __file__) if p]
    return [f for f in PRIVATE_FOLDERS if not any(p.is_relative_to(f) for p in needed)]


def _preload():
    import importlib
    import pkgutil

    import matplotlib

    matplotlib.use("Agg")
    for name in PRELOAD:
        importlib.import_module(name)
    models = sys.modules["igf1lab.models"]
    for module in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"igf1lab.models.{module.name}")
    from igf1lab.grading.sandbox import student

    sys.modules["igf1lab.evidence"].claims()  # which the end of each set shows
    # Whatever the first cell, the first answer and the first figure cost is paid here once, not in
    # every child: fonts, text layout, the PNG writer, the tables of the shell.
    sys.modules["matplotlib.pyplot"].switch_backend("agg")  # from here on there is no other
    shell = student.make_shell()
    student.prepare_plots(shell, True)
    shell.run_cell(_WARM_UP, store_history=False).raise_error()
    student.show_plots(True)
    student.describe_name(shell.user_ns, "1.5", "number", None)
    student.OUT.clear()
    shell.reset(new_session=False)
    return shell


def main(control_fd: int, confinement: str) -> None:
    """Serve until the client closes the control socket."""
    if os.getuid() == 0:
        confine.become_nobody()
    confine.allow_tracing(False)
    control = socket.socket(fileno=control_fd)
    shell = _preload()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control.sendall(b"ready\n")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 65536, 2)
        _reap()
        if not message:
            return
        order = json.loads(message)
        if os.fork() == 0:
            try:
                _watch(shell, descriptors, order, confinement == "namespaces")
            except BaseException as error:
                _tell(descriptors[1], KILL, f"could not confine: {error}")
            finally:
                os._exit(1)
        for descriptor in descriptors:
            os.close(descriptor)


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _tell(*descriptors_then_text):
    *descriptors, text = descriptors_then_text
    for descriptor in descriptors:
        try:
            os.write(descriptor, text.encode()[:500])
            return
        except OSError:
            continue


def _watch(shell, descriptors, order, confined):
    """Be the watcher: start the others, measure them, and leave nothing of them behind."""
    confine.die_with_parent()
    work, kill = (os.dup(descriptor) for descriptor in descriptors)  # out of the way of 10, 11
    os.dup2(work, 100), os.dup2(kill, 101)
    os.dup2(100, WORK), os.dup2(101, KILL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, WORK)
    os.closerange(KILL + 1, 4096)
    os.setsid()
    folders = _private_folders() if confined else []
    if confined:
        confine.enter_namespaces(folders)
    else:
        confine.adopt_orphans()
    ready, said = os.pipe()
    first = os.fork()
    if first == 0:
        os.close(KILL), os.close(ready)
        _be_first(shell, order, said, confined)
    os.close(WORK), os.close(said)
    if confined:
        confine.drop_capabilities()
    trouble = os.read(ready, 500).decode(errors="replace")  # nothing once all is in place
    os.close(ready)
    says = f"could not confine: {trouble}" if trouble else ""
    _tell(KILL, says or _measure(first, order, folders, confined))
    _end(first, confined)


def _measure(first, order, folders, confined):
    """Return, once the student's processes have ended or must end, why.

    The client says over the kill switch when a step begins and ends. Of a submission that runs alone
    each step, and the whole, may take so many seconds of its own: of the processor, or of doing
    nothing. Time in which others kept it waiting is not its own.
    """
    limits, patience = order["limits"], order["cell_seconds"] + GRACE_SECONDS
    watched = select.poll()
    watched.register(KILL, select.POLLIN | select.POLLHUP)
    watched.register(os.pidfd_open(first), select.POLLIN)
    begun = own = seconds = idle = 0.0
    at_work, used = False, {}
    looked = time.monotonic()
    while True:
        events = dict(watched.poll(POLL_MS))
        if KILL in events:
            said = os.read(KILL, 100)
            if not said:
                return ""
            at_work, begun = said.endswith(BEGINS), own
        elif events:
            end = os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
            crashed = end.si_code != os.CLD_EXITED or end.si_status == CRASHED
            if end.si_status == OUT_OF_TIME:
                return TOO_LONG
            return "crashed" if crashed else "ended itself"
        pids = _inside() if confined else _descendants()
        memory, ticks, share = _usage(pids, used)
        # Of children that nobody waits for, what was seen is all there is.
        seconds = max(seconds, ticks, sum(used.values()))
        memory += sum(map(_filled, folders))
        memory += SOCKET_MIB * _sockets() if confined else 0
        now = time.monotonic()
        # Who is kept waiting here is kept waiting there: what was not seen does not count.
        idle += at_work * share * min(now - looked, 2 * POLL_MS / 1000)
        looked, own = now, seconds + idle
        if order["alone"] and own > limits["total_seconds"] + patience:
            return USED_UP
        if seconds > limits["cpu_s"] or (order["alone"] and own - begun > patience):
            return TOO_LONG
        if memory > limits["total_mib"]:
            return "took more memory than it may"
        started = max(pids, default=0) if confined else 0  # numbers are given in turn
        if len(pids) > limits["processes"] + 4 or started > MOST_STARTED:
            return "started more processes than it may"
        if not confined:
            _reap_but(first)


def _inside():
    """Return the processes of the student's namespace: its /proc is mounted over ours."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208


def _descendants():
    found, todo = [], [os.getpid()]
    while todo:
        children = []
        for task in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
            try:
                children += map(int, task.read_text().split())
            except OSError:
                continue
        todo += children
        found += children
    return found


def _usage(pids, used):
    """Return (MiB of private memory, processor seconds, share of the time that was its own doing).

    The seconds are with those of ended children. Those of each process alone go into ``used``.
    """
    kib, ticks, states = 0, 0, set()
    for pid in pids:
        try:
            # A process may call itself by any bytes.
            status = Path(f"/proc/{pid}/status").read_text(errors="replace")
            numbers = Path(f"/proc/{pid}/stat").read_text(errors="replace")
            numbers = numbers.rpartition(")")[2].split()
        except OSError:
            continue
        kib += sum(map(int, _MEMORY.findall(status)))
        mine, of_children = sum(map(int, numbers[11:13])), sum(map(int, numbers[13:15]))
        ticks += mine + of_children
        used[pid] = mine / TICKS
        states.add(numbers[0])
    share = 0.0 if "R" in states else STUCK if "D" in states else 1.0
    return kib / 1024, ticks / TICKS, share


def _filled(folder):
    """Return the MiB that files take in a folder in memory, mapped, open or deleted ones too."""
    room = os.statvfs(folder)
    return (room.f_blocks - room.f_bfree) * room.f_frsize / 1024 / 1024


def _sockets():
    try:
        text = Path("/proc/1/net/sockstat").read_text()
    except OSError:
        return 0
    return int(re.search(r"sockets: used (\d+)", text)[1])


def _reap_but(first):
    """Collect the dead among our children, but leave the student's own end to the poll."""
    for entry in _descendants():
        try:
            state = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[0]
            if entry != first and state == "Z":
                os.waitpid(entry, os.WNOHANG)
        except (OSError, IndexError):
            continue


def _end(first, confined):
    """Kill everything that the student started; return when it is gone."""
    if confined:
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)  # which waits for everybody else in the namespace
        os._exit(0)
    for _ in range(200):  # orphans come to us, so this ends
        children = _descendants()
        if not children:
            break
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _reap()
        time.sleep(0.005)
    os._exit(0)


def _be_first(shell, order, said, confined):
    """Be the first process of the namespace, or, without namespaces, the student."""
    try:
        confine.die_with_parent()
        if confined:
            confine.close_namespaces()
            confine.allow_tracing(False)
        confine.share_processors(order["processor"], not order["alone"])
        confine.set_limits(order["limits"])
        if confined:
            confine.filter_system_calls()
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # which a first process does not get
    except BaseException as error:
        os.write(said, f"{type(error).__name__}: {error}".encode())
        os._exit(1)
    student = os.fork() if confined else 0
    os.close(said)
    if student == 0:
        _be_student(shell, order, confined)
    os.close(WORK)
    while True:
        pid, status = os.wait()
        if pid == student:
            code = os.waitstatus_to_exitcode(status)
            os._exit(0 if code >= 0 else OUT_OF_TIME if code == -signal.SIGXCPU else CRASHED)


def _be_student(shell, order, confined):
    try:
        confine.die_with_parent()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        confine.allow_tracing(True)  # it may look at itself and its own children
        if confined:
            os.setpgid(0, 0)
            home = "/submission"
        else:
            os.setsid()
            home = os.environ["HOME"] = os.environ["TMPDIR"] = order["folder"]
        os.chdir(home)
        sys.path[:0] = [""]
        from igf1lab.grading.sandbox.student import serve

        work = socket.socket(fileno=WORK)
        serve(shell, work, order)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
