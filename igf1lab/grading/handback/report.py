"""The class report: marks, items, misconceptions, troubles, likeness, markers' agreement."""

import base64
import io
import math
from collections.abc import Callable
from pathlib import Path
from statistics import median

from matplotlib.figure import Figure

from igf1lab.evidence import claims
from igf1lab.exercises.questions import set_from_data
from igf1lab.grading.course import Course, CourseError
from igf1lab.grading.handback import second_marks, statistics
from igf1lab.grading.handback.export import final_marks
from igf1lab.grading.handback.pages import page
from igf1lab.grading.marking.marks import read_marks
from igf1lab.grading.marking.results import kept_result, newer_work, read_results
from igf1lab.grading.safe_text import html

MOST_COMPARED = 20_000  # characters of a student's code


def report(
    course: Course,
    name: str,
    progress: Callable[[str], None] = lambda line: None,
    warn: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write the class report of a set and return its file.

    A part that cannot be made says why, on the page and to ``warn``; the others are there.

    Raises
    ------
    CourseError
        If nothing has been marked.
    """
    results = read_results(course, name)
    marked = {student: r for student, r in results.items() if r["status"] == "marked"}
    if not marked:
        raise CourseError(f"Nothing of {name} has been marked yet.")
    exercise_set = set_from_data(next(iter(marked.values()))["set"])
    finals = final_marks(course, name, results)
    parts = {
        "marks": lambda: _overview(results, marked, finals, exercise_set),
        "questions": lambda: _items(marked, finals, exercise_set),
        "misconceptions": lambda: _misconceptions(marked),
        "what went wrong": lambda: _kinds(marked, exercise_set),
        "failures": lambda: _troubles(course, name, results),
        "likeness": lambda: _likeness(course, name, marked),
        "two markers": lambda: _agreement(course, name, exercise_set, warn),
    }
    body = [f"<h1>Class report: {html(name)}</h1>"]
    for number, (title, make) in enumerate(parts.items(), 1):
        progress(f"[{number}/{len(parts)}] {title}")
        try:
            body.append(make())
        except Exception as error:  # students' and markers' files stand behind it
            says = (
                str(error) if isinstance(error, CourseError) else f"{type(error).__name__}: {error}"
            )
            body.append(f"<h2>{title.capitalize()}</h2><p>This could not be made: {html(says)}</p>")
            warn(f"The report lacks its part on {title}: {says}")
    path = course.folder / "report" / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(f"Class report: {name}", "\n".join(body)), encoding="utf-8")
    course.log("report", set=name, students=len(results))
    return path


def _figure():
    figure = Figure(figsize=(7, 3))
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.17, top=0.9)
    return figure


def _picture(figure, alt):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{html(alt)}">'


def _table(head, rows):
    cells = "".join(f"<th>{html(cell)}</th>" for cell in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{cells}</tr>{lines}</table>"


def _overview(results, marked, finals, exercise_set):
    automatic = [sum(v["points"] or 0 for v in r["questions"].values()) for r in marked.values()]
    complete = [entry["total"] for entry in finals.values() if entry["total"] is not None]
    waiting = sum(entry["status"] == "pending" for entry in finals.values())
    top = sum(question.points for question in exercise_set.questions if question.automatic)
    shown, of, what = (automatic, top, "automatic points")
    if len(complete) == len(marked):
        shown, of, what = (complete, exercise_set.points, "points")
    figure = _figure()
    axes = figure.subplots()
    axes.hist(shown, bins=[n - 0.5 for n in range(int(of) + 2)], color="#4878a8", edgecolor="white")
    axes.set(xlabel=f"{what} of {of:g}", ylabel="students", title="Marks")
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True)
    alt = f"Histogram of {what}: from {min(shown):g} to {max(shown):g}, median {median(shown):g}."
    says = (
        f"<p>{len(results)} submissions: {len(marked)} marked, {len(results) - len(marked)} could "
        f"not be marked, {waiting} wait for a person. {html(alt)}</p>"
    )
    return says + _picture(figure, alt)


def _items(marked, finals, exercise_set):
    rows, ids, hard, sharp = [], [], [], []
    for question in exercise_set.questions:
        shares, rest = [], []
        for student in marked:
            points = finals[student]["points"]
            if points.get(question.id) is None:
                continue
            shares.append(points[question.id] / question.points)
            rest.append(sum(v for q, v in points.items() if q != question.id and v is not None))
        p, r = statistics.difficulty(shares), statistics.discrimination(shares, rest)
        ids.append(question.id), hard.append(p), sharp.append(r)
        blank = sum(r_["questions"][question.id]["status"] == "blank" for r_ in marked.values())
        rows.append(
            [question.id, question.title, question.level, len(shares), _two(p), _two(r), blank]
        )
    figure = _figure()
    left, right = figure.subplots(1, 2, sharey=True)
    left.barh(ids, [0 if math.isnan(v) else v for v in hard], color="#4878a8")
    left.set(xlim=(0, 1), xlabel="share of points earned", title="Difficulty")
    right.barh(ids, [0 if math.isnan(v) else v for v in sharp], color="#b5763b", hatch="//")
    right.axvline(0.2, color="#555", linestyle="--", linewidth=1)
    right.set(xlim=(-1, 1), xlabel="correlation with the rest", title="Discrimination")
    left.invert_yaxis()
    head = ["question", "title", "level", "marked", "difficulty", "discrimination", "not answered"]
    alt = "Bars of difficulty and discrimination by question; the table below has the numbers."
    note = "<p>Left of the dashed line (0.2) a question hardly tells stronger from weaker students.</p>"
    return f"<h2>Questions</h2>{_picture(figure, alt)}{note}{_table(head, rows)}"


def _two(value):
    return "–" if math.isnan(value) else f"{value:.2f}"


def _misconceptions(marked):
    met = statistics.misconceptions(marked)
    if not met:
        return "<h2>Misconceptions</h2><p>None of the listed ones was met.</p>"
    known, rows = claims(), []
    for claim in sorted(met, key=lambda c: -sum(met[c].values())):
        texts = {m.id: m.belief for m in known[claim].misconceptions} if claim in known else {}
        for misconception, count in met[claim].most_common():
            rows.append([claim, misconception, count, texts.get(misconception, "")])
    return "<h2>Misconceptions met</h2>" + _table(["claim", "id", "times", "belief"], rows)


def _kinds(marked, exercise_set):
    rows = []
    for question in exercise_set.questions:
        said = {}
        for result in marked.values():
            verdict = result["questions"][question.id]
            if verdict["status"] in ("wrong", "unusable", "partly"):
                said.setdefault(verdict["kind"], []).append(verdict["says"])
        for kind, texts in sorted(said.items(), key=lambda item: -len(item[1])):
            rows.append([question.id, kind, len(texts), texts[0][:200]])
    return "<h2>What went wrong</h2>" + _table(["question", "kind", "times", "for example"], rows)


def _troubles(course, name, results):
    rows = [[s, r["status"], r["says"]] for s, r in results.items() if r["status"] != "marked"]
    for student, result in results.items():
        if newer_work(course, name, student, result):
            rows.append([student, "newer work", "it is not marked yet"])
        rows += [[student, "a cell failed", death["says"]] for death in result.get("deaths", [])]
        rows += [[student, "took too long, also alone", what] for what in result.get("late", [])]
    if not rows:
        return "<h2>Failures and time-outs</h2><p>None.</p>"
    return "<h2>Failures and time-outs</h2>" + _table(["student", "what", "why"], rows)


def _likeness(course, name, marked):
    cells = {student: kept_result(course, student, name).get("cells", []) for student in marked}
    try:
        given = course.given(name).read_text(encoding="utf-8")
    except OSError:
        raise CourseError(f"What all were given is not kept: grade {name} once more.") from None
    return _likeness_of(cells, given)


def _likeness_of(cells, given):
    """Compare what students wrote in their answers, leaving out what all were ``given``."""
    code = {
        student: "\n".join(
            each["source"] for each in written
            if each["kind"] == "code" and each["role"].endswith("-answer")
        )[:MOST_COMPARED]
        for student, written in cells.items()
    }  # fmt: skip
    groups = statistics.near_identical(code, given)
    note = "<p>For a human to look at. Short right answers are alike by nature; this proves nothing.</p>"
    if not groups:
        return "<h2>Nearly identical code</h2><p>None found.</p>"
    rows = [[", ".join(group), f"{100 * alike:.0f} %"] for group, alike in groups]
    return f"<h2>Nearly identical code</h2>{note}" + _table(["students", "least likeness"], rows)


def _agreement(course, name, exercise_set, warn):
    path = second_marks.table_of(course, name)
    if path is None:
        return ""
    pairs, odd, unmarked = second_marks.both_marks(path, exercise_set, read_marks(course, name))
    for line in odd:
        warn(line)
    rows = []
    for question, both in sorted(pairs.items()):
        kappa = statistics.weighted_kappa(*map(list, zip(*both, strict=True)))
        same = sum(a == b for a, b in both)
        rows.append([question, len(both), f"{same}", _two(kappa)])
    head = ["question", "marked by both", "same points", "Cohen's κ (quadratic weights)"]
    table = _table(head, rows) if rows else "<p>No answer is marked by both.</p>"
    table += f"<p>{unmarked} more wait for the first marker.</p>" if unmarked else ""
    left_out = "".join(f"<li>{html(line)}</li>" for line in odd)
    left_out = f"<p>Left out:</p><ul>{left_out}</ul>" if odd else ""
    return f"<h2>Two markers</h2>{table}{left_out}"
