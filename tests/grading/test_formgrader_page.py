"""The page that formgrader shows: it asks no other server for anything."""

import re
import subprocess
import sys

import pytest

from igf1lab.grading.course import open_course
from igf1lab.grading.marking.formgrader import environment

RENDER = """
import nbformat
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=[handlers.template_path])
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("$x$ 1,5")])
resources = {"base_url": "/x", "notebook_id": "n", "index": 0, "total": 1, "assignment_id": "a",
             "submission_id": "s", "last_name": "", "first_name": "", "student": "ada",
             "notebook_path": "", "notebook_dir": "", "next": None, "prev": None}
print(exporter.from_notebook_node(notebook, resources=resources)[0])
"""
ELSEWHERE = re.compile(
    r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)=["'](?:https?:)?//[^"']+"""
)


@pytest.mark.parametrize("ours", [True, False])
def test_formgrader_asks_no_other_server(tmp_path, ours):
    course = open_course(str(tmp_path))
    run = environment(course)
    if not ours:  # the same page without our template asks for MathJax: this test can fail
        run.pop("JUPYTER_PATH")
    made = subprocess.run(
        [sys.executable, "-c", RENDER], env=run, capture_output=True, text=True, check=True
    )
    asked = [found for found in ELSEWHERE.findall(made.stdout)]
    assert bool(asked) == (not ours), asked
    assert ("decimal comma" not in made.stdout) and ("write 1.5 or 1,5." in made.stdout) == ours
