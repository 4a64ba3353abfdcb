"""Runs first in every kernel that the tests start (see kernels.py).

It keeps the kernel off the network and, for a notebook run as a test, notes how long it took and
how much memory it needed.
"""

import json
import os
import sys
import time
from ipaddress import ip_address
from pathlib import Path

from IPython import get_ipython

BEGUN = time.time()
WATCHED = {
    "socket.connect": lambda args: args[1],
    "socket.sendto": lambda args: args[1],
    "socket.getaddrinfo": lambda args: args[0],
    "socket.gethostbyname": lambda args: args[0],
}


def is_local(address) -> bool:
    """Whether a socket address or host name stays on this machine."""
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost") or host.startswith("/"):  # a path is a Unix socket
        return True
    try:
        return ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def keep_off_the_network(event, args):
    """Audit hook: refuse to leave this machine. Unlike a patched socket it cannot be undone."""
    if event in WATCHED and not is_local(WATCHED[event](args)):
        raise OSError(
            f"a notebook tried to reach {WATCHED[event](args)!r}: the course runs without a "
            "network, so ship the data in assets/ instead"
        )


def peak_memory_mb() -> float:
    """Highest resident memory of this process so far (where only the present is known, that)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import psutil

    return psutil.Process().memory_info().rss / 1e6


def note_measures(_result=None):
    """After each cell: time on the clock, time at work and peak memory, in one small file."""
    measures = {
        "seconds": time.time() - BEGUN,
        "busy_seconds": time.process_time(),  # the same, however busy the machine is
        "peak_mb": peak_memory_mb(),
    }
    Path(os.environ["IGF1LAB_MEASURES"]).write_text(json.dumps(measures))


sys.addaudithook(keep_off_the_network)
if "IGF1LAB_MEASURES" in os.environ:
    get_ipython().events.register("post_run_cell", note_measures)
