"""The lecturer's server: the built pages, and the wires of learners, board and desk.

Learners and the board hear only what :meth:`Room.seen_by_all` tells, until the reveal. The desk
hears the distribution at once; its wires need a token that only the PIN gives. Every wire carries
the whole state, the newest alone, so a phone that drops off and comes back is where the class is.
"""

import asyncio
import contextlib
import json
import re
import string
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import segno
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from igf1lab.classroom.doors import Doors, Slow
from igf1lab.classroom.journal import Journal
from igf1lab.classroom.questions import lesson_title, model_says
from igf1lab.classroom.room import Refused, Room
from igf1lab.page import FOLDER

PAGES = Path(__file__).parent / "pages"
MOST_BYTES = 8_000  # of anything that is sent to us
PAGE_LOOKS = {  # name -> title, style class
    "board": ("Board", "cl-board"),
    "desk": ("Desk", "cl-desk"),
    "check": ("Can a phone reach the class?", "cl-desk"),
}
VOTER = re.compile(r"[0-9a-f]{32}")
AUDIENCES = ("learner", "board", "desk")
HEARTBEAT_S = 15.0  # shorter than the patience of routers and phones
PACE_S = 0.15  # counts and distributions go out no faster than this
MOST_WIRES = 6000

HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"SAMEORIGIN"),
]


class Careful:
    """Refuses what comes from another site, and gives every answer the course's headers."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        heads = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin, host = heads.get(b"origin"), heads.get(b"host", "")
        foreign = origin is not None and urlsplit(origin).netloc != host
        if scope["method"] == "POST" and (foreign or heads.get(b"sec-fetch-site") == "cross-site"):
            answer = _refused("This came from another site, so nothing was changed.", 403)
            return await answer(scope, receive, send)

        async def with_headers(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        return await self.app(scope, receive, with_headers)


class Site(StaticFiles):
    """The built pages, each told that a class is on."""

    JOIN = '<script type="module" src="/class/page/class.js"></script></body>'

    async def get_response(self, path, scope):
        """Return a file; a page with the line that lets a learner join."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        file = getattr(response, "path", None)
        if response.status_code == 200 and file and str(file).endswith(".html"):
            text = await run_in_threadpool(Path(file).read_text, "utf-8")
            return HTMLResponse(
                text.replace("</body>", self.JOIN, 1), headers={"cache-control": "no-cache"}
            )
        return response


class Wires:
    """Tells everybody who listens when something has changed for them."""

    def __init__(self):
        self.changed = {"all": asyncio.Event(), "count": asyncio.Event()}
        self.open = 0
        self.ended = False
        self.learners: dict[str, int] = {}  # voter -> open wires

    def end(self) -> None:
        """Let every wire finish, so that the server can stop."""
        self.ended = True
        self.tell(*self.changed)

    def tell(self, *audiences: str) -> None:
        """Wake the wires of some audiences."""
        for audience in audiences:
            event, self.changed[audience] = self.changed[audience], asyncio.Event()
            event.set()


class Class:
    """One class: its room, its journal, its doors and its wires.

    Parameters
    ----------
    room : Room
    journal : Journal
    doors : Doors
    join : str
        The address that learners open; board and desk show it, as text and as a QR code.
    """

    def __init__(self, room: Room, journal: Journal, doors: Doors, join: str):
        self.room, self.journal, self.doors, self.join = room, journal, doors, join
        self.wires = Wires()
        self.model: dict = {}  # what the model gives to the question now open

    async def look_up_model(self) -> None:
        """Ask the model what it gives, beside everything else; it may take a second."""
        self.model = {}
        question = self.room.question
        if question and question.source == "prediction":
            found = await run_in_threadpool(model_says, question)
            if self.room.question is question:
                self.model = found
                self.wires.tell("all", "count")

    def state(self, audience: str, voter: str = "") -> dict:
        """Return what one audience may know now."""
        room, told = self.room, self.room.seen_by_all()
        told["now"] = time.time()
        if audience in ("board", "desk"):
            told |= {"count": room.count(), "joined": len(self.wires.learners), "join": self.join}
        if audience == "learner":
            vote = room.votes.get(room.round, {}).get(voter)
            first = room.votes.get(1, {}).get(voter)
            told["yours"] = {"answer": vote.answer, "confidence": vote.confidence} if vote else None
            told["first"] = (
                {"answer": first.answer, "confidence": first.confidence} if first else None
            )
        if room.question and (audience == "desk" or room.phase == "revealed"):
            told |= {"tally": room.tally(), "view": room.question.view, "model": self.model}
        if room.question and audience == "desk":
            told["plan"] = room.question.plan
        return told


def page_text(name: str) -> str:
    """Return one page of the class in the frame that all share."""
    title, look = PAGE_LOOKS[name]
    body = (PAGES / f"{name}.html").read_text("utf-8")
    frame = string.Template((PAGES / "frame.html").read_text("utf-8"))
    return frame.substitute(title=title, look=look, body=body)


def _refused(sentence: str, status: int, **more) -> JSONResponse:
    return JSONResponse({"problem": sentence} | more, status)


