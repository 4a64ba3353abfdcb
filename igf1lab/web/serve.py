"""Serve the built site on this machine and to others of its network."""

import functools
import http.server
import socket
import sys
from pathlib import Path
from typing import ClassVar


class Handler(http.server.SimpleHTTPRequestHandler):
    """A plain static host with the right types, whatever this machine's registry says of them."""

    extensions_map: ClassVar = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".css": "text/css",
        ".html": "text/html; charset=utf-8",
        ".ipynb": "application/json",
        ".js": "text/javascript",
        ".json": "application/json",
        ".mjs": "text/javascript",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".whl": "application/zip",
    }
    protocol_version = "HTTP/1.1"  # connections are kept, as a real host does

    def log_request(self, code="-", size="-"):
        """Say nothing of what went well."""

    def end_headers(self):
        """Let browsers ask whether a file has changed, so that a new build shows at once."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


class Server(http.server.ThreadingHTTPServer):
    """A server with a thread for each connection, silent about readers who leave early."""

    def handle_error(self, request, client_address):
        """Say what went wrong, but for a closed connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def server(folder: Path, port: int, host: str = "") -> Server:
    """Return a server of ``folder``; port 0 takes any free one."""
    return Server((host, port), functools.partial(Handler, directory=str(folder)))


def own_address() -> str | None:
    """Return this machine's address in its network; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # names a way out; nothing is sent
        except OSError:
            return None
        return probe.getsockname()[0]


def serve(folder: Path, port: int) -> None:
    """Serve until interrupted, and print the addresses."""
    try:
        running = server(folder, port)
    except OSError:
        print(f"Port {port} is taken by another program, so another one was chosen.")
        running = server(folder, 0)
    port = running.server_address[1]
    print(f"The course is at  http://localhost:{port}/")
    if address := own_address():
        print(f"On a phone in the same network:  http://{address}:{port}/")
        print(
            "(There it works while the network is there; keeping pages needs localhost or https.)"
        )
    print("Stop with Ctrl-C.", flush=True)
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        running.server_close()
