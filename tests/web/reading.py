"""A person who reads the pages, and what they do there."""

import re


class Reader:
    """One person's browser: a profile with its own storage, and all that it asked for."""

    def __init__(self, chromium, address: str, **options):
        self.address = address
        options = {"viewport": {"width": 1280, "height": 900}} | options
        self.context = chromium.new_context(**options)
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.context.on("requestfailed", lambda request: self.faults.append(request.url))
        self.context.on("weberror", lambda fault: self.faults.append(str(fault.error)))

    def open(self, page: str):
        """Open a page of the site and return it."""
        self.page.goto(self.address + page)
        return self.page

    def outside(self) -> list[str]:
        """What was asked of any other place."""
        origin = "/".join(self.address.split("/")[:3]) + "/"
        local = (origin, f"blob:{origin}", "data:", "about:")
        return [url for url in self.asked if not url.startswith(local)]


def alive(page, part: str):
    """Bring a part into view and wait until it lives."""
    place = page.locator(f"[data-part={part}]").first
    place.scroll_into_view_if_needed()
    page.locator(f"[data-part={part}][data-alive=yes]").first.wait_for(timeout=20_000)
    return place


def predict(page):
    """Answer the first prediction of the page, whatever its kind."""
    place = alive(page, "prediction")
    form = place.locator("form")
    for group in form.locator("fieldset").all():
        choice = group.locator("input[type=radio]")
        if choice.count():
            choice.first.check()
    number = form.locator("input[inputmode=decimal]")
    if number.count():
        low = re.search(r"from ([\d.,]+)", form.inner_text())[1]
        number.fill(low)
    form.get_by_role("button", name=re.compile("^Record")).click()
    return place
