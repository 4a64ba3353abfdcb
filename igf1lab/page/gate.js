// A gate: a part that waits for a prediction stays shut until the keeper holds that record.

import { el } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import { lastAnswers } from "./progress.js";

const SHUT = "This opens as soon as you have recorded your prediction above.";

// Draws at once, or once the prediction that the part's `after` names is recorded. The part's own
// state stays where it is, so nothing is lost or fetched while the gate is shut.
export function gated(part, draw) {
  const { model, el: host } = part;
  const after = model.get("after");
  if (!after) return draw(part);
  const { keeper, leave } = joinKeeper(model);
  const shut = el("p", { class: "ig-shut", role: "status" }, SHUT);
  let end = null;
  function look() {
    if (end || !lastAnswers(keeper.records(), "prediction").has(after)) return;
    shut.remove();
    end = draw(part) ?? (() => {});
  }
  host.append(shut);
  const unsubscribe = keeper.subscribe(look);
  look();
  return () => { unsubscribe(); leave(); end?.(); };
}
