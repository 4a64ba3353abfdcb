// One line where a lesson begins: what is ready, and how far the learner is.

import { el } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import { masteryOf } from "./progress.js";
import { storeNote } from "./store_note.js";

function renderStatus({ model, el: host }) {
  const { keeper, leave } = joinKeeper(model);
  const line = el("p", { class: "ig-status-line", role: "status" }, model.get("text"));
  const note = storeNote(keeper);
  let known = false;
  function tell() {
    const claims = model.get("claims");
    const firm = [...masteryOf(keeper.records(), claims).values()].filter((each) => each.word === "firm").length;
    if (known) line.textContent = `${model.get("text")} · your progress: ${firm} of ${claims.length} claims firm`;
    note.tell();
  }
  host.classList.add("ig-widget");
  host.append(line, note.node);
  keeper.ready.then(() => { known = true; tell(); });
  const end = keeper.subscribe(tell);
  return () => { end(); leave(); };
}

export default { render: renderStatus };
