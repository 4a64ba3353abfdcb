"""How fast the explorers are on the built pages, where there is no kernel.

For each explorer: milliseconds from slider event to painted pixels while dragging over what its
sweep file holds; and, where the site has live code, from event to redrawn curve for settings that
Python computes in the page, once it has started. ``benchmarks.explorers`` has JupyterLab's figures.

``python -m benchmarks.pages 01_gh_igf1_axis`` measures one lesson's page of ``site/``.
"""

import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, Route, sync_playwright

from benchmarks.explorers import BAR_P95_MS, drag
from igf1lab.lesson import LESSONS
from igf1lab.lesson.rows import exploration
from igf1lab.web import sweeps
from igf1lab.web.places import SITE
from igf1lab.web.serve import server
from tests.browser.harness import FLAGS, find_chromium

BAR_WORKER_MS = 250
STARTED_MS = 120_000
PLACES = {exploration(*each).name: each for each in sweeps.explorers()}

# Moves the second slider with the first off its start, so that no file has the row.
COMPUTE = """async (root, [stop, stops]) => {
  const [first, second] = root.querySelectorAll('input[type=range]');
  const picture = root.querySelector('.ig-picture');
  const press = (slider, stop) => {
    slider.value = stop;
    slider.dispatchEvent(new Event('input'));
  };
  const redrawn = act => new Promise(done => {
    const start = performance.now();
    const end = value => { watch.disconnect(); done(value); };
    const watch = new MutationObserver(() => end(performance.now() - start));
    watch.observe(picture, { attributes: true, subtree: true });
    setTimeout(() => end(null), 3000);  // the same curve again
    act();
  });
  press(first, stop);
  const took = [];
  for (const each of stops) took.push(await redrawn(() => press(second, each)));
  return took.filter(ms => ms !== null);
}"""


def p95(took: Sequence[float]) -> float:
    """The 95th percentile of a list of times."""
    return sorted(took)[int(0.95 * len(took))]


def off_the_sweeps(part: str, key: str) -> tuple[int, list[int]] | None:
    """A stop of the first slider, and stops of the second, that together no file holds."""
    found = exploration(part, key)
    held = set(sweeps.states(found))
    moved = [k for k, slider in enumerate(found.sliders) if not slider.is_choice][:2]
    if len(moved) < 2:
        return None
    state = found.indices(found.settings())
    first, second = moved
    for i in range(len(found.sliders[first].values)):
        state[first] = i
        free = [
            j
            for j in range(len(found.sliders[second].values))
            if (*state[:second], j, *state[second + 1 :]) not in held
        ]
        if len(free) > 1:
            return i, (free * 12)[:12]
    return None


def open_gates(route: Route) -> None:
    """Serve a part as if its prediction were recorded."""
    answer = route.fetch()
    content = answer.json()
    if isinstance(content, dict) and content.get("state", {}).get("after"):
        content["state"]["after"] = ""
    route.fulfill(response=answer, body=json.dumps(content))


def measure(page: Page, place: Locator) -> tuple[str, float, float | None]:
    """Name of an explorer, p95 of its drags, and p95 of rows from Python, both in ms."""
    place.scroll_into_view_if_needed()
    explorer = place.locator(".ig-explorer")
    explorer.wait_for()
    explorer.hover()  # its sweep file is fetched
    page.wait_for_timeout(500)
    held = p95(drag(page, explorer))
    name = explorer.get_attribute("data-name")
    place = off_the_sweeps(*PLACES[name])
    if not page.evaluate("document.body.dataset.python") or not place:
        return name, held, None
    explorer.get_by_role("button", name="Reset").click()
    explorer.evaluate(COMPUTE, [place[0], place[1][:1]])  # Python starts
    status = explorer.locator(".ig-status").element_handle()
    page.wait_for_timeout(500)
    page.wait_for_function(
        "node => !node.textContent.includes('…')", arg=status, timeout=STARTED_MS
    )
    computed = explorer.evaluate(COMPUTE, [place[0], place[1][1:]])
    return name, held, p95(computed) if computed else None


def main(lessons: Sequence[str] = (), site: Path = SITE) -> int:
    """Print the table of all lessons, or of those wanted; return 1 if an explorer misses a bar."""
    if not (site / "index.html").exists():
        print(f"{site} is not built: run make web, then this again")
        return 1
    running = server(site, 0, "127.0.0.1")
    threading.Thread(target=running.serve_forever, daemon=True).start()
    missed = 0
    print(f"{'explorer on its page, no kernel':44} {'file p95':>9} {'Python p95':>11}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for lesson in lessons or LESSONS:
            page = chromium.new_page(service_workers="block")
            page.route("**/media/*.json", open_gates)
            page.goto(f"http://127.0.0.1:{running.server_address[1]}/lessons/{lesson}.html")
            for place in page.locator("[data-part=explorer]").all():
                name, held, computed = measure(page, place)
                slow = held > BAR_P95_MS or (computed or 0) > BAR_WORKER_MS
                missed += slow
                python = f"{computed:8.0f} ms" if computed else f"{'–':>11}"
                print(
                    f"{lesson + ' ' + name:44} {held:6.1f} ms {python}{'  MISSES A BAR' if slow else ''}",
                    flush=True,
                )
            page.close()
        chromium.close()
    running.shutdown()
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
