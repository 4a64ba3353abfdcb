"""Start a class: ``python -m igf1lab.classroom`` (or ``make class``)."""

import argparse
import contextlib
import socket
import sys
import threading
import webbrowser
from pathlib import Path

import segno
import uvicorn

from igf1lab.classroom.doors import Doors
from igf1lab.classroom.journal import FolderRefused, Journal, open_folder
from igf1lab.classroom.questions import questions
from igf1lab.classroom.room import Room
from igf1lab.classroom.server import Class, make_app
from igf1lab.web.places import ROOT, SITE
from igf1lab.web.serve import own_address

ADVICE = (
    "If phones do not reach this address: they must be in the same network; this computer's firewall\n"
    "must let Python take connections; and some guest networks keep their members apart. Then use a\n"
    "phone's hotspot for all, or run the same command on any computer that the room can reach."
)


class Server(uvicorn.Server):
    """A server that lets its wires finish when it is told to stop."""

    def __init__(self, config: uvicorn.Config, lecture: Class):
        super().__init__(config)
        self._lecture = lecture

    def handle_exit(self, sig, frame):
        """End the wires, then stop as any server."""
        self._lecture.wires.end()
        super().handle_exit(sig, frame)


def main(arguments: list[str] | None = None) -> int:
    """Serve one class until Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m igf1lab.classroom", description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument(
        "--host", default="0.0.0.0", help="127.0.0.1 keeps the class on this machine"
    )
    parser.add_argument("--site", type=Path, default=SITE, help="folder of the built pages")
    parser.add_argument(
        "--keep", type=Path, default=Path("~/igf1-class"), help="folder for what was asked"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the board")
    wish = parser.parse_args(arguments)
    if not (wish.site / "index.html").exists():
        parser.error(f"there are no pages in {wish.site} yet; make them with: make web-pages")
    try:
        journal = Journal(open_folder(wish.keep, ROOT))
    except FolderRefused as fault:
        parser.error(str(fault))
    room, doors = Room(questions()), Doors()
    if found := journal.replay(room):
        print(f"A class that was interrupted goes on: {found} events read from {journal.path}.")
        if journal.torn:
            print(
                f"{journal.torn} unfinished line(s) in it were left out; no confirmed vote was in them."
            )
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((wish.host, wish.port))
        except OSError:
            print(f"Port {wish.port} is taken by another program, so another one was chosen.")
            listening.bind((wish.host, 0))
        port = listening.getsockname()[1]
        join = join_address(wish.host, port)
        tell(join, port, doors.pin)
        if not wish.no_browser:
            board = f"http://localhost:{port}/class/board"
            threading.Timer(1.0, webbrowser.open, [board]).start()
        lecture = Class(room, journal, doors, join)
        app = make_app(lecture, wish.site)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, ws="none")
        with contextlib.suppress(KeyboardInterrupt):
            Server(config, lecture).run(sockets=[listening])
    kept = journal.end(room)
    print(
        f"The class has ended. What was asked, without names: {kept}"
        if kept
        else "The class has ended."
    )
    return 0


def join_address(host: str, port: int) -> str:
    """Return the address that learners open."""
    name = host if host not in ("0.0.0.0", "127.0.0.1") else None
    if host == "0.0.0.0":
        name = own_address()
    return f"http://{name or 'localhost'}:{port}/"


def tell(join: str, port: int, pin: str) -> None:
    """Print where the class is, for learners and for the lecturer."""
    print(f"\nLearners join at   {join}\n")
    if sys.stdout.isatty():
        segno.make(join, micro=False).terminal(compact=True)
    print(f"Board (projector)  http://localhost:{port}/class/board")
    print(f"Desk (your screen) http://localhost:{port}/class/desk")
    print(f"PIN of the desk    {pin}\n")
    alone = "localhost" in join
    print("No network was found: only this machine can join." if alone else ADVICE)
    print("Stop the class with Ctrl-C.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
