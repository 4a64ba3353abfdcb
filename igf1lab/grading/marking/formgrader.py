"""Open nbgrader's formgrader on the class, configured so that nothing a student wrote can run."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import nbformat
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from igf1lab.exercises.source import REPOSITORY
from igf1lab.grading.course import Course, open_course
from igf1lab.grading.marking.copies import PENDING, marked_copy
from igf1lab.grading.marking.results import kept_result, newer_work
from igf1lab.grading.marking.whole_class import Marker

CONFIG = '''"""Written by igf1lab-grade review; it is written anew each time."""
from igf1lab.grading.marking.formgrader import SandboxExecute, SaveMarks

c = get_config()
d = c.CourseDirectory
d.course_id, d.root, d.db_url = {course_id!r}, {root!r}, {db_url!r}
d.source_directory, d.release_directory = {source!r}, {release!r}
for name in ("submitted", "autograded", "feedback", "source_with_tests"):
    setattr(d, name + "_directory", {root!r} + "/" + name)
d.feedback_directory = {root!r} + "/formgrader_feedback"
d.solution_directory = {root!r} + "/solution_html"
c.HTMLExporter.sanitize_html = True
# Whoever presses Autograde gets the sandbox, never a bare kernel.
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [SandboxExecute, SaveMarks]
'''


TEMPLATES = Path(__file__).parent / "jupyter"
# Of nbgrader's own server extensions these run notebooks where they stand.
_UNUSED = ("validate_assignment", "assignment_list", "course_list")


class NoKernels(KernelSpecManager):
    """A server with no kernel to start: the file browser shows students' notebooks, too."""

    def find_kernel_specs(self):
        """Find none."""
        return {}

    def get_kernel_spec(self, kernel_name):
        """Refuse each."""
        raise NoSuchKernel(kernel_name)


def write_config(course: Course) -> Path:
    """Write nbgrader's configuration into the class's folder."""
    overlay = course.folder / "solutions"
    path = course.folder / "nbgrader_config.py"
    path.write_text(
        CONFIG.format(
            course_id=course.course_id,
            root=str(course.folder),
            db_url=course.db_url,
            source=str(overlay if overlay.is_dir() else REPOSITORY / "solutions"),
            # Generate writes a copy with answers there: never over the repository's exercises.
            release=str(course.folder / "release"),
        ),
        encoding="utf-8",
    )
    return path


def command(course: Course, port: int = 8888, browser: bool = True) -> list[str]:
    """Return the command that opens JupyterLab with formgrader.

    It has no terminals, no kernels, no other folder.
    """
    arguments = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={course.folder}"]
    arguments += [f"--port={port}", "--ServerApp.terminals_enabled=False"]
    arguments += [f"--ServerApp.kernel_spec_manager_class={__name__}.NoKernels"]
    for name in _UNUSED:
        extension = f"nbgrader.server_extensions.{name}"
        arguments += [f"--ServerApp.jpserver_extensions={extension}=False"]
    arguments += [] if browser else ["--no-browser"]
    if os.getuid() == 0:
        arguments += ["--allow-root"]
    return arguments


def environment(course: Course) -> dict[str, str]:
    """Return the environment that formgrader is to run in.

    ``JUPYTER_PATH`` leads to the one template of ours that takes the place of nbconvert's.
    """
    paths = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    ours = {"COURSE_PRIVATE": str(course.folder), "JUPYTER_PATH": os.pathsep.join(paths)}
    return os.environ | ours


def review(course: Course, port: int = 8888, browser: bool = True) -> NoReturn:
    """Become JupyterLab with formgrader: whatever ends this process ends it, too."""
    write_config(course)
    course.log("review")
    os.chdir(course.folder)
    os.execve(sys.executable, command(course, port, browser), environment(course))


class SandboxExecute(NbGraderPreprocessor):
    """nbgrader's Execute, replaced: marks in the sandbox, from probes compared outside it.

    Used when somebody presses *Autograde* in formgrader or runs ``nbgrader autograde``.
    """

    def preprocess(self, nb, resources):
        """Return the marked copy of ``nb``."""
        about = resources["nbgrader"]
        with Marker(open_course(), about["assignment"]) as marker:
            result = marker.mark(nbformat.writes(nb).encode(), about["student"])
        if result["status"] != "marked":
            raise RuntimeError(result["says"])
        copy = marked_copy(result, marker.release, result["set"])
        return nbformat.from_dict(copy), resources


class SaveMarks(SaveAutoGrades):
    """nbgrader's SaveAutoGrades, but what a person settled stays settled.

    nbgrader's own puts every mark given by a person up for review at each run. Here that is done
    only if the automatic mark changes, or if the person may have seen another file than this one.
    """

    def _add_score(self, cell, resources):
        where = (self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(cell.metadata["nbgrader"]["grade_id"], *where)
        settled = grade.manual_score is not None and not grade.needs_manual_grade
        before = grade.auto_score
        super()._add_score(cell, resources)
        if any(output.get("ename") == PENDING for output in cell.get("outputs", [])):
            grade.auto_score = None
            grade.needs_manual_grade = not settled
            self.gradebook.db.commit()
        if settled and grade.auto_score == before and self._is_same_work():
            grade.needs_manual_grade = False
            self.gradebook.db.commit()

    def _is_same_work(self):
        course, student, name = open_course(), self.student_id, self.assignment_id
        result = kept_result(course, student, name)
        return bool(result) and not newer_work(course, name, student, result)
