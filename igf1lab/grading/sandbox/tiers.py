"""Start a fork server in one kind of sandbox: bubblewrap, or none at all.

In bubblewrap every submission gets namespaces of its own inside.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from igf1lab.evidence import assets_dir
from igf1lab.grading.sandbox import confine

PACKAGE = Path(__file__).resolve().parents[2]  # igf1lab/
START_SECONDS = 120
_PREFIX = "igf1lab-grade-"
INSIDE = {"HOME": "/scratch", "TMPDIR": "/scratch", "IPYTHONDIR": "/server/ipython"}
INSIDE["MPLCONFIGDIR"] = "/server/mpl"
GET_BUBBLEWRAP = (
    "On Debian and Ubuntu: sudo apt install bubblewrap; on Fedora: sudo dnf install bubblewrap; on "
    "Windows do so inside WSL2, on macOS inside a Linux virtual machine"
)


class NoSandbox(RuntimeError):
    """No sandbox can be started; the message says what to install or allow."""


@dataclass(frozen=True)
class Tier:
    """One way to confine, with the words the command prints."""

    name: str
    confinement: str  # what each submission gets: namespaces or none
    says: str


TIERS = {
    "bubblewrap": Tier(
        "bubblewrap", "namespaces", "bubblewrap, namespaces per submission, seccomp"
    ),
    "none": Tier("none", "none", "NO SANDBOX: students' code runs with your rights"),
}


@dataclass
class Server:
    """A running fork server."""

    tier: Tier
    process: subprocess.Popen
    control: socket.socket
    folder: str  # holds the log, and the students' folders where there are no namespaces
    lock: int = -1  # held as long as the folder is in use

    def ends_within(self, seconds: float) -> bool:
        """Return whether the server is gone, or goes within some seconds."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Stop the server and all its children."""
        self.control.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def _locked(folder):
    """Return a descriptor that locks a folder as long as this process lives; -1 if it is in use."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return -1
    return lock


def _sweep():
    """Delete the folders of graders that were killed: nobody holds their locks."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid() and not folder.is_symlink():
                lock = _locked(folder)
                if lock >= 0:
                    shutil.rmtree(folder, ignore_errors=True)
                    os.close(lock)


def _packages() -> list[str]:
    """Return the folders that installed packages are imported from."""
    return [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]


def _environment() -> dict[str, str]:
    threads = ("OPENBLAS", "OMP", "MKL", "NUMEXPR")
    return {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), *_packages()]),
        "MPLBACKEND": "agg",
        **{f"{name}_NUM_THREADS": "1" for name in threads},
    }


def _server_command(tier, descriptor):
    module = "igf1lab.grading.sandbox.server"
    return [sys.executable, "-m", module, str(descriptor), tier.confinement]


def _parents(path):
    """Return --dir arguments that make the parents of a bound path searchable by anybody."""
    arguments = []
    for parent in reversed(Path(path).parents):
        if str(parent) not in ("/", "/usr"):
            arguments += ["--perms", "0755", "--dir", str(parent)]
    return arguments


def _bubblewrap(descriptor):
    root = os.getuid() == 0
    assets, keys = assets_dir(), assets_dir() / "exercises"
    prefixes = [sys.base_prefix, sys.prefix]
    outside = [p for p in _packages() if not any(Path(p).is_relative_to(q) for q in prefixes)]
    bound = dict.fromkeys([*prefixes, *outside, str(PACKAGE), str(assets)])
    command = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--hostname", "grader", "--cap-drop", "ALL"]
    if root:
        # Only to mount /proc and to leave root: the server does both before anything else.
        for capability in ("SETUID", "SETGID", "SETPCAP", "SYS_ADMIN"):
            command += ["--cap-add", f"CAP_{capability}"]
    else:
        command += ["--unshare-user", "--uid", str(confine.NOBODY), "--gid", str(confine.NOBODY)]
    command += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64", "sbin"):
        command += ["--symlink", f"usr/{name}", f"/{name}"]
    for path in bound:
        if not path.startswith("/usr"):
            command += [*_parents(path), "--ro-bind", path, path]
    if keys.is_dir():
        command += ["--tmpfs", str(keys), "--remount-ro", str(keys)]
    for path in ("/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"):
        command += ["--ro-bind-try", path, path]
    command += ["--perms", "0755", "--dir", "/proc"] if root else ["--proc", "/proc"]
    command += ["--dev", "/dev", "--remount-ro", "/dev"]
    for folder in ("/submission", "/scratch", "/tmp"):
        command += ["--perms", "0777", "--dir", folder]
    command += ["--size", str(64 << 20), "--perms", "0777", "--tmpfs", "/server"]
    command += ["--chdir", "/server", "--remount-ro", "/"]
    for name, value in (_environment() | INSIDE).items():
        command += ["--setenv", name, value]
    return [*command, "--", *_server_command(TIERS["bubblewrap"], descriptor)]


def start(name: str) -> Server:
    """Start a server in one tier.

    Raises
    ------
    NoSandbox
        If this tier cannot be started here; the message says why.
    """
    tier = TIERS[name]
    if name == "bubblewrap" and shutil.which("bwrap") is None:
        raise NoSandbox(f"bubblewrap is not installed. {GET_BUBBLEWRAP}")
    if name != "bubblewrap" and os.getuid() == 0:
        raise NoSandbox(f"refused as root without bubblewrap ({name}): run as a plain user")
    _sweep()
    lock = -1
    while lock < 0:  # somebody else's sweep may just look at the new folder
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        lock = _locked(folder)
    ours, theirs = socket.socketpair()
    try:
        descriptor = theirs.fileno()
        environment = _environment() | {"HOME": folder, "TMPDIR": folder, "MPLCONFIGDIR": folder}
        if name == "bubblewrap":
            command, environment = _bubblewrap(descriptor), os.environ | _environment()
        else:
            command = _server_command(tier, descriptor)
        with (Path(folder) / "server.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=[descriptor],
                env=environment,
                start_new_session=True,
            )
        theirs.close()
        ours.settimeout(START_SECONDS)
        server = Server(tier, process, ours, folder, lock)
        if ours.recv(6) != b"ready\n":
            says = (Path(folder) / "server.log").read_text(errors="replace").strip()[-600:]
            server.stop()
            raise NoSandbox(f"{name} did not start: {says or 'no message'}")
        ours.settimeout(None)
        return server
    except (OSError, subprocess.SubprocessError) as error:
        ours.close()
        theirs.close()
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
        raise NoSandbox(f"{name} did not start: {error}") from None
