"""How fast the explorers are where they are used: JupyterLab in Chromium, real mouse drags.

For each explorer: milliseconds from slider event to painted pixels while dragging inside held
curves, with no delay and with 100 ms added to each direction of the link; beside it, in the
same page and run, the same figure under ``interact`` and the inline backend. And what the page
then holds of curves, twice: to move, and for the saved notebook; summed for each lesson.

``python -m benchmarks.explorers pulses arms`` measures those alone.
"""

import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, sync_playwright

from igf1lab import evidence
from igf1lab.lesson import LESSONS
from tests.browser.harness import FLAGS, Lab, find_chromium, jupyterlab

DELAYS_MS = (0, 100)
BAR_P95_MS, BAR_RATIO, BAR_FIRST_S, BAR_ALL_S, BAR_LESSON_MB = 17, 10, 1, 5, 8
DRAG_MOVES, KEY_MOVES = 200, 8

SLOW_LINK = """(delay => { if (!delay) return;
  const later = act => (...args) => setTimeout(() => act(...args), delay);
  window.WebSocket = class extends WebSocket {
    send(data) { setTimeout(() => { if (this.readyState === 1) super.send(data); }, delay); }
    set onmessage(act) { super.onmessage = act && later(act); }
    addEventListener(type, act, options) {
      super.addEventListener(type, type === 'message' ? later(act) : act, options);
    }
  };
})"""

# From the slider's own event to the moment after the next frame is painted.
WATCH_DRAG = """() => { window.took = []; const channel = new MessageChannel(); const begun = [];
  channel.port1.onmessage = () => {
    const now = performance.now();
    for (const t of begun.splice(0)) window.took.push(now - t);
  };
  document.addEventListener('input', () => { const t = performance.now();
    requestAnimationFrame(() => { begun.push(t); channel.port2.postMessage(0); }); }, true); }"""

# From the key press to the moment after the new picture of `interact` is painted.
KEY_TO_PICTURE = """async () => {
  const area = document.querySelector('.widget-interact .jp-OutputArea, .widget-output');
  const start = performance.now();
  await new Promise(resolve => {
    new MutationObserver((_, watch) => {
      const picture = area.querySelector('img');
      if (picture && !picture.seen) { picture.seen = true; watch.disconnect();
        picture.decode().then(() => requestAnimationFrame(() => setTimeout(resolve))); }
    }).observe(area, { childList: true, subtree: true });
    window.press();
  });
  return performance.now() - start; }"""

INTERACT = """
from IPython.display import display
from ipywidgets import IntSlider, interact
slider = next(s for s in explorer.sliders if not s.is_choice)
def show(i):
    display(explorer.static(**{slider.name: slider.values[i]}).figure())
interact(show, i=IntSlider(len(slider.values) // 2, 0, len(slider.values) - 1));
"""


def explorers() -> list[tuple[str, str]]:
    """Every explorer of the lessons that exist, as (lesson, name)."""
    notebooks = evidence.assets_dir().parent / "notebooks"
    return [
        (lesson, name)
        for lesson in LESSONS
        if (notebooks / f"{lesson}.ipynb").exists()
        for name in import_module(f"igf1lab.lesson.parts.{lesson[3:]}").EXPLORERS
    ]


