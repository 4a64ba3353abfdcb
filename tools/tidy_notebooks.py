"""Strip notebooks of all that is not written by hand.

usage: python tools/tidy_notebooks.py [--run] [NOTEBOOK ...]     (default: every lesson)

Citations written as ``[@key]`` become author and year with a link to the reference list, and a
lesson that does not lead to its exercise set gets a link to it, above its references.
Outputs go, but for those of cells tagged ``nbval-check-output``, which the tests compare; so does
whatever an editor noted in the metadata. ``--run`` runs the notebooks first, so that the compared
outputs are new. Exercises and solutions have their own generator: leave them to it.
"""

import argparse
import os
import re
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
OPENED = re.compile(r'^lesson = open_lesson\("(\w+)"\)$', re.MULTILINE)
PRACTISE = "[Now practise: the exercise set of this lesson]({})"


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
    lead_to_exercises(notebook)
    return notebook


def lead_to_exercises(notebook: nbformat.NotebookNode) -> None:
    """Link to the lesson's exercise set above its references, unless the text does so already."""
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    opened = next(filter(None, (OPENED.search(cell.source) for cell in notebook.cells)), None)
    place = next((cell for cell in texts if cell.source.startswith("## References")), None)
    if not opened or not place:
        return
    file = f"exercises/{opened[1]}/{opened[1]}.ipynb"
    if (ROOT / file).exists() and not any(f"(../{file})" in cell.source for cell in texts):
        place.source = f"{PRACTISE.format(f'../{file}')}\n\n{place.source}"


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
