"""Real JupyterLab in a real browser: one server, one page, and what the tests do with them."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Locator, Page

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = ROOT / "test-results"
PICTURES = bool(os.environ.get("IGF1LAB_PICTURES"))  # a minute of work that only a person needs
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TOKEN = "course"
WIDE, NARROW = 1280, 400
# What the course itself puts on the page. JupyterLab's own faults are not ours to test.
OURS = ".ig-explorer, .ig-widget, .ig-panel, .ig-figure"
# Settings that keep JupyterLab still: no news, no dialogs, every cell in the page.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
    "docmanager-extension/plugin": {"autosave": False},
}


def find_chromium() -> str | None:
    """Return the browser to drive: ``$CHROMIUM``, or the first one on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def jupyterlab(folder: Path, home: Path) -> Iterator[str]:
    """Serve ``folder`` as a learner's machine would, with all of Jupyter's own files in ``home``.

    Yields
    ------
    str
        Address of the server.
    """
    for plugin, settings in SETTINGS.items():
        place, name = plugin.split("/")
        file = home / "settings" / "@jupyterlab" / place / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    address = f"http://127.0.0.1:{(port := free_port())}"
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": TOKEN,
        "LabApp.extension_manager": "readonly",
    }
    environment = os.environ | {
        "IGF1LAB_PROGRESS": str(home / "progress.db"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--expose-app-in-browser", *(f"--{key}={value}" for key, value in options.items())]
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for_server(address, server, home / "server.log")
        yield address
    finally:
        server.terminate()
        server.wait(20)


def wait_for_server(address: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def save_picture(of: Page | Locator, name: str, **options) -> None:
    """Save a picture in ``test-results/``, if ``IGF1LAB_PICTURES`` asks for it."""
    if PICTURES:
        RESULTS.mkdir(exist_ok=True)
        of.screenshot(path=RESULTS / name, **options)


class Lab:
    """A page of JupyterLab with one lesson open."""

    def __init__(self, page: Page, address: str):
        self.page = page
        self.sent = 0  # messages from the page to kernels
        self.crashes: list[str] = []
        page.on("websocket", self._listen)
        page.on("pageerror", lambda error: self.crashes.append(str(error)))
        page.goto(f"{address}/lab?token={TOKEN}")
        page.wait_for_function("window.jupyterapp?.restored.then(() => true)", timeout=60_000)
        page.evaluate(
            """() => { jupyterapp.shell.mode = 'single-document';
                       jupyterapp.shell.collapseLeft(); jupyterapp.shell.collapseRight(); }"""
        )

    def _listen(self, websocket) -> None:
        if "/channels" in websocket.url:
            websocket.on("framesent", lambda _: setattr(self, "sent", self.sent + 1))

    def command(self, name: str, **arguments) -> None:
        self.page.evaluate(
            "([name, args]) => jupyterapp.commands.execute(name, args).then(() => null)",
            [name, arguments],
        )

    # --- a lesson ---------------------------------------------------------------------------

    def open_lesson(self, name: str) -> None:
        """Open a lesson in place of the one before, with a kernel of its own."""
        self.page.set_viewport_size({"width": WIDE, "height": 900})
        self.page.evaluate(  # else JupyterLab asks whether to save
            "() => { for (const w of jupyterapp.shell.widgets('main'))"
            " if (w.context?.model) w.context.model.dirty = false; }"
        )
        self.command("application:close-all")
        self.page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
        self.crashes.clear()
        self.command("docmanager:open", path=f"notebooks/{name}.ipynb", factory="Notebook")
        self.page.wait_for_function(
            "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=60_000,
        )

    def run_all(self) -> None:
        """Run every cell and wait until the kernel and the explorers are at rest."""
        self.command("notebook:run-all-cells")
        self.wait_idle()

    def wait_idle(self) -> None:
        """Wait until nothing is being computed: no busy kernel, no explorer without its curves."""
        self.page.wait_for_function(
            """() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'
                && !document.querySelector('.ig-explorer:not([data-ready=true])')""",
            timeout=60_000,
        )

    def wait_quiet(self) -> None:
        """Wait until the page has asked the kernel for nothing for a while."""
        self.wait_idle()
        for _ in range(40):
            sent = self.sent
            self.page.wait_for_timeout(500)
            if self.sent == sent:
                return
        raise AssertionError("the page asks the kernel without end")

    def set_theme(self, dark: bool) -> None:
        self.command("apputils:change-theme", theme=f"JupyterLab {'Dark' if dark else 'Light'}")
        light = str(not dark).lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def set_width(self, pixels: int) -> None:
        self.page.set_viewport_size({"width": pixels, "height": 900})
        self.page.wait_for_timeout(300)  # JupyterLab lays itself out in steps

    def errors(self) -> list[str]:
        """Tracebacks in the outputs, and faults of the page's own scripts."""
        shown = self.page.locator(".jp-OutputArea [data-mime-type$='.error']").all_inner_texts()
        return [*shown, *self.crashes]

    def find(self, selector: str) -> list[Locator]:
        return self.page.locator(selector).all()

    # --- looking ----------------------------------------------------------------------------

    def screenshots(self, name: str) -> None:
        """Save a picture of the page and of each explorer, if somebody wants to look at them."""
        save_picture(self.page, f"{name}.png")
        for number, explorer in enumerate(self.find(".ig-explorer"), 1):
            save_picture(explorer, f"{name}-explorer-{number}.png")

    def axe(self, selector: str = OURS) -> list[str]:
        """What axe-core finds wrong in the elements that match: one line each."""
        return run_axe(self.page, selector)

    def overflowing(self, selector: str = OURS) -> list[str]:
        """Name the elements of the course that are wider than the room they have."""
        return overflowing(self.page, selector)


def run_axe(page: Page, selector: str, only: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds wrong: one line each. By all its rules, or ``only`` some."""
    if not page.evaluate("() => 'axe' in window"):
        # RequireJS on the page would swallow a plain script, so define() is hidden from it.
        page.evaluate(f"() => {{ const define = undefined; {AXE.read_text('utf-8')} }}")
    found = page.evaluate(
        """async ([selector, only]) => {
            if (!document.querySelector(selector)) return [];
            const rules = { region: { enabled: false } };  // a notebook's cells are no landmarks
            const run = only.length ? { runOnly: only } : { rules };
            return (await axe.run(selector, { ...run, resultTypes: ['violations'] })).violations;
        }""",
        [selector, list(only)],
    )
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}\n    {node['html'][:300]}\n"
        f"    {node['failureSummary']}"
        for fault in found
        for node in fault["nodes"]
    ]


def overflowing(page: Page, selector: str) -> list[str]:
    return page.evaluate(
        """(selector) => {
            const scrolls = (node, end) => node !== end
                && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(node).overflowX)
                    || scrolls(node.parentElement, end));
            return [...document.querySelectorAll(selector)].flatMap((part) => {
                const edge = part.parentElement.getBoundingClientRect().right + 1;
                const wide = [part, ...part.querySelectorAll('*')].filter((node) =>
                    node.getBoundingClientRect().right > edge
                    && (node === part || !scrolls(node.parentElement, part)));
                return wide.slice(0, 1).map((node) => `${part.className} `
                    + `${part.dataset.name ?? ''}: ${node.outerHTML.slice(0, 200)} sticks out by `
                    + `${Math.round(node.getBoundingClientRect().right - edge + 1)} px`);
            });
        }""",
        selector,
    )
