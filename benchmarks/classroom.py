"""Load a class on this machine: 300 learners, and how soon each of them is told.

usage: python -m benchmarks.classroom [LEARNERS]

The server runs in a process of its own; the learners are wires of this one, on loopback. Bars:
vote to desk p95 0.5 s, all told of a new question within 1 s, memory under 300 MB, 20 joins a second.
"""

import asyncio
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

QUESTION = "axis-icu"
MOST_LEARNERS = 500
START_S = 60


async def follow(client: httpx.AsyncClient, url: str, act, headers=None) -> None:
    """Read a wire and hand each state on until cancelled."""
    async with client.stream("GET", url, headers=headers, timeout=None) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                act(json.loads(line[6:]))


class Learner:
    """One tab: a wire, and a vote."""

    def __init__(self):
        self.voter = secrets.token_hex(16)
        self.state: dict = {}
        self.told: dict[tuple, float] = {}

    def hear(self, state: dict) -> None:
        """Note when a state was first heard."""
        self.state = state
        self.told.setdefault((state["turn"], state["round"], state["phase"]), time.perf_counter())


def start(folder: Path) -> tuple[subprocess.Popen, str, str]:
    """Start a server; return it with its address and its PIN."""
    site = folder / "site"
    site.mkdir()
    (site / "index.html").write_text("<html><body></body></html>")
    command = [sys.executable, "-m", "igf1lab.classroom", "--host", "127.0.0.1", "--port", "0",
               "--no-browser", "--site", str(site), "--keep", str(folder / "kept")]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told = {}
    while "pin" not in told:
        line = server.stdout.readline()
        if not line:
            raise RuntimeError("the server did not start")
        if line.startswith("Learners join at"):
            told["url"] = line.split()[-1].rstrip("/")
        if line.startswith("PIN of the desk"):
            told["pin"] = line.split()[-1]
    return server, told["url"], told["pin"]


async def run(learners: int, url: str, pin: str, process: psutil.Process) -> dict[str, float]:
    """Do one class and return the measures, in s and MB."""
    limits = httpx.Limits(max_connections=2 * learners + 20, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:
        for _ in range(START_S * 5):
            try:
                token = (await client.post("/class/enter", json={"pin": pin})).json()["token"]
                break
            except httpx.TransportError:
                await asyncio.sleep(0.2)
        heads = {"authorization": f"Bearer {token}"}
        counted: dict[int, float] = {}
        desk_state: dict = {}

        def at_desk(state):
            desk_state.update(state)
            for n in range(state["count"] + 1):
                counted.setdefault(n, time.perf_counter())

        wires = [asyncio.create_task(follow(client, "/class/wire/desk", at_desk, heads))]
        room = [Learner() for _ in range(learners)]
        begun = time.perf_counter()
        for each in room:
            wires.append(asyncio.create_task(
                follow(client, f"/class/wire/learner?voter={each.voter}", each.hear)))  # fmt: skip
        while not all(each.state for each in room):
            await asyncio.sleep(0.01)
        joined_s = time.perf_counter() - begun

        async def tell(command, phase, **more):
            sent = time.perf_counter()
            answer = await client.post(
                "/class/do", json={"command": command, **more}, headers=heads
            )
            answer.raise_for_status()
            while not all(each.state["phase"] == phase for each in room):
                await asyncio.sleep(0.005)
            return [
                each.told[each.state["turn"], each.state["round"], phase] - sent for each in room
            ]

        opened = await tell("open", "voting", question=QUESTION)
        options = [each["key"] for each in room[0].state["question"]["options"]]
        counted.clear()
        counted[0] = 0.0
        replies, order = [], []

        async def vote(n, each):
            await asyncio.sleep(10 * n / learners)  # a room votes within ten seconds
            state = each.state
            ballot = {"voter": each.voter, "question": QUESTION, "round": state["round"],
                      "turn": state["turn"], "answer": options[n % len(options)], "confidence": "sure"}  # fmt: skip
            sent = time.perf_counter()
            answer = await client.post("/class/vote", json=ballot)
            replies.append(time.perf_counter() - sent)
            assert answer.status_code == 200, answer.text
            order.append(sent)

        await asyncio.gather(*(vote(n, each) for n, each in enumerate(room)))
        while desk_state["count"] < learners:
            await asyncio.sleep(0.01)
        seen = [counted[n] - sent for n, sent in enumerate(sorted(order), 1)]
        closed = await tell("close", "closed")
        memory = process.memory_info().rss / 2**20
        for wire in wires:
            wire.cancel()
        await asyncio.gather(*wires, return_exceptions=True)

    def p95(values):
        return statistics.quantiles(values, n=20)[-1]

    return {
        "joins a second": learners / joined_s,
        "vote confirmed, p95 (s)": p95(replies),
        "vote to desk, p95 (s)": p95(seen),
        "all told of a new question (s)": max(opened),
        "all told that it closed (s)": max(closed),
        "server memory (MB)": memory,
    }


def measure(learners: int) -> dict[str, float]:
    """Start a class, load it, stop it."""
    with tempfile.TemporaryDirectory() as folder:
        server, url, pin = start(Path(folder))
        try:
            return asyncio.run(run(learners, url, pin, psutil.Process(server.pid)))
        finally:
            server.terminate()
            server.wait(20)


def main() -> None:
    """Print the table."""
    learners = min(int(sys.argv[1]) if len(sys.argv) > 1 else 300, MOST_LEARNERS)
    print(f"A class of {learners} learners on this machine, loopback:")
    for name, value in measure(learners).items():
        print(f"  {name:34}{value:8.2f}")


if __name__ == "__main__":
    main()
