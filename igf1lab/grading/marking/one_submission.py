"""Mark one submission: a pure function from a notebook's bytes and a job to a plain result.

The same function runs here, in threads over one sandbox, and on the workers of a Dask cluster.
"""

import builtins
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from functools import lru_cache

import nbformat

from igf1lab.exercises import code
from igf1lab.exercises.answers import own_words
from igf1lab.exercises.exercise import PERSONAL
from igf1lab.exercises.judging import judge
from igf1lab.exercises.questions import set_from_data, set_to_data
from igf1lab.exercises.source import PRIVATE_CALLS, Source, keys_from, reference_steps
from igf1lab.grading.course import versions
from igf1lab.grading.intake.answers import places, stray_text, written
from igf1lab.grading.intake.submission import Release, Unreadable, WrongFile, read_notebook, rebuild
from igf1lab.grading.marking.reasons import (
    explain,
    had_elsewhere,
    made_below,
    missing_packages,
    stop_in_words,
)
from igf1lab.grading.sandbox.client import TOOK_TOO_LONG, Limits, Sandbox


@dataclass(frozen=True)
class Job:
    """All that marking one student's copy of a set needs; plain data, so that it can travel.

    Holds the keys: a job never goes into a sandbox.
    """

    set_data: dict
    release: str  # the learner's notebook, as JSON text
    keys: dict
    numbers: dict
    limits: dict
    figures: bool = True
    id: str = ""  # names everything a mark depends on besides the submission


# What Python itself says of a call with too many or too few arguments; it names nothing but counts.
# A student's own error may say the same: of one digit, what was kept of a probe is not told.
_COUNTS = re.compile(r"takes (from \d to )?\d positional arguments? but \d (was|were) given")


class BadReference(RuntimeError):
    """The solution itself did not run in the sandbox; nothing may be marked with it."""


def personal_numbers(exercise_set, secret: str, student: str) -> dict:
    """Return a student's own numbers: drawn from HMAC(secret, student and set)."""
    message = f"{student}\0{exercise_set.lesson}".encode()
    seed = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {name: rule.draw(seed) for name, rule in exercise_set.parameters.items()}


def usual_numbers(exercise_set) -> dict:
    """Return the set's usual numbers."""
    return {name: rule.value for name, rule in exercise_set.parameters.items()}


def numbers_file(lesson: str, numbers: dict, keys: dict | None = None) -> dict[str, str]:
    """Return ``my_numbers.json``, as name to text."""
    content = {"parameters": numbers} | ({"keys": keys} if keys else {})
    return {PERSONAL: json.dumps({lesson: content}, indent=1, sort_keys=True) + "\n"}


def private_keys(
    sandbox: Sandbox, source: Source, seed: str, numbers: dict, secret: bool = True
) -> dict:
    """Run the solution in the sandbox and return keys for freshly drawn probes.

    Verdicts from ``secret`` ones tell neither the probes nor what a function says of them.

    Raises
    ------
    BadReference
        If the solution stops, or one of its own answers is not judged right.
    """
    exercise_set = source.exercise_set
    steps = reference_steps(source, seed, PRIVATE_CALLS)
    files = numbers_file(exercise_set.lesson, numbers)
    run = sandbox.run(steps, Limits(cell_seconds=60, total_seconds=300), False, files)
    broken = [f"step {n}: {reason}" for n, reason in run.deaths]
    for number, rows in run.outputs.items():
        broken += [f"cell {number}: {r['name']}: {r['says']}" for r in rows if r["type"] == "error"]
    if broken:
        raise BadReference(f"{exercise_set.lesson}: the solution fails: {'; '.join(broken)[:1000]}")
    keys = keys_from(exercise_set, run.answers, seed, PRIVATE_CALLS)
    for question in exercise_set.questions:
        if question.automatic:
            verdict = judge(question, keys[question.id], keys[question.id]["expected"])
            if verdict.status != "right":
                says = (
                    f"{exercise_set.lesson}, {question.id}: the solution is judged {verdict.says}"
                )
                raise BadReference(says)
    return {question: key | {"secret": True} for question, key in keys.items()} if secret else keys


