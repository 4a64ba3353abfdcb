// A lesson's warm-up: three items of earlier lessons, chosen from what the learner answered before.

import { el } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import { warmUpChoice, warmUpContext } from "./progress.js";
import { drawQuiz } from "./quiz.js";

function renderWarmUp({ model, el: host }) {
  const { keeper, leave } = joinKeeper(model);
  const waiting = el("p", { role: "status" }, "Looking up what you answered before …");
  let end = leave;
  host.append(waiting);
  keeper.ready.then(() => {
    if (!host.contains(waiting)) return; // the view is gone already
    waiting.remove();
    const [lesson, items] = [model.get("lesson"), model.get("items")];
    const chosen = warmUpChoice(lesson, items, model.get("ties"), keeper.records());
    const stop = drawQuiz(host, keeper, {
      title: model.get("title"), context: warmUpContext(lesson), feedback: true, svg: model.get("map_svg"),
      items: chosen.map((id) => items.find((item) => item.id === id)),
    });
    end = () => { stop(); leave(); };
  });
  return () => { waiting.remove(); end(); };
}

export default { render: renderWarmUp };
