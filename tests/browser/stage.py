"""One part alone on a blank page, as a host would show it: its module and the state of its widget."""

import json

from igf1lab.lesson.widget import CourseWidget
from igf1lab.page import FOLDER

ORIGIN = "http://course.test"
STAGE = """async ([part, state]) => {
  const acts = [];
  const model = {
    get: (name) => state[name],
    on: (event, act) => acts.push(act),
    off: () => {},
    send: async (content) => { // a test may stand in for the kernel
      const reply = await window.kernel?.(content);
      if (reply) acts.forEach((act) => act(reply));
    },
  };
  const module = await import(`./page/${part}.js`);
  const host = document.createElement('main');
  document.body.append(host);
  window.leave = await module.default.render({ model, el: host });
}"""


def put(page, widget: CourseWidget, keeper: dict | None = None) -> None:
    """Show a part on the page; its keeper is the page's memory unless another is named."""
    if not page.url.startswith(ORIGIN):
        page.route(f"{ORIGIN}/**", serve)
        page.goto(f"{ORIGIN}/")
        page.add_style_tag(content=(FOLDER / "widgets.css").read_text("utf-8"))
    state = {name: value for name, value in widget.get_state().items() if not name.startswith("_")}
    state["keeper"] = keeper or {"where": "memory", "name": ""}
    plain = json.loads(json.dumps(state, default=str))
    page.evaluate(STAGE, [widget.part, plain])


def serve(route) -> None:
    """Answer the page's requests from ``igf1lab/page``; nothing else is there."""
    path = route.request.url.removeprefix(f"{ORIGIN}/")
    if not path:
        route.fulfill(content_type="text/html", body="<!doctype html><title>Stage</title>")
        return
    file = FOLDER / path.removeprefix("page/")
    kind = "text/javascript" if file.suffix == ".js" else "text/css"
    if path.startswith("page/") and file.is_file():
        route.fulfill(content_type=kind, body=file.read_text("utf-8"))
    else:
        route.fulfill(status=404)
