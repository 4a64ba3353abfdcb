"""Time our grading beside stock nbgrader: ``python -m benchmarks.grading [SET] [--rounds N]``.

The same 60 made-up submissions, a small class, go through every way in the same run, interleaved; marks are
compared. Times include starting the program. Read the ratios; seconds depend on the machine.
"""

import argparse
import concurrent.futures
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil

from igf1lab.exercises.generate import learner_copy
from igf1lab.exercises.source import read_source
from igf1lab.grading.course import REPOSITORY, open_course
from igf1lab.grading.demo import made_up_class
from igf1lab.grading.intake.ingest import ingest
from igf1lab.grading.marking import gradebook, one_submission, whole_class
from igf1lab.grading.marking.marks import read_marks

SUBMISSIONS = 60  # the made-up class twice
STOCK_CONFIG = """
c = get_config()
d = c.CourseDirectory
d.root = {root!r}
d.db_url = "sqlite:///" + {root!r} + "/gradebook.db"
d.course_id = "igf1"
"""


class Peak:
    """Highest memory (proportional where the system tells it) of this process's descendants."""

    def __init__(self):
        self.mib, self._on = 0.0, True
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        me = psutil.Process()
        while self._on:
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except (psutil.Error, AttributeError):
                    continue
            self.mib = max(self.mib, total / 2**20)
            time.sleep(0.3)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._on = False
        self._thread.join()


def _stock_course(folder, name, honest, release):
    """Lay out a stock nbgrader course with the submissions in it."""
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text(STOCK_CONFIG.format(root=str(folder)))
    course = open_course(str(folder))
    gradebook.register(course, name, release)
    (folder / "source" / name).mkdir(parents=True)
    for made in honest:
        path = folder / "submitted" / made.student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(made.blob)
    return course


def _nbgrader(folder, name, pattern):
    command = [sys.executable, "-m", "nbgrader", "autograde", name, "--student", pattern]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def stock(folder, name, honest, release, processes):
    """Stock ``nbgrader autograde``; students are split by their first letter."""
    course = _stock_course(folder, name, honest, release)
    start = time.monotonic()
    patterns = ["*"] if processes == 1 else ["[a-i]*", "[!a-i]*"]
    running = [_nbgrader(folder, name, pattern) for pattern in patterns]
    for process in running:
        process.wait()
    seconds = time.monotonic() - start
    return seconds, read_marks(course, name)


def ours(folder, name, honest, workers, figures, dask=None):
    """``igf1lab-grade grade``: sandbox, probes, gradebook and marked copies."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    for made in honest:
        (inbox / f"{made.student}.ipynb").write_bytes(made.blob)
    course = open_course(str(folder / "private"))
    ingest(course, inbox, name)
    with gradebook.gradebook(course):  # making a new database is not timed, here or for stock
        pass
    command = [sys.executable, "-m", "igf1lab.grading.cli", "--course", str(course.folder), "grade"]
    command += [name, "--workers", str(workers)] + ([] if figures else ["--no-figures"])
    command += ["--dask", dask] if dask else []
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - start
    return seconds, read_marks(course, name)


def rescore(folder, name, honest, workers, figures):
    """Automatic rescoring only: the running engine, no gradebook, no copies."""
    course = open_course(str(folder))
    with whole_class.Marker(course, name, figures=figures) as marker:
        job = marker.job("")
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            results = list(
                pool.map(lambda made: one_submission.mark(made.blob, job, marker.sandbox), honest)
            )
        seconds = time.monotonic() - start
    marks = {
        made.student: {q: {"auto": v["points"]} for q, v in result["questions"].items()}
        for made, result in zip(honest, results, strict=True)
    }
    return seconds, marks


def _ways(name, honest, release, cluster):
    ways = {
        "stock nbgrader autograde, 1 process": lambda f: stock(f, name, honest, release, 1),
        "stock nbgrader autograde, 2 processes": lambda f: stock(f, name, honest, release, 2),
    }
    for workers in (1, 2):
        for figures, words in ((True, "figures"), (False, "no figures")):
            ways[f"igf1lab-grade, {workers} in flight, {words}"] = lambda f, w=workers, g=figures: (
                ours(f, name, honest, w, g)
            )
            ways[f"rescoring only, {workers} in flight, {words}"] = lambda f, w=workers, g=figures: (
                rescore(f, name, honest, w, g)
            )
    if cluster:
        ways["igf1lab-grade --dask, 2 workers, figures"] = lambda f: ours(
            f, name, honest, 2, True, cluster
        )
    return ways


def main(arguments=None) -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("set", nargs="?", default="03_metabolism")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args(arguments)
    os.environ.pop("COURSE_PRIVATE", None)
    source = read_source(REPOSITORY / "solutions" / options.set / f"{options.set}.ipynb")
    honest, release = made_up_class(source), learner_copy(source)
    honest = [replace(made, student=f"{made.student}-{n}") for made in honest for n in (1, 2)]
    assert len(honest) == SUBMISSIONS
    try:
        from distributed import LocalCluster

        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    except ImportError:
        cluster = None
    times, memory, wrong = {}, {}, {}
    address = cluster.scheduler_address if cluster else None
    for number in range(options.rounds):
        for way, run in _ways(options.set, honest, release, address).items():
            folder = Path(tempfile.mkdtemp(prefix="igf1bench-"))
            with Peak() as peak:
                seconds, marks = run(folder / "class")
            shutil.rmtree(folder)
            times.setdefault(way, []).append(seconds)
            memory[way] = max(memory.get(way, 0.0), peak.mib)
            wrong[way] = sum(
                marks.get(made.student, {}).get(question, {}).get("auto") != points
                for made in honest
                for question, points in made.points.items()
            )
            print(f"round {number + 1}: {way}: {seconds:.1f} s", file=sys.stderr, flush=True)
    if cluster:
        cluster.close()
    _print(options, times, memory, wrong)


def _print(options, times, memory, wrong):
    base = statistics.median(next(iter(times.values())))
    load = os.getloadavg()[0]
    print(f"{SUBMISSIONS} submissions of {options.set}, median of {options.rounds}, ", end="")
    print(f"{os.cpu_count()} processors, load {load:.1f}\n")
    print("| way | s | a submission, s | submissions/min | × stock | peak MiB | wrong marks |")
    print("|---|---|---|---|---|---|---|")
    for way, seconds in times.items():
        middle = statistics.median(seconds)
        print(
            f"| {way} | {middle:.1f} | {middle / SUBMISSIONS:.3f} | {60 * SUBMISSIONS / middle:.0f} "
            f"| {base / middle:.1f} | {memory[way]:.0f} | {wrong[way]} |"
        )


if __name__ == "__main__":
    main()
