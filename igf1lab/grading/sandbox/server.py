"""The fork server: imports the course's stack once, then forks one confined child a submission.

It never sees a notebook: it receives two sockets a submission, one to work over and one that is
the kill switch, and hands them to the child. Started by :mod:`igf1lab.grading.sandbox.tiers`.
"""

import gc
import io
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

from igf1lab.grading.sandbox import confine

PRIVATE_FOLDERS = ("/submission", "/scratch", "/tmp", "/dev/shm", "/server")
WORK, KILL = 10, 11  # descriptors in the child
PRELOAD = (
    "numpy", "scipy.integrate", "scipy.optimize", "scipy.signal", "scipy.stats",
    "matplotlib.pyplot", "igf1lab.evidence", "igf1lab.grading", "igf1lab.units", "igf1lab.models",
)  # fmt: skip


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
    import matplotlib.pyplot as plt

    from igf1lab.grading.sandbox.student import make_shell

    # Fonts, text layout and the PNG writer warm up here, not in every child.

    figure, axes = plt.subplots()
    axes.plot([0, 1])
    axes.set_xlabel("µ")
    figure.savefig(io.BytesIO(), dpi=60)
    plt.close("all")
    return make_shell()


def main(control_fd: int, confinement: str, readable: list[str]) -> None:
    """Serve until the client closes the control socket."""
    if os.getuid() == 0:
        confine.become_nobody()
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
                _child(shell, descriptors, order, confinement, readable)
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


def _child(shell, descriptors, order, confinement, readable):
    """First process of a submission: confine, then fork the supervisor and wait for it."""
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
    if confinement == "namespaces":
        confine.enter_namespaces(_private_folders())
        supervisor = os.fork()
        if supervisor:
            os.close(WORK), os.close(KILL)
            os.waitpid(supervisor, 0)
            os._exit(0)
        confine.die_with_parent()
        confine.close_namespaces()
        home = "/submission"
    else:
        confine.adopt_orphans()
        home = order["folder"]
    _supervise(shell, order, confinement, readable, home)


def _supervise(shell, order, confinement, readable, home):
    """Fork the student; watch the kill switch, memory and processes; leave nothing behind."""
    limits = order["limits"]
    student = os.fork()
    if student == 0:
        os.close(KILL)
        _be_student(shell, order, confinement, readable, home)
    os.close(WORK)
    watched = select.poll()
    watched.register(KILL, select.POLLIN | select.POLLHUP)
    watched.register(os.pidfd_open(student), select.POLLIN)
    while True:
        events = dict(watched.poll(100))
        if KILL in events:
            break
        if events:
            _, status = os.waitpid(student, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status)
            _tell(KILL, f"ended with {'signal' if code < 0 else 'exit code'} {abs(code)}")
            break
        used, count = _usage(confinement)
        if used > limits["total_mib"] or count > limits["processes"] + 4:
            too_much = f"{used:.0f} MiB" if used > limits["total_mib"] else f"{count} processes"
            _tell(KILL, f"took too much: {too_much}")
            break
        _reap_but(student)
    _end(confinement)


def _reap_but(student):
    """Collect the dead among our children, but leave the student's own end to the poll."""
    for entry in _processes():
        if entry != student and _state(entry) == "Z":
            try:
                os.waitpid(entry, os.WNOHANG)
            except ChildProcessError:
                continue


def _state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _processes():
    me = os.getpid()
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != me]  # noqa: PTH208


def _usage(confinement):
    """Return (MiB of private memory, number of processes) of everything we watch over."""
    page = os.sysconf("SC_PAGE_SIZE") / 1024 / 1024
    pids = _processes() if confinement == "namespaces" else _descendants()
    pages = 0
    for pid in pids:
        try:
            resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
        except (OSError, ValueError):
            continue
        pages += int(resident) - int(shared)
    return pages * page, len(pids)


def _descendants():
    found, todo = [], [os.getpid()]
    while todo:
        try:
            children = Path(f"/proc/{todo[0]}/task/{todo[0]}/children").read_text().split()
        except OSError:
            children = []
        todo = todo[1:] + [int(child) for child in children]
        found += [int(child) for child in children]
    return found


def _end(confinement):
    if confinement == "namespaces":
        os._exit(0)  # pid 1 leaves: the kernel kills everything else in the namespace
    for _ in range(200):  # subreaper: orphans come to us, so this ends
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


def _be_student(shell, order, confinement, readable, home):
    try:
        confine.die_with_parent()
        if confinement == "namespaces":
            os.setpgid(0, 0)
        else:
            os.setsid()
            os.environ["HOME"] = os.environ["TMPDIR"] = home
            if confinement == "landlock":
                # In a container Python lies where the image has it.
                confine.lock_files([*readable, sys.base_prefix, sys.prefix], [home])
        os.chdir(home)
        sys.path[:0] = [""]
        confine.set_limits(order["limits"])
        if confinement != "none":
            confine.filter_system_calls(alone=confinement == "namespaces")
        from igf1lab.grading.sandbox.student import serve

        work = socket.socket(fileno=WORK)
        serve(shell, work, order)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
