"""What host.js gives a part is what a widget's model gives it in JupyterLab; read in node."""

import json

import nodes
from igf1lab.page import FOLDER

CONTRACT = f"""
import assert from "node:assert/strict";
import {{ PageModel, readState }} from {json.dumps((FOLDER / "host.js").as_uri())};

// get and set; only what changed is told, the trait's own event before the general one
const model = new PageModel({{ a: 1, b: 2 }});
const heard = [];
const a = () => heard.push("a");
model.on("change:a change:b", a);
model.on("change", () => heard.push("any"));
model.set("a", 1);
assert.deepEqual(heard, []);
model.set({{ a: 5, b: 6 }});
assert.deepEqual(heard, ["a", "a", "any"]);
assert.equal(model.get("a"), 5);
model.save_changes();

// off: one listener, all of an event, all
model.off("change:a", a);
model.set("a", 7);
assert.deepEqual(heard, ["a", "a", "any", "any"]);
model.set("b", 7);
assert.deepEqual(heard.slice(4), ["a", "any"]);
model.off("change:b");
model.set("b", 8);
assert.deepEqual(heard.slice(6), ["any"]);
model.off();
model.set("b", 9);
assert.equal(heard.length, 7);

// a listener may take itself off while it is called
const once = () => {{ heard.push("once"); model.off("change:b", once); }};
model.on("change:b", once);
model.on("change:b", () => heard.push("second"));
model.set("b", 10);
assert.deepEqual(heard.slice(7), ["once", "second"]);

// send: answered in place of a kernel; where nothing answers it throws, as a closed line does
const lines = [];
const asked = new PageModel({{}}, (self, content) => self.emit("msg:custom", {{ echo: content }}, [1]));
asked.on("msg:custom", (message, buffers) => lines.push([message, buffers]));
asked.send({{ x: 1 }});
assert.deepEqual(lines, [[{{ echo: {{ x: 1 }} }}, [1]]]);
assert.throws(() => new PageModel({{}}).send({{}}), /no kernel/);

// bytes come as DataView
const state = readState({{ state: {{ x: 1 }}, buffers: {{ rows: "AAAAPw==" }} }});
assert.equal(state.rows.getFloat32(0, true), 0.5);
assert.equal(state.x, 1);
console.log("held");
"""

MOVED = f"""
import {{ moved }} from {json.dumps((FOLDER / "live.js").as_uri())};
const records = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(moved(records, "r1")));
"""


def test_the_model_keeps_its_contract():
    assert nodes.run("--input-type=module", "--eval", CONTRACT).strip() == "held"


def test_notebooks_of_an_earlier_release_are_brought_along_whole():
    kept = [
        {"path": "notebooks", "name": "notebooks", "type": "directory"},
        {"path": "notebooks/a.ipynb", "name": "a.ipynb", "type": "notebook", "content": 5},
        {"path": "mine.txt", "name": "mine.txt", "type": "file", "content": "x"},
        {"path": "earlier/r0/b.ipynb", "name": "b.ipynb", "type": "notebook", "content": 7},
    ]
    found = json.loads(nodes.run("--input-type=module", "--eval", MOVED, given=kept))
    files = {each["path"]: each["content"] for each in found if each["type"] != "directory"}
    assert files == {"earlier/r1/notebooks/a.ipynb": 5, "earlier/r1/mine.txt": "x"}
    folders = [each["path"] for each in found if each["type"] == "directory"]
    assert folders == ["earlier", "earlier/r1", "earlier/r1/notebooks"]
    nothing = json.loads(nodes.run("--input-type=module", "--eval", MOVED, given=[]))
    assert nothing == []
