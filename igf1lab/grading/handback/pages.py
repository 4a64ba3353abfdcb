"""Feedback pages: one plain HTML file a student, that teaches and runs nothing.

Every text that came from a student is escaped; the page forbids scripts, forms and the network.
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from igf1lab.exercises.judging import Verdict, feedback
from igf1lab.exercises.questions import set_from_data
from igf1lab.grading.course import Course, CourseError
from igf1lab.grading.files import put
from igf1lab.grading.intake.ingest import owners, refusals
from igf1lab.grading.marking.marks import read_marks
from igf1lab.grading.marking.results import kept_result, newer_work, read_results
from igf1lab.grading.safe_text import html

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .3rem; }
.mark { float: right; font-weight: 600; } pre { background: #f3f3f0; padding: .7rem; overflow: auto; }
.says { border-left: 4px solid #888; padding-left: .8rem; white-space: pre-line; }
.right { border-color: #1a7f4b; } .wrong, .unusable { border-color: #b3402a; }
.partly, .blank, .pending { border-color: #a67c00; }
table { border-collapse: collapse; }
td, th { border: 1px solid #bbb; padding: .2rem .6rem; text-align: left; }
img { max-width: 100%; }
"""
SIGNS = {"right": "✓ right", "partly": "◐ partly right", "wrong": "✗ not right",
         "unusable": "✗ could not be read", "blank": "– not answered", "pending": "… waits for a person"}  # fmt: skip
NEWER = "A newer version of your work has arrived and is not marked yet."


def page(title: str, body: str) -> str:
    """Return a whole HTML page that may show styles and embedded images, and nothing else."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{html(POLICY)}">'
        f'<meta name="viewport" content="width=device-width"><title>{html(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def final_points(verdict: dict, mark: dict | None) -> float | None:
    """Return the points that count: a person's if given, else the automatic ones, else None."""
    if mark is None:
        return verdict["points"]
    extra = mark["extra"] or 0.0
    if mark["manual"] is not None:
        return mark["manual"] + extra
    return None if mark["auto"] is None else mark["auto"] + extra


UNTOUCHED = (
    "This notebook is as it was handed out. If you worked on it, your copy was perhaps not saved, or "
    "another one was handed in: save it (Ctrl-S), look whether your answers are in the file, and hand "
    "it in again."
)


def _still(waiting):
    return "an answer still waits" if waiting == 1 else f"{waiting} answers still wait"


def feedback_page(
    student: str, result: dict, marks: dict, newer: bool = False, refused: dict | None = None
) -> str:
    """Return the feedback page of one student.

    ``newer`` work has come but is not marked; files were ``refused`` (name to why).
    """
    exercise_set = set_from_data(result["set"])
    title = f"Feedback: {exercise_set.lesson}"
    parts, total, waiting = [], 0.0, 0
    work = result.get("work", {})  # results of an earlier version have none
    for question in exercise_set.questions:
        verdict = result["questions"][question.id]
        mark = marks.get(question.id)
        # A mark on an earlier version is none on this one.
        points = None if mark and mark["waits"] else final_points(verdict, mark)
        waiting += points is None
        total += points or 0.0
        parts.append(_question(question, verdict, points, mark, work.get(question.id, "")))
    whole = f"{total:g} of {exercise_set.points:g} points" + (
        f" so far; {_still(waiting)} to be marked" if waiting else ""
    )
    deaths = "".join(
        f"<li>A cell stopped your whole notebook and was left out: {html(death['says'])}."
        f"<pre>{html(death['what'])}</pre></li>"
        for death in result["deaths"]
    )
    head = f"<h1>{html(title)}</h1><p>{html(student)} · <strong>{whole}</strong></p>"
    if not any(work.values()) and all(v["status"] == "blank" for v in result["questions"].values()):
        head += f'<p class="says pending">{UNTOUCHED}</p>'
    head += _box(newer, refused) + (f"<ul>{deaths}</ul>" if deaths else "")
    return page(title, head + "".join(parts))


def _box(newer, refused=None):
    box = f'<p class="says pending">{NEWER}</p>' if newer else ""
    for file, why in (refused or {}).items():
        box += f'<p class="says pending">Your file {html(file)} was not taken: {html(why)}.</p>'
    return box


def unmarked_page(
    student: str, name: str, result: dict, newer: bool = False, refused: dict | None = None
) -> str:
    """Return the page of a student whose file could not be marked: what was wrong, what to do."""
    if result.get("wrong_file"):
        wrong = (
            f"The file that you handed in is whole, but it is another notebook: {result['says']}."
        )
        todo = (
            f"Hand in {name}.ipynb from the folder exercises/{name} of your course. It begins with "
            "“Exercises”, and its questions are numbered; the lesson in notebooks/ has the same "
            "file name. If you wrote your answers into the other notebook, copy them into this one."
        )
    elif result["status"] == "refused":
        wrong = "None of the files that you handed in could be taken."
        todo = (
            f"Hand in your {name}.ipynb itself, as JupyterLab saves it: one file whose name ends in "
            ".ipynb, not a link, not an export to PDF or HTML. If it must be zipped, put nothing else "
            "into the zip."
        )
    elif result["status"] == "unreadable":
        wrong = f"The file that you handed in could not be read: {result['says']}."
        todo = (
            "Open your notebook in JupyterLab. If it opens, choose Kernel: Restart and Run All, save it, "
            f"and hand in that file; its name ends in .ipynb. If it does not open, take {name}.ipynb "
            "anew, copy your answers into it, and hand that in."
        )
    else:
        wrong = "Your file arrived, but marking it failed on our side."
        todo = "You need not do anything: your teacher was told and will mark it again."
    body = (
        f"<h1>Feedback: {html(name)}</h1><p>{html(student)} · <strong>no mark yet"
        f'</strong></p>{_box(newer, refused)}<p class="says unusable">{html(wrong)}</p>'
        f"<h2>What to do</h2><p>{html(todo)}</p><p>No mark is not a mark of 0.</p>"
    )
    return page(f"Feedback: {name}", body)