def write_notebook(path: Path, lesson: str, name: str) -> None:
    """Write a notebook with one explorer and the same figure under ``interact``."""
    setup = "%matplotlib inline\nfrom igf1lab.lesson import open_lesson\n"
    cells = [
        f"{setup}explorer = open_lesson({lesson!r}).explorer({name!r})",
        INTERACT,
        "explorer",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def drag(page: Page, explorer: Locator) -> list[float]:
    """Drag the first slider of the explorer to and fro; ms from event to paint, sorted."""
    page.evaluate(WATCH_DRAG)
    slider = explorer.locator("input[type=range]").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for i in range(DRAG_MOVES):
        page.mouse.move(box["x"] + 8 + (i * 11) % (box["width"] - 16), middle)
    page.mouse.up()
    page.wait_for_timeout(200)
    return sorted(page.evaluate("window.took"))


def interact_ms(page: Page) -> float:
    """Median ms from a key press on the ``interact`` slider to its new picture."""
    handle = page.locator(".widget-interact .noUi-handle")
    handle.scroll_into_view_if_needed()
    page.evaluate(
        """() => { const handle = document.querySelector('.widget-interact .noUi-handle');
        document.querySelectorAll('.widget-interact img').forEach(img => { img.seen = true; });
        let step = 0;
        window.press = () => handle.dispatchEvent(new KeyboardEvent('keydown',
            { key: step++ % 2 ? 'ArrowLeft' : 'ArrowRight', bubbles: true, cancelable: true })); }"""
    )
    times = []
    for _ in range(KEY_MOVES):
        times.append(page.evaluate(KEY_TO_PICTURE))
        page.wait_for_timeout(150)
    return statistics.median(times)


def measure(lab: Lab, stem: str) -> dict[str, float]:
    """Open one notebook, run it, and time its explorer and its ``interact`` twin."""
    lab.open_lesson(stem)
    lab.command("notebook:run-all-cells")
    page = lab.page
    page.wait_for_selector(".ig-explorer", timeout=60_000)
    begun = time.monotonic()
    page.wait_for_selector(".ig-explorer[data-first=true]", timeout=60_000)
    first_s = time.monotonic() - begun
    page.wait_for_selector(".ig-explorer[data-ready=true]", timeout=60_000)
    all_s = time.monotonic() - begun
    held_mb = 2e-6 * int(page.locator(".ig-explorer").get_attribute("data-bytes"))
    took = drag(page, page.locator(".ig-explorer").first)
    result = {
        "held": held_mb,
        "first": first_s,
        "all": all_s,
        "p50": statistics.median(took),
        "p95": took[int(0.95 * len(took))],
    }
    page.wait_for_selector(".ig-explorer[data-ready=true]", timeout=60_000)
    return result | {"interact": interact_ms(page)}


def main(wanted: Sequence[str] = ()) -> int:
    """Print the table of all explorers, or of those wanted; return 1 if one misses a bar."""
    found = [(lesson, name) for lesson, name in explorers() if not wanted or name in wanted]
    missed = 0
    print(
        f"{'explorer':44} {'delay':>6} {'p50':>6} {'p95':>6} {'interact':>9} {'ratio':>6} {'first':>7} {'all':>6} "
        f"{'held':>8}"
    )
    held = Counter()  # lesson -> MB
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        course = Path(folder, "course")
        (course / "notebooks").mkdir(parents=True)
        for lesson, name in found:
            write_notebook(course / "notebooks" / f"{lesson}-{name}.ipynb", lesson, name)
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for delay in DELAYS_MS:
            for lesson, name in found:
                home = Path(folder, f"{lesson}-{name}-{delay}")  # nothing left of the one before
                home.mkdir()
                with jupyterlab(course, home) as address:
                    page = chromium.new_page()
                    page.add_init_script(f"{SLOW_LINK}({delay})")
                    row = measure(Lab(page, address), f"{lesson}-{name}")
                    page.close()
                ratio = row["interact"] / row["p50"]
                slow = row["p95"] > BAR_P95_MS or ratio < BAR_RATIO
                slow |= delay == 0 and (row["first"] > BAR_FIRST_S or row["all"] > BAR_ALL_S)
                missed += slow
                held[lesson] += row["held"] if delay == 0 else 0
                print(
                    f"{lesson + ' ' + name:44} {delay:3} ms {row['p50']:6.1f} {row['p95']:6.1f} "
                    f"{row['interact']:9.0f} {ratio:5.0f}x {row['first']:5.2f} s {row['all']:4.1f} s "
                    f"{row['held']:5.2f} MB{'  MISSES A BAR' if slow else ''}",
                    flush=True,
                )
        chromium.close()
    for lesson, megabytes in held.items():
        over = megabytes > BAR_LESSON_MB
        missed += over
        print(f"{lesson:44} holds {megabytes:5.2f} MB{'  MISSES A BAR' if over else ''}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
