"""Write the README's first steps from the address in pyproject.toml (``[tool.igf1lab]``).

usage: python tools/readme_start.py
"""

from pathlib import Path

from igf1lab.web.places import binder_address, pages_address, repository

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- start:begin -->", "<!-- start:end -->"
BADGE = "https://mybinder.org/badge_logo.svg"

HERE = """**In a browser**, from this folder (Python 3.11 or newer):

```
make web-serve
```

builds the course as pages and prints their address, also for a phone in the same network. Any static host can serve the folder
`site/` that it makes; `make web` adds Python in the browser to it, for live code.

This copy is not published yet. Whoever publishes it writes its address into `pyproject.toml` (`repository`, under `[tool.igf1lab]`),
runs `python tools/readme_start.py`, and links to the pages and to Binder stand here."""

PUBLISHED = """**In a browser, nothing to install:** [open the course]({pages}). It works on a phone, keeps your answers in the browser, and can be
kept for times without a network. The same pages from this folder: `make web-serve`."""

BINDER = """**With a notebook server of its own, in some minutes:** [![Open in Binder]({badge})]({binder})"""


def start(address: str) -> str:
    """Return the first steps for a copy published at ``address``; ``""`` if it is not."""
    pages, binder = pages_address(address), binder_address(address)
    steps = [PUBLISHED.format(pages=pages) if pages else HERE]
    if binder:
        steps.append(BINDER.format(badge=BADGE, binder=binder))
    return "\n\n".join(steps)


def with_start(text: str, address: str) -> str:
    """Return the README's text with its first steps as they should be."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{start(address)}\n\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Bring the README up to date."""
    README.write_text(with_start(README.read_text("utf-8"), repository()), "utf-8")


if __name__ == "__main__":
    main()
