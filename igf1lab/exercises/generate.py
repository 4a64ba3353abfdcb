"""Make the learners' notebooks and the public keys from the solutions (``make exercises``).

    python -m igf1lab.exercises.generate [--check] [NN_name ...]

Everything written is byte-stable: the same solutions give the same files.
"""

import argparse
import copy
import json
import sys
from pathlib import Path

import nbformat
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from igf1lab.evidence import assets_dir, citations
from igf1lab.exercises import ending
from igf1lab.exercises.judging import judge
from igf1lab.exercises.questions import SpecError, naming, read_question, set_to_data
from igf1lab.exercises.source import (
    HIDDEN_TAGS,
    REPOSITORY,
    STUB,
    Source,
    public_keys,
    tags,
    take_apart,
    worked_answers,
)

TEXT_STUB = "*Write your answer here.*"


def tidy(notebook) -> None:
    """Complete a solutions notebook in place: ids, nbgrader metadata, facts lines, check cells."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _add_missing_checks(notebook)
    question, seen = None, {}
    for cell in notebook.cells:
        if "question" in tags(cell):
            question = read_question(cell.source)
        kept = {"tags": tags(cell)} if tags(cell) else {}
        cell.metadata = nbformat.from_dict(kept)
        role = tags(cell)[0] if tags(cell) else ("text" if cell.cell_type == "markdown" else "code")
        name = f"{question.id if question else 'head'}-{role}"
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cell.source = cell.source.strip("\n")
        if question is None:
            continue
        if cell.id == f"{question.id}-text":
            cell.source = _with_facts(cell.source, question)
        if role == "answer":
            _mark(cell, question, answer=True)
        elif role == "check":
            cell.source = f'exercise.check("{question.id}", {question.answer})'
            _mark(cell, question, answer=False)


def _add_missing_checks(notebook):
    cells, question, checked = [], None, set()
    for cell in notebook.cells:
        if "question" in tags(cell):
            question = read_question(cell.source)
        if "check" in tags(cell) and question:
            checked.add(question.id)
        cells.append(cell)
    for question_cell in [cell for cell in cells if "question" in tags(cell)]:
        question = read_question(question_cell.source)
        if not question.automatic or question.id in checked:
            continue
        later = cells.index(question_cell)
        answer = next((n for n in range(later, len(cells)) if "answer" in tags(cells[n])), None)
        if answer is not None:
            check = nbformat.v4.new_code_cell("", metadata={"tags": ["check"]})
            cells.insert(answer + 1, check)
    notebook.cells = cells


def _with_facts(source, question):
    lines = source.split("\n")
    heading = f"## Question {question.number}. {question.title}"
    if not lines[0].startswith("## Question"):
        raise SpecError(f"question {question.id}: the prompt must start with {heading!r}")
    rest = "\n".join(line for line in lines[1:] if " points · serves " not in line)
    return f"{heading}\n\n{question.facts_line()}\n\n" + rest.strip("\n")


def _mark(cell, question, answer: bool):
    """Write nbgrader's metadata: an answer is a solution cell, a check an autograded test."""
    by_hand = answer and not question.automatic
    about = {
        "grade": by_hand or not answer,
        "grade_id": f"{question.id}-answer" if answer and not by_hand else question.id,
        "locked": not answer,
        "schema_version": 3,
        "solution": answer,
        "task": False,
    }
    if about["grade"]:
        about["points"] = question.points
    cell.metadata["nbgrader"] = nbformat.from_dict(about)


class ClearToStub(ClearSolutions):
    """nbgrader's ClearSolutions, with each cell's own stub.

    A region's ``# STUB:`` lines are the stub if there are any. Otherwise a region that stands at
    the left margin becomes ``name = ...``, one inside a function ``...``.
    """

    def __init__(self, answers: dict[str, str], **kwargs):
        super().__init__(**kwargs)
        self._answers = answers  # cell id -> name of the answer's variable
        self.text_stub = TEXT_STUB

    def preprocess_cell(self, cell, resources, cell_index):
        """Set the stub of this cell, then let nbgrader replace the region."""
        if cell.id in self._answers and cell.cell_type == "code":
            self.code_stub = {"python": self._stub(cell)}
        return super().preprocess_cell(cell, resources, cell_index)

    def _stub(self, cell):
        given = [match.group(1) for line in cell.source.split("\n") if (match := STUB.match(line))]
        if given:
            return "\n".join(given)
        begin = next(
            (line for line in cell.source.split("\n") if self.begin_solution_delimeter in line), ""
        )
        return "..." if begin.startswith((" ", "\t")) else f"{self._answers[cell.id]} = ..."


