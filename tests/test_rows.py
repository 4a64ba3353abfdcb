"""Rows need no drawing: every explorer's are computed where neither matplotlib nor widgets are."""

import json
import subprocess
import sys

from igf1lab.lesson import LESSONS

COMPUTE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
import json
from importlib import import_module
from igf1lab.lesson.rows import exploration

sizes = {{}}
for part in {parts!r}:
    for key in import_module(f"igf1lab.lesson.parts.{{part}}").EXPLORERS:
        found = exploration(part, key)
        reply, block = found.answer({{"id": 1, "rows": [[0] * len(found.sliders)]}})
        assert "problem" not in reply, reply
        sizes[found.name] = [len(block), reply["rows"][0]["sentence"]]
print(json.dumps(sizes))
"""
ABSENT = ("matplotlib", "anywidget", "ipywidgets", "IPython", "traitlets", "bibtexparser")


def test_rows_of_every_explorer_need_numpy_scipy_and_yaml_alone():
    code = COMPUTE.format(absent=ABSENT, parts=[lesson[3:] for lesson in LESSONS])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) == 22
    assert all(size > 4 and sentence.endswith(".") for size, sentence in rows.values())
