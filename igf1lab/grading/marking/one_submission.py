"""Mark one submission: a pure function from a notebook's bytes and a job to a plain result.

The same function runs here, in threads over one sandbox, and on the workers of a Dask cluster.
"""

import builtins
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass

import nbformat

from igf1lab.exercises.answers import NOTHING_BACK
from igf1lab.exercises.exercise import PERSONAL
from igf1lab.exercises.judging import judge
from igf1lab.exercises.questions import set_from_data, set_to_data
from igf1lab.exercises.source import PRIVATE_CALLS, Source, keys_from, reference_steps
from igf1lab.grading.course import versions
from igf1lab.grading.intake.submission import Unreadable, read_notebook, rebuild
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


_OUR_WORDS = (NOTHING_BACK, TOOK_TOO_LONG)  # of a description that is not an answer


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


def private_keys(sandbox: Sandbox, source: Source, seed: str, numbers: dict) -> dict:
    """Run the solution in the sandbox and return keys for freshly drawn probes.

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
    keys = {question: key | {"secret": True} for question, key in keys.items()}
    for question in exercise_set.questions:
        if question.automatic:
            verdict = judge(question, keys[question.id], keys[question.id]["expected"])
            if verdict.status != "right":
                says = (
                    f"{exercise_set.lesson}, {question.id}: the solution is judged {verdict.says}"
                )
                raise BadReference(says)
    return keys


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


def mark(blob: bytes, job: Job, sandbox: Sandbox) -> dict:
    """Mark one submission.

    Parameters
    ----------
    blob : bytes
        The notebook as handed in.

    Returns
    -------
    dict
        ``status`` (marked or unreadable), ``says``, ``sha256``, ``questions`` (verdicts by id;
        an appraisal's points are None until a person has marked it), ``cells`` (kind, source,
        role and outputs), ``deaths``, ``late`` (what took too long, also alone), ``seconds``.
        Plain data.
    """
    exercise_set = set_from_data(job.set_data)
    result = {"status": "marked", "says": "", "sha256": hashlib.sha256(blob).hexdigest()}
    release = nbformat.from_dict(json.loads(job.release))
    try:
        cells = rebuild(read_notebook(blob), release)
    except Unreadable as error:
        empty = {"questions": {}, "cells": [], "deaths": [], "seconds": 0.0}
        return result | {"status": "unreadable", "says": str(error)} | empty
    steps, where = _steps(cells, exercise_set, job.keys)
    files = numbers_file(exercise_set.lesson, job.numbers)
    run = sandbox.run(steps, Limits(**job.limits), job.figures, files)
    questions, told_late = {}, _asked_after_probes(steps)
    stubs = {cell.id: "".join(cell.source) for cell in release.cells}
    for question in exercise_set.questions:
        if question.automatic:
            described = run.answers.get((question.id, "given"))
            if described and question.id in told_late:
                described = unquoted(described)
            described = described or _not_reached(run)
            questions[question.id] = asdict(judge(question, job.keys[question.id], described))
        else:
            questions[question.id] = _appraisal(question, cells, stubs)
    shown = [
        {
            "kind": c.kind,
            "source": c.source,
            "role": c.role,
            "outputs": run.outputs.get(where.get(n)),
        }
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
        "cells": shown,
        "deaths": deaths,
        "late": [_words(steps[step]) for step in run.late if step >= 0],
        "seconds": run.seconds,
    }


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
        return described | {"says": name if known else "an error"}
    if described["is"] == "odd" and described["says"] not in _OUR_WORDS:
        return described | {"says": "it is not of the kind that is asked for"}
    return described


def _words(step):
    """Return what a step was: the beginning of a cell, or a question."""
    return step[1][:80] if step[0] == "cell" else f"the answer of {step[1]}"


def _steps(cells, exercise_set, keys):
    """Return the steps of a submission, and which step each cell is."""
    steps, where = [], {}
    questions = {f"{q.id}-check": q for q in exercise_set.questions if q.automatic}
    for number, cell in enumerate(cells):
        if cell.kind != "code":
            continue
        where[number] = len(steps)
        steps.append(("cell", cell.source))
        question = questions.get(cell.role)
        if question:
            calls = keys[question.id].get("calls")
            steps.append(("ask", question.id, "given", question.answer, question.kind, calls))
    return steps, where


def _not_reached(run):
    reasons = "; ".join(reason for _, reason in run.deaths) or "the run ended before it"
    return {"is": "odd", "says": f"the notebook did not get this far: {reasons}"}


def _appraisal(question, cells, stubs):
    text = next((cell.source for cell in cells if cell.role == f"{question.id}-answer"), "")
    blank = text.strip() in ("", stubs.get(f"{question.id}-answer", "").strip())
    return {
        "question": question.id,
        "status": "blank" if blank else "pending",
        "points": 0.0 if blank else None,
        "of": question.points,
        "kind": "",
        "says": "not answered yet" if blank else "waits for a person",
        "misconception": "",
        "words": len(text.split()),
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
        says = f"the grader failed: {type(error).__name__}: {error}"
        sha256 = hashlib.sha256(blob).hexdigest()
        return {
            "status": "failed",
            "says": says,
            "sha256": sha256,
            "questions": {},
            "cells": [],
        } | {
            "deaths": [],
            "seconds": 0.0,
            "sandbox": "",
        }