async def _sent(request: Request) -> dict:
    """Return what was posted, as a mapping.

    Raises
    ------
    Refused
        If it is too long or none.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused("That is too long for a vote.")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("That cannot be read. Reload the page and try again.") from None
    if not isinstance(data, dict):
        raise Refused("That cannot be read. Reload the page and try again.")
    return data


def make_app(lecture: Class, site: Path) -> Starlette:
    """Return the server of one class over a built site."""
    room, wires = lecture.room, lecture.wires

    async def vote(request: Request):
        try:
            data = await _sent(request)
            voter = data.get("voter")
            if not isinstance(voter, str) or not VOTER.fullmatch(voter):
                raise Refused("This page has no place in the class yet. Reload it.")
            wish = [
                data.get(name) for name in ("question", "round", "turn", "answer", "confidence")
            ]
            event = room.vote(voter, *wish)
        except Refused as fault:
            return _refused(str(fault), 409)
        try:
            lecture.journal.keep(event)
        except OSError:
            return _refused("The lecturer's disk did not take the vote. Vote once more.", 503)
        wires.tell("count")
        return JSONResponse({"said": "Your vote is in. You can change it until the round closes."})

    async def enter(request: Request):
        try:
            data = await _sent(request)
            token = lecture.doors.enter(data.get("pin"), request.client.host, time.monotonic())
        except Refused as fault:
            return _refused(str(fault), 400)
        except Slow as fault:
            return _refused(str(fault), 429, wait_s=fault.seconds)
        if token is None:
            return _refused(
                "That is not the PIN. It stands in the window where the class was started.", 403
            )
        return JSONResponse({"token": token})

    def at_desk(request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and lecture.doors.knows(token)

    async def do(request: Request):
        if not at_desk(request):
            return _refused("The desk needs the PIN. Reload it and give the PIN again.", 401)
        try:
            data = await _sent(request)
            more = {name: data[name] for name in ("question", "seconds") if name in data}
            event = room.do(data.get("command"), time.time(), **more)
        except Refused as fault:
            return _refused(str(fault), 409)
        except TypeError:
            return _refused("The desk knows no such command.", 409)
        lecture.journal.keep(event)
        wires.tell("all", "count")
        if event["do"] == "open":
            lecture.looking = asyncio.create_task(lecture.look_up_model())
        return JSONResponse({"said": "done"})

    async def stream(audience: str, voter: str = "") -> AsyncIterator[str]:
        heard = ("all",) if audience == "learner" else ("all", "count")
        wires.open += 1
        if voter:
            wires.learners[voter] = wires.learners.get(voter, 0) + 1
            wires.tell("count")
        try:
            while not wires.ended:
                waiting = [wires.changed[name] for name in heard]
                yield f"data: {json.dumps(lecture.state(audience, voter))}\n\n"
                tasks = [asyncio.create_task(each.wait()) for each in waiting]
                done, rest = await asyncio.wait(
                    tasks, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED
                )
                for task in rest:
                    task.cancel()
                if not done:
                    yield ": still here\n\n"
                elif audience != "learner":
                    await asyncio.sleep(PACE_S)
        finally:
            wires.open -= 1
            if voter:
                wires.learners[voter] -= 1
                if not wires.learners[voter]:
                    del wires.learners[voter]
                wires.tell("count")

    async def listen(request: Request):
        audience = request.url.path.rpartition("/")[2]
        if wires.open >= MOST_WIRES:
            return _refused("The class is full. Try again in a minute.", 503)
        if audience == "desk" and not at_desk(request):
            return _refused("The desk needs the PIN.", 401)
        voter = request.query_params.get("voter", "")
        if audience == "learner" and not VOTER.fullmatch(voter):
            return _refused("This page has no place in the class yet. Reload it.", 400)
        return StreamingResponse(
            stream(audience, voter if audience == "learner" else ""),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def catalogue(request: Request):
        if not at_desk(request):
            return _refused("The desk needs the PIN.", 401)
        listed = [
            {
                "id": q.id,
                "lesson": q.lesson,
                "title": lesson_title(q.lesson),
                "source": q.source,
                "stem": q.stem,
                "planned": bool(q.plan),
            }
            for q in room.catalogue.values()
        ]
        return JSONResponse(listed)

    async def page(request: Request):
        return HTMLResponse(page_text(request.url.path.rpartition("/")[2]))

    async def code(_request: Request):
        drawn = segno.make(lecture.join, micro=False).svg_inline(scale=8, border=2)
        return Response(
            drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1),
            media_type="image/svg+xml",
        )

    async def home(_request: Request):
        return RedirectResponse("/index.html")

    routes = [
        Route("/", home),
        Route("/class/vote", vote, methods=["POST"]),
        Route("/class/enter", enter, methods=["POST"]),
        Route("/class/do", do, methods=["POST"]),
        Route("/class/questions", catalogue),
        Route("/class/join.svg", code),
        *(Route(f"/class/wire/{audience}", listen, name=audience) for audience in AUDIENCES),
        *(Route(f"/class/{name}", page, name=name) for name in PAGE_LOOKS),
        Mount("/class/page", StaticFiles(directory=FOLDER)),
        Mount("/", Site(directory=site, html=True)),
    ]

    @contextlib.asynccontextmanager
    async def life(_app):
        await lecture.look_up_model()
        yield

    return Starlette(routes=routes, middleware=[Middleware(Careful)], lifespan=life)
