"""Open nbgrader's formgrader on the class, configured so that nothing a student wrote can run."""

import os
import subprocess
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from igf1lab.grading.course import REPOSITORY, Course

CONFIG = '''"""Written by igf1lab-grade review; it is written anew each time."""
from igf1lab.grading.gradebook import SandboxExecute, SaveMarks

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


def review(course: Course, port: int = 8888, browser: bool = True) -> int:
    """Open formgrader and wait until it is closed."""
    write_config(course)
    course.log("review")
    environment = os.environ | {"COURSE_PRIVATE": str(course.folder)}
    return subprocess.call(command(course, port, browser), cwd=course.folder, env=environment)