def _question(question, verdict, points, mark, work):
    shown = "–" if points is None else f"{points:g}"
    waits = bool(mark and mark["waits"])
    by_person = bool(mark) and mark["manual"] is not None and not waits
    sign = SIGNS["pending" if waits else verdict["status"]]
    head = (
        f'<h2>Question {question.number}. {html(question.title)} <span class="mark">{shown} / '
        f"{question.points:g}</span></h2><p>Serves {html(', '.join(question.claims))}. "
        f"<strong>{'marked by a person' if by_person else sign}</strong></p>"
    )
    colour = verdict["status"]
    if by_person and question.automatic:
        # The check's own verdict and points no longer count.
        says, colour = f"Where to read: {question.read}.", ""
    elif question.automatic:
        says = _plain_verdict(question, verdict)
    else:
        says = {"blank": "Nothing was written here."}.get(verdict["status"], "")
    body = f'<p class="says {colour}">{html(says)}</p>' if says else ""
    if mark and mark["comment"]:
        earlier = waits and mark["manual"] is not None
        writes = "wrote about your earlier version" if earlier else "writes"
        body += f'<p class="says">Your marker {writes}: {html(mark["comment"])}</p>'
    if not question.automatic:
        rows = "".join(
            f"<tr><td>{html(row['criterion'])}</td><td>{row['points']:g}</td>"
            f"<td>{html(row.get('full', ''))}</td></tr>"
            for row in question.rubric
        )
        body += (
            f"<table><tr><th>criterion</th><th>points</th><th>full marks</th></tr>{rows}</table>"
        )
    if work and verdict["status"] != "right":
        body += f"<details><summary>Your answer</summary><pre>{html(work)}</pre></details>"
    return head + body


def _plain_verdict(question, verdict):
    fields = {name: verdict[name] for name in Verdict.__dataclass_fields__}
    return feedback(question, Verdict(**fields), tries=3)


def write_feedback(
    course: Course, name: str, progress: Callable[[str], None] = lambda line: None
) -> list[Path]:
    """Write every student's page of a set, and the zip that Moodle takes; return the pages.

    Raises
    ------
    CourseError
        At the end, if one of them could not be written.
    """
    marks = read_marks(course, name)
    written, lost = [], []
    results, refused = read_results(course, name), refusals(course, name)
    for student in refused:
        if student not in results and not course.submitted(student, name).is_file():
            results[student] = {"status": "refused"}
    for number, (student, result) in enumerate(sorted(results.items()), 1):
        try:
            path = course.folder / "feedback" / student / f"{name}.html"
            newer = newer_work(course, name, student, result)
            if result["status"] == "marked":
                whole = kept_result(course, student, name)
                text = feedback_page(
                    student, whole, marks.get(student, {}), newer, refused.get(student)
                )
            else:
                text = unmarked_page(student, name, result, newer, refused.get(student))
            put(path, text)
            written.append(path)
            says = result["status"]
        except Exception as error:  # one student's trouble stays one student's
            says = f"no page: {type(error).__name__}: {error} ({course.result(student, name)})"
            lost.append(f"{student}: {says}")
        progress(f"[{number}/{len(results)}] {student}: {says}")
    for platform, packed in _pack(course, name, written).items():
        progress(f"For {platform.title()}: {packed}")
    course.log("feedback", set=name, pages=len(written))
    if lost:
        raise CourseError(
            f"{len(written)} pages are written; these could not be: {'; '.join(lost)}"
        )
    return written


def _pack(course, name, pages):
    """Write, for each platform, the zip that gives each student the page."""
    known, packs = owners(course, name), {}
    for path in pages:
        owner = known.get(path.parent.name)
        if owner and owner.platform == "moodle":
            # In folders named as in Moodle's download, which it splits at the first underscore.
            folder = f"{owner.name.replace('_', ' ')}_{owner.number}_assignsubmission_file_"
            packs.setdefault("moodle", []).append((path, f"{folder}/{name}-feedback.html"))
        elif owner and owner.platform.startswith("canvas") and owner.order[0]:
            # Named as in Canvas' download, which it finds again by both numbers.
            late, file = "LATE_" if owner.late else "", owner.order[0]
            who = f"{owner.name}_{late}{owner.number}"
            who = f"{late}{owner.name}" if owner.platform == "canvas-anonymous" else who
            packs.setdefault("canvas", []).append((path, f"{who}_{file}_{name}-feedback.html"))
    # Not in feedback/: a name in a zip is what `forget` cannot find, but asks to delete in export/.
    made = {}
    for platform, theirs in packs.items():
        text = io.BytesIO()
        with zipfile.ZipFile(text, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, called in theirs:
                archive.write(path, called)
        made[platform] = course.folder / "export" / f"{name}-{platform}-feedback.zip"
        put(made[platform], text.getvalue())
    return made
