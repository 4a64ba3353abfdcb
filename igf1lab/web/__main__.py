"""Command line: ``python -m igf1lab.web pages|lite|serve``."""

import argparse
import time
from pathlib import Path

from igf1lab.web.places import SITE


def main(arguments: list[str] | None = None) -> None:
    """Build or serve the site."""
    parser = argparse.ArgumentParser(prog="python -m igf1lab.web", description=__doc__)
    parser.add_argument("--site", type=Path, default=SITE, help="folder of the site")
    steps = parser.add_subparsers(dest="step", required=True)
    pages = steps.add_parser("pages", help="build the pages")
    pages.add_argument("lessons", nargs="*", help="only these lessons (all if left out)")
    steps.add_parser("lite", help="add JupyterLite: Python in the browser")
    serve = steps.add_parser("serve", help="serve the site")
    serve.add_argument("--port", type=int, default=8000)
    wish = parser.parse_args(arguments)
    begun = time.monotonic()
    if wish.step == "pages":
        from igf1lab.web.site import LESSONS, Build

        unknown = sorted(set(wish.lessons) - set(LESSONS))
        if unknown:
            parser.error(f"no lesson {unknown[0]!r}; the lessons are {', '.join(LESSONS)}")
        Build(wish.site, wish.lessons or LESSONS).run()
    elif wish.step == "lite":
        from igf1lab.web.lite import build

        build(wish.site)
    else:
        from igf1lab.web.serve import serve as run

        if not (wish.site / "index.html").exists():
            parser.error(f"there is no site in {wish.site} yet; make it with: make web-pages")
        run(wish.site, wish.port)
        return
    print(f"{wish.site / 'index.html'} made in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