def make_job(source: Source, release, keys, numbers, limits=None, figures=True) -> Job:
    """Return the job of marking one set with one key."""
    data = {
        "set_data": set_to_data(source.exercise_set),
        "release": nbformat.writes(release),
        "keys": keys,
        "numbers": numbers,
        "limits": asdict(limits or Limits()),
    }
    named = json.dumps(data | {"versions": versions()}, sort_keys=True)
    return Job(**data, figures=figures, id=hashlib.sha256(named.encode()).hexdigest()[:16])


NOT_MARKED = {"questions": {}, "cells": [], "deaths": [], "seconds": 0.0}  # of a result


def mark(blob: bytes, job: Job, sandbox: Sandbox) -> dict:
    """Mark one submission.

    Parameters
    ----------
    blob : bytes
        The notebook as handed in.

    Returns
    -------
    dict
        ``status`` (marked or unreadable, then also ``wrong_file``), ``says``, ``sha256``,
        ``questions`` (verdicts by id; points are None until a person has marked it), ``work`` (what
        was written under each), ``packages`` (that were needed and are not here), ``cells`` (kind,
        source, role and outputs), ``deaths``, ``late`` (what took too long, also alone),
        ``seconds``. Plain data.
    """
    exercise_set, notebook, release = _read(job.release, json.dumps(job.set_data))
    result = {"status": "marked", "says": "", "sha256": hashlib.sha256(blob).hexdigest()}
    try:
        cells = rebuild(read_notebook(blob), notebook)
    except Unreadable as error:
        refused = {"status": "unreadable", "says": str(error)}
        return result | refused | {"wrong_file": isinstance(error, WrongFile)} | NOT_MARKED
    steps, where = _steps(cells, places(cells, release), exercise_set, job.keys)
    files = numbers_file(exercise_set.lesson, job.numbers)
    run = sandbox.run(steps, Limits(**job.limits), job.figures, files)
    outputs = {number: run.outputs[step] for number, step in where.items() if step in run.outputs}
    packages = missing_packages(cells, outputs)
    questions, work, told_late = {}, {}, _asked_after_probes(steps)
    elsewhere = max(map(had_elsewhere, outputs.values()), default="")
    secret = next((step for step, what in enumerate(steps) if what[0] == "ask" and what[5]), None)
    for question in exercise_set.questions:
        work[question.id] = written(cells, release, question.id)
        if not question.automatic:
            stray = stray_text(cells, release)
            questions[question.id] = _appraisal(question, work[question.id], stray)
            continue
        described = _given(run, question.id)
        if question.id in told_late and not described.get("ours"):
            described = unquoted(described)
        verdict = judge(question, job.keys[question.id], described)
        mine = [
            n
            for n, cell in enumerate(cells)
            if n in where and cell.question == question.id and not code.only_checks(cell.source)
        ]
        stops = [
            stop_in_words(cells[n], outputs.get(n), secret is None or where[n] < secret)
            for n in mine
        ]
        stops = [says for says in stops if says]
        below = max((made_below(outputs.get(n), cells[n + 1 :]) for n in mine), default="")
        lacks = max((had_elsewhere(outputs.get(n)) for n in mine), default="")
        if any("NameError" in says for says in stops):  # what a cell further up would have made
            lacks = lacks or elsewhere
        verdict = explain(verdict, question, work[question.id], stops, packages, below, lacks)
        questions[question.id] = asdict(verdict)
    shown = [
        {"kind": c.kind, "source": c.source, "role": c.role, "outputs": outputs.get(n)}
        for n, c in enumerate(cells)
    ]
    steps_back = {step: number for number, step in where.items()}
    deaths = [
        {
            "cell": steps_back.get(step),
            "what": _words(steps[step]) if step >= 0 else "",
            "says": why,
        }
        for step, why in run.deaths
    ]
    return result | {
        "questions": questions,
        "work": work,
        # Needed for what nobody asks (a disk of Colab's), a package is missed by nobody.
        "packages": packages if _missed(questions) else [],
        "cells": shown,
        "deaths": deaths,
        "late": [_words(steps[step]) for step in run.late if step >= 0],
        "seconds": run.seconds,
    }


def _missed(questions):
    return any(verdict["kind"] == "missing-package" for verdict in questions.values())


