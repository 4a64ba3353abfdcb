"""Build ``site/lite/``: JupyterLite with Pyodide, the notebooks and the course inside."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from igf1lab.web import pyodide
from igf1lab.web.places import ROOT, digest

APPS = ("lab", "notebooks", "tree")
EXTENSIONS = (
    "@jupyterlite/pyodide-kernel-extension",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
)
STORE = "igf1lab notebooks"  # as live.js knows it
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}


def build(site: Path) -> None:
    """Build JupyterLite into ``site/lite``, whole or not at all."""
    with tempfile.TemporaryDirectory() as work:
        lite = Path(work) / "lite"
        _contents(lite / "content")
        names = _python(lite / "static" / "pyodide")
        _configure(lite, names)
        _build(lite, Path(work) / "out")
        _open_at_cells(Path(work) / "out" / "notebooks" / "index.html")
        shutil.rmtree(site / "lite", ignore_errors=True)
        site.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(work) / "out", site / "lite")


def notebooks() -> list[Path]:
    """Return all notebooks that are solved or run live."""
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    return lessons + sorted((ROOT / "exercises").glob("[0-9]*/[0-9]*.ipynb"))


def storage_name() -> str:
    """Return the name of the browser's store: another one whenever a notebook has changed.

    A saved notebook hides the released one of the same name, so a store lasts as long as they do.
    """
    return f"{STORE} {digest(notebooks())}"


def storage_of(site: Path) -> str:
    """Return the name of the store that the JupyterLite of a built site uses."""
    config = json.loads((site / "lite" / "jupyter-lite.json").read_text("utf-8"))
    return config["jupyter-config-data"]["contentsStorageName"]


def _contents(folder: Path) -> None:
    for notebook in notebooks():
        place = folder / notebook.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook, place)


def _python(folder: Path) -> list[str]:
    """Put Pyodide and every wheel into one folder under one lock; return the packages' names."""
    fetched = pyodide.fetch()
    folder.mkdir(parents=True)
    for file in fetched.iterdir():
        if file.name != "complete":
            shutil.copyfile(file, folder / file.name)
    pyodide.course_wheel(folder)
    for name in ("ipykernel", "piplite", "pyodide_kernel"):
        (wheel,) = (_labextension(EXTENSIONS[0]) / "static" / "pypi").glob(f"{name}-*.whl")
        shutil.copyfile(wheel, folder / wheel.name)
    return pyodide.write_lock(folder, sorted(folder.glob("*.whl")))


def _labextension(name: str) -> Path:
    place = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / name
    if not place.is_dir():
        raise FileNotFoundError(
            f"{name} is not installed here; install the extra: pip install -e .[web]"
        )
    return place


def _configure(lite: Path, packages: list[str]) -> None:
    kernel = {
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"packages": packages},
    }
    config = {
        "appName": "IGF-1 and the gut, live",
        "exposeAppInBrowser": True,
        "contentsStorageName": storage_name(),
        "faviconUrl": "./lab/favicon.ico",
        "litePluginSettings": {KERNEL: kernel},
    }
    document = {"jupyter-lite-schema-version": 0, "jupyter-config-data": config}
    (lite / "jupyter-lite.json").write_text(json.dumps(document), "utf-8")
    (lite / "overrides.json").write_text(json.dumps(OVERRIDES), "utf-8")
    own = {
        "LiteBuildConfig": {
            "apps": list(APPS),
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [str(_labextension(name)) for name in EXTENSIONS],
            "contents": [str(lite / "content")],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        }
    }
    (lite / "jupyter_lite_config.json").write_text(json.dumps(own), "utf-8")


def _build(lite: Path, out: Path) -> None:
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(lite)]
    done = subprocess.run(
        [*command, "--output-dir", str(out)],
        cwd=lite,
        env=os.environ | {"JUPYTER_PREFER_ENV_PATH": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"JupyterLite was not built:\n{(done.stdout + done.stderr)[-3000:]}")


def _open_at_cells(page: Path) -> None:
    """Let the page of one notebook begin at the cell that its address names."""
    script = (Path(__file__).parent / "templates" / "at_cell.js").read_text("utf-8")
    html = page.read_text("utf-8")
    if html.count("</body>") != 1:
        raise RuntimeError("JupyterLite's page of a notebook is not as expected: no single </body>")
    page.write_text(html.replace("</body>", f"<script>\n{script}</script>\n</body>"), "utf-8")
