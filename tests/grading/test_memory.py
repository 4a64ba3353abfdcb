"""The grader's own memory: it stays small, whatever and however many are handed in."""

import json
import re
import subprocess
import sys

from igf1lab.grading.demo import blob, notebook_with, right_answers

MOST_MIB = 300
GRADE = """
import re, sys
from pathlib import Path
from igf1lab.grading import cli
course, name, *inboxes = sys.argv[1:]
for inbox in inboxes:
    for command in (["ingest", name, inbox], ["grade", name, "--no-figures", "--workers", "8"],
                    ["feedback", name], ["report", name]):
        if cli.main(["--course", course, *command]) not in (0, cli.TROUBLE):
            sys.exit(f"{command} failed")
    # Of this program alone: getrusage() tells what the one that started it held.
    print("kB:", re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
# What code in the sandbox does to its own side of the wire, to make its replies as large as may be.
WIRE = """import sys
wire = next(m for m in list(sys.modules.values()) if hasattr(m, "OUT") and hasattr(m, "serve"))
"""
ROWS = WIRE + 'wire.OUT.rows += [{"type": "display", "text": "😀" * 19000}] * 25'
NUMBERS = WIRE + (
    "import json, types\n"
    'curves = [{"x": [0] * 20000, "y": [1.5] * 20000}] * 11\n'
    "def dumps(reply):\n"
    '    odd = {"described": {"is": "figure", "axes": [{"curves": curves}]}}\n'
    '    return json.dumps(reply | odd if "described" in reply else reply)\n'
    "wire.json = types.SimpleNamespace(dumps=dumps, loads=json.loads)"
)


def code(source, outputs=()):
    return {
        "cell_type": "code", "id": "big", "metadata": {}, "execution_count": None,
        "outputs": list(outputs), "source": source,
    }  # fmt: skip


def large_files(source):
    """Return notebooks, each right and each as large as its kind may be, as bytes."""
    whole = json.loads(blob(notebook_with(source, right_answers(source))))
    check = next(cell for cell in whole["cells"] if cell["id"] == "q1-check")
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": "A" * 14_000_000},
    }
    lines = {"output_type": "stream", "name": "stdout", "text": ["a\n"] * 300_000}
    attached = {"cell_type": "markdown", "id": "big", "metadata": {}, "source": "x"}
    attached["attachments"] = {"a.png": {"image/png": "A" * 14_000_000}}

    def made(*cells, **metadata):
        changed = whole | {"metadata": whole["metadata"] | metadata}
        changed["cells"] = [*whole["cells"][:3], *cells, *whole["cells"][3:]]
        return json.dumps(changed, ensure_ascii=False).encode()

    return {
        "wide": made(code("1", [picture]), x="z" * 5_400_000 + "😀"),
        "wider": made(code("1", [picture]), x="z" * 2_500_000 + "😀"),
        "attached": made(attached, x=[[]] * 180_000),
        "widgets": made(code("1", [lines]), widgets={str(n): [n] for n in range(100_000)}),
        "rows": made(*[code(ROWS)] * 6),
        "numbers": made(code(NUMBERS), *[check] * 5),
    }


def test_memory_does_not_grow_with_what_is_handed_in(tmp_path, source, set_name, sandbox):
    inboxes = [tmp_path / "first", tmp_path / "second"]
    for inbox in inboxes:
        inbox.mkdir()
        for kind, content in large_files(source).items():
            (inbox / f"{kind}-{inbox.name}_{set_name}.ipynb").write_bytes(content)
    arguments = [str(tmp_path / "course"), set_name, *map(str, inboxes)]
    done = subprocess.run(
        [sys.executable, "-c", GRADE, *arguments], capture_output=True, text=True, check=True
    )
    first, second = (int(kb) / 1024 for kb in re.findall(r"^kB: (\d+)$", done.stdout, re.MULTILINE))
    assert "not marked" in done.stdout and "12 marked" not in done.stdout
    assert first <= second <= MOST_MIB and second - first < 40, (first, second)
