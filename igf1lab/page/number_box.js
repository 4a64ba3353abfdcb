// The box beside a slider: it takes any number a learner types and says what became of it.

import { control } from "./dom.js";
import { readNumber } from "./numbers.js";

const SPACED_THOUSANDS = /(\d)[\s\u00a0\u202f](?=\d{3}(?!\d))/g; // 1 234,5
const STRIDE = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }; // stops of the slider
const plainNumber = (value) => String(Number(value.toPrecision(6)));

// What a typed text means among a slider's stops: { index, said }; index is null for no number, and
// `said` is the sentence the learner needs, "" where the text is a stop.
export function stopFor(text, values, unit = "") {
  const { value, problem } = readNumber(text.replace(SPACED_THOUSANDS, "$1"), unit);
  if (problem) return { index: null, said: problem };
  let index = 0;
  values.forEach((stop, i) => { if (Math.abs(stop - value) < Math.abs(values[index] - value)) index = i; });
  const [low, high, typed] = [values[0], values.at(-1), plainNumber(value)];
  if (value > high) return { index, said: `${typed} is above the end, ${high}; it stands at ${high} now.` };
  if (value < low) return { index, said: `${typed} is below the end, ${low}; it stands at ${low} now.` };
  const same = Math.abs(values[index] - value) <= 1e-6 * Math.max(Math.abs(value), Math.abs(values[index]));
  return { index, said: same ? "" : `${typed} is not a stop here; nearest is ${values[index]}.` };
}

// `go(index, said)` is called with where the slider should stand; index is null to stay.
export function numberBox({ label, unit, values }, go) {
  let now = 0;
  let shown = "";
  const box = control("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", role: "spinbutton",
    "aria-label": `${label}, ${unit || "number"}`, "aria-valuemin": values[0], "aria-valuemax": values.at(-1),
  });
  const show = () => { box.value = shown; };
  function take() {
    if (box.value === shown) return;
    const { index, said } = stopFor(box.value, values, unit);
    go(index, said);
    show(); // also where nothing moved
  }
  box.addEventListener("change", take);
  box.addEventListener("keydown", (event) => {
    if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") take(); // in JupyterLab, Enter sends no change event
    else if (event.key === "Escape" && box.value !== shown) show();
    else if (event.key in STRIDE) go(Math.min(Math.max(now + STRIDE[event.key], 0), values.length - 1), "");
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    node: box,
    set(index) {
      now = index;
      shown = String(values[index]);
      box.setAttribute("aria-valuenow", values[index]);
      show();
    },
  };
}
