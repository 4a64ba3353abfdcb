"""The home of every kernel that the tests start: no network, no learner's files, measured."""

import os
import shutil
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
# The test workers share the home of the process that started them.
SHARED = os.environ.get("IGF1LAB_TEST_HOME")
HOME = Path(SHARED or tempfile.mkdtemp(prefix="igf1lab-tests-"))


def move_in() -> None:
    """Send every kernel through kernel_startup.py, and its progress to a file of ours."""
    if SHARED:
        return
    startup = HOME / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    source = TESTS / "kernel_startup.py"
    # Run apart, so that no name of it is found in a notebook by chance.
    stub = f"exec(compile(open({str(source)!r}).read(), {str(source)!r}, 'exec'), {{}})\n"
    (startup / "00_tests.py").write_text(stub)
    (HOME / "measures").mkdir()
    os.environ["IGF1LAB_TEST_HOME"] = str(HOME)
    os.environ["IPYTHONDIR"] = str(HOME / "ipython")
    os.environ["IGF1LAB_PROGRESS"] = str(HOME / "progress.db")
    os.environ.pop("MPLBACKEND", None)  # kernels draw inline, as a learner's do


def move_out() -> None:
    """Remove all that kernels left."""
    if SHARED:
        return
    del os.environ["IGF1LAB_TEST_HOME"]
    shutil.rmtree(HOME, ignore_errors=True)


def measures_file(notebook: Path) -> Path:
    """Where the kernel of a notebook of this repository notes its time and memory."""
    place = "-".join(notebook.relative_to(ROOT).with_suffix("").parts)
    return HOME / "measures" / f"{place}.json"


def notebook_environment(notebook: Path) -> dict[str, str]:
    """Return what a kernel that runs a notebook as a test finds in its environment."""
    return {
        "IGF1LAB_HEADLESS": "1",  # predictions reveal at once
        "IGF1LAB_STRICT": "1",  # an explorer's error is raised, not only shown
        "IGF1LAB_MEASURES": str(measures_file(notebook)),
    }