@lru_cache(maxsize=8)
def _read(release: str, set_data: str) -> tuple:
    """Return a job's set, its learner's copy, and that copy looked up; a class shares one job."""
    notebook = nbformat.from_dict(json.loads(release))
    return set_from_data(json.loads(set_data)), notebook, Release(notebook)


def _asked_after_probes(steps):
    """Return the questions that are asked when the student's process has seen a probe."""
    asks = [step for step in steps if step[0] == "ask"]
    first = next((n for n, step in enumerate(asks) if step[5]), len(asks))
    return {step[1] for step in asks[first:]}


def unquoted(described: dict) -> dict:
    """Return a description without a word that the student's process chose.

    Feedback goes back to the student, and a secret probe must not go with it, be it in the text of
    an error or in the name of a class.
    """
    if described["is"] == "calls":
        return described | {"returned": [unquoted(item) for item in described["returned"]]}
    if described["is"] == "error":
        name = described["says"].split(":")[0]
        known = isinstance(getattr(builtins, name, None), type)
        counts = _COUNTS.search(described["says"]) if name == "TypeError" else None
        says = f"{name} (it {counts[0]})" if counts else name
        return described | {"says": says if known else "an error"}
    ours = own_words(described.get("says", "")) or described.get("says") == TOOK_TOO_LONG
    if described["is"] == "odd" and not ours:
        return described | {"says": "it is not of the kind that is asked for"}
    return described


def _words(step):
    """Return what a step was: the beginning of a cell, or a question."""
    return step[1][:80] if step[0] == "cell" else f"the answer of {step[1]}"


def _steps(cells, asked, exercise_set, keys):
    """Return the steps of a submission, and which step each cell is."""
    steps, where, after = [], {}, {}
    for question in exercise_set.questions:
        for rank, (number, expression) in enumerate(asked.get(question.id, [])):
            calls = keys[question.id].get("calls")
            ask = ("ask", question.id, rank, expression, question.kind, calls)
            after.setdefault(number, []).append(ask)
    for number, cell in enumerate(cells):
        if cell.kind == "code":
            where[number] = len(steps)
            steps += [("cell", cell.source), *after.get(number, [])]
    return steps, where


def _given(run, question_id):
    """Return the first answer that is not blank, of all places where it was asked for."""
    asked = sorted(
        (part, said) for (which, part), said in run.answers.items() if which == question_id
    )
    if not asked:
        return _not_reached(run)
    blanks = [said for _, said in asked if said["is"] == "blank"]
    there = [said for _, said in asked if said["is"] not in ("blank", "missing")]
    return (there or blanks or [{"is": "missing"}])[0]


def _not_reached(run):
    reasons = "; ".join(reason for _, reason in run.deaths) or "the run ended before it"
    says = f"the notebook did not get this far: {reasons}"
    return {"is": "odd", "says": says, "ours": True}


def _appraisal(question, text, stray):
    says, doubt = "waits for a person", not text and stray
    if doubt:
        says = "no text stands under the question; other text in the notebook may belong here"
    blank = not text and not stray
    return {
        "question": question.id,
        "status": "blank" if blank else "pending",
        "points": 0.0 if blank else None,
        "of": question.points,
        "kind": "",
        "says": "not answered yet" if blank else says,
        "misconception": "",
        "words": len((text or stray).split()),
    }


_SANDBOX: dict[str, Sandbox] = {}


def mark_anywhere(blob: bytes, job: Job, trust: bool = False, only: str | None = None) -> dict:
    """Mark one submission on a worker, which keeps one sandbox for its life.

    Never raises: whatever goes wrong costs this submission only and says so.
    """
    try:
        name = only or "best"
        if name not in _SANDBOX:
            _SANDBOX[name] = Sandbox.best(trust, only)
        result = mark(blob, job, _SANDBOX[name])
        return result | {"sandbox": _SANDBOX[name].server.tier.name}
    except Exception as error:
        return failed(error, blob)


def failed(error: BaseException, blob: bytes = b"") -> dict:
    """Return the result of a submission that could not be marked by our own fault."""
    says = f"the grader failed: {type(error).__name__}: {error}"
    told = {"status": "failed", "says": says, "sha256": hashlib.sha256(blob).hexdigest()}
    return told | NOT_MARKED | {"sandbox": ""}
