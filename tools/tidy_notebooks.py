"""Strip notebooks of all that is not written by hand.

usage: python tools/tidy_notebooks.py [--run] [NOTEBOOK ...]     (default: every lesson)

Citations written as ``[@key]`` become author and year with a link to the reference list.
Outputs go, but for those of cells tagged ``nbval-check-output``, which the tests compare; so does
whatever an editor noted in the metadata. ``--run`` runs the notebooks first, so that the compared
outputs are new. Exercises and solutions have their own generator: leave them to it.
"""

import argparse
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from igf1lab.evidence.citations import readable

ROOT = Path(__file__).resolve().parent.parent
CHECKED = "nbval-check-output"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT_CELL_METADATA = {"tags"}


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook without anything that a run or an editor left in it."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        kept = {key: value for key, value in cell.metadata.items() if key in KEPT_CELL_METADATA}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type != "code":
            cell.pop("attachments", None)
            cell.source = readable(cell.source)
            continue
        is_compared = CHECKED in kept.get("tags", ())
        # nbval takes a cell without a count for one that was never run.
        cell.execution_count = 1 if is_compared else None
        cell.outputs = cell.outputs if is_compared else []
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = 1
    return notebook


def main() -> None:
    """Tidy the notebooks named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--run", action="store_true", help="run each notebook first")
    wish = parser.parse_args()
    for path in wish.notebooks or sorted(ROOT.glob("notebooks/*.ipynb")):
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
