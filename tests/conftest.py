"""What all tests share: a home for kernels without a network, and the course's folders."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
_HOME = Path(tempfile.mkdtemp(prefix="igf1lab-tests-"))


def pytest_configure():
    """Send every kernel that a test starts through kernel_startup.py, and its progress to a file of ours."""
    startup = _HOME / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    source = TESTS / "kernel_startup.py"
    # Run apart, so that no name of it is found in a notebook by chance.
    stub = f"exec(compile(open({str(source)!r}).read(), {str(source)!r}, 'exec'), {{}})\n"
    (startup / "00_tests.py").write_text(stub)
    (_HOME / "measures").mkdir()
    os.environ["IPYTHONDIR"] = str(_HOME / "ipython")
    os.environ["IGF1LAB_PROGRESS"] = str(_HOME / "progress.db")
    os.environ.pop("MPLBACKEND", None)  # kernels draw inline, as a learner's do


def pytest_unconfigure():
    shutil.rmtree(_HOME, ignore_errors=True)


def measures_file(notebook: Path) -> Path:
    """Where the kernel of a notebook of this repository notes its time and memory."""
    place = "-".join(notebook.relative_to(ROOT).with_suffix("").parts)
    return _HOME / "measures" / f"{place}.json"


def notebook_environment(notebook: Path) -> dict[str, str]:
    """Return what a kernel that runs a notebook as a test finds in its environment."""
    return {
        "IGF1LAB_HEADLESS": "1",  # predictions reveal at once
        "IGF1LAB_STRICT": "1",  # an explorer's error is raised, not only shown
        "IGF1LAB_MEASURES": str(measures_file(notebook)),
    }


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    """nbval starts a notebook's kernel here, with this process's environment."""
    if item.path.suffix != ".ipynb":
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in notebook_environment(item.path).items():
            patch.setenv(name, value)
        return (yield)