def learner_copy(source: Source):
    """Return the learner's notebook of a set: no solution, spec, rubric or worked answer in it."""
    notebook = copy.deepcopy(source.notebook)
    notebook.cells = [cell for cell in notebook.cells if not HIDDEN_TAGS & set(tags(cell))]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = citations.named(cell.source)
    answers = {block.tagged("answer")[0].id: block.question.answer for block in source.blocks}
    resources: dict = {}
    for step in (
        LockCells(),
        ClearToStub(answers),
        ClearOutput(),
        CheckCellMetadata(),
        ComputeChecksums(),
    ):
        notebook, resources = step.preprocess(notebook, resources)
    notebook.metadata.pop("celltoolbar", None)
    notebook.cells += _end_cells(source.exercise_set)
    return notebook


def _end_cells(exercise_set):
    new = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    made = ending.cells(exercise_set, _next_lesson(exercise_set.lesson))
    return [new[kind](text, id=f"end-{n}") for n, (kind, text) in enumerate(made, 1)]


def _next_lesson(name):
    """Return title and address of the lesson after a set; None after the last one."""
    notebooks = sorted((REPOSITORY / "notebooks").glob("[0-9]*.ipynb"))
    after = next((path for path in notebooks if path.stem > name), None)
    if after is None:
        return None
    title = nbformat.read(after, as_version=4).cells[0].source.split("\n")[0]
    return title.removeprefix("# ").strip(), f"../../notebooks/{after.name}"


def check_keys(source: Source, keys: dict) -> None:
    """Raise SpecError unless every right answer is right and every usual wrong one is caught."""
    for question in source.exercise_set.questions:
        if not question.automatic:
            continue
        where, key = f"{source.exercise_set.lesson}, question {question.id}", keys[question.id]
        verdict = judge(question, key, key["expected"])
        if verdict.status != "right":
            raise SpecError(f"{where}: the solution's own answer is {verdict}: {verdict.says}")
        for wrong, described in zip(question.wrong, key["wrong"], strict=True):
            verdict = judge(question, key, described)
            if verdict.status in ("right", "partly"):
                raise SpecError(f"{where}: {wrong.gives!r} would pass: tighten the tolerance")
            if verdict.says != wrong.says:
                raise SpecError(f"{where}: {wrong.gives!r} is told {verdict.says!r}, not its own")


def read_tidy(path: Path) -> Source:
    """Read a solutions notebook from its file, complete it and take it apart.

    Raises
    ------
    SpecError
        If it is written wrongly; the message begins with the set's name.
    """
    with naming(path.stem):
        try:
            notebook = nbformat.read(path, as_version=4)
        except OSError:
            raise
        except Exception as error:  # nbformat has many ways to refuse a broken file
            raise SpecError(f"{path} is not a notebook ({type(error).__name__})") from None
        tidy(notebook)
        return take_apart(notebook, path.stem)


def make(name: str, root: Path = REPOSITORY) -> dict[Path, str]:
    """Return what belongs in the files of one set, by path; nothing is written.

    Raises
    ------
    SpecError
        If the set is written wrongly; the message says where and what to do.
    """
    path = root / "solutions" / name / f"{name}.ipynb"
    source = read_tidy(path)
    keys = public_keys(source)
    check_keys(source, keys)
    public = {
        "note": "Made from the solutions by igf1lab.exercises.generate. Public: checks are formative.",
        "set": set_to_data(source.exercise_set),
        "keys": keys,
        "worked": worked_answers(source),
    }
    return {
        path: _text(source.notebook),
        root / "exercises" / name / f"{name}.ipynb": _text(learner_copy(source)),
        assets_dir() / "exercises" / f"{name}.json": json.dumps(
            public, indent=1, ensure_ascii=False, sort_keys=True
        )
        + "\n",
    }


def _text(notebook) -> str:
    return nbformat.writes(nbformat.from_dict(notebook)) + "\n"


def set_names(root: Path = REPOSITORY) -> list[str]:
    """Return the names of all sets, in course order."""
    return sorted(path.parent.name for path in (root / "solutions").glob("*/*.ipynb"))


def main(arguments=None) -> int:
    """Run the command; return 1 if a set is wrong or, with ``--check``, out of date."""
    parser = argparse.ArgumentParser(
        prog="python -m igf1lab.exercises.generate", description=__doc__
    )
    parser.add_argument("names", nargs="*", help="sets to make; all of them by default")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    options = parser.parse_args(arguments)
    failed = False
    for name in options.names or set_names():
        try:
            files = make(name)
        except (SpecError, FileNotFoundError) as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        for path, text in files.items():
            same = path.is_file() and path.read_text(encoding="utf-8") == text
            if not same and options.check:
                print(f"{path} is out of date: run make exercises", file=sys.stderr)
                failed = True
            elif not same:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        print(f"{name}: {'checked' if options.check else 'made'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
