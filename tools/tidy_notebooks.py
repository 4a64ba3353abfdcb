"""Strip notebooks of all that is not written by hand.

usage: python tools/tidy_notebooks.py [--run] [NOTEBOOK ...]     (default: every notebook)

Outputs go, but for those of cells tagged ``nbval-check-output``, which the tests compare; so do
execution counts and whatever an editor noted in the metadata. ``--run`` runs the notebooks
first, so that the compared outputs are new.
"""

import argparse
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
CHECKED = "nbval-check-output"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT_CELL_METADATA = {"tags", "nbgrader"}


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook without anything that a run or an editor left in it."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        kept = {key: value for key, value in cell.metadata.items() if key in KEPT_CELL_METADATA}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type != "code":
            cell.pop("attachments", None)
            continue
        cell.execution_count = None
        if CHECKED not in kept.get("tags", ()):
            cell.outputs = []
        for output in cell.outputs:
            output.pop("execution_count", None)
            if output.output_type == "execute_result":
                output.execution_count = None
    return notebook


def main() -> None:
    """Tidy the notebooks named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--run", action="store_true", help="run each notebook first")
    wish = parser.parse_args()
    folders = ("notebooks", "exercises", "solutions")
    everything = [p for folder in folders for p in sorted((ROOT / folder).rglob("*.ipynb"))]
    for path in wish.notebooks or everything:
        before = path.read_text("utf-8")
        notebook = nbformat.reads(before, as_version=4)
        if wish.run:
            place = {"metadata": {"path": path.parent}}
            environment = os.environ | {"IGF1LAB_HEADLESS": "1"}
            NotebookClient(notebook, timeout=120, resources=place).execute(env=environment)
        after = nbformat.writes(tidy(notebook)) + "\n"
        if after != before:
            path.write_text(after, "utf-8")
            print(f"tidied {path}")


if __name__ == "__main__":
    main()
