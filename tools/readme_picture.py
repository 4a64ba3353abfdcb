"""Take the README's picture: lesson 1 in JupyterLab, one curve kept and another shown.

``python tools/readme_picture.py`` writes ``assets/screenshots/lesson-1.png``.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from harness import FLAGS, Lab, find_chromium, jupyterlab  # noqa: E402

SIZE = {"width": 1180, "height": 760}


def main() -> None:
    """Run lesson 1 in a JupyterLab of its own and photograph the explorer of pulses."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        course, home = Path(folder, "course"), Path(folder, "home")
        home.mkdir()
        shutil.copytree(ROOT / "notebooks", course / "notebooks")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        with jupyterlab(course, home) as address:
            lab = Lab(browser.new_page(), address)
            lab.open_lesson("01_gh_igf1_axis")
            lab.run_all()
            lab.page.set_viewport_size(SIZE)
            explorer = lab.page.locator(".ig-explorer[data-name=pulses]")
            explorer.get_by_role("button", name="Keep this curve").click()
            explorer.get_by_role("button", name="Short delay").click()
            lab.page.wait_for_timeout(1500)
            explorer.evaluate("node => node.scrollIntoView({block: 'end'})")
            lab.page.wait_for_timeout(600)
            lab.page.screenshot(path=ROOT / "assets" / "screenshots" / "lesson-1.png")


if __name__ == "__main__":
    main()
