// Shared by the course's interactive parts: elements, controls, and words about a silent kernel.

let serial = 0;

// Keeps radio groups and labels of two views of one part apart.
export const unique = (stem) => `${stem}-${serial++}`;

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null && child !== ""));
  return node;
}

// JupyterLab would take the keys of controls without this attribute. It must stand on the control
// itself: Lab's selectors match the focused element before they reach an attribute further up.
export const control = (tag, attributes, ...children) =>
  el(tag, { "data-lm-suppress-shortcuts": "true", ...attributes }, ...children);

export const button = (text, press, css = "ig-button ig-quiet") =>
  control("button", { type: press ? "button" : "submit", class: css, onclick: press ?? (() => {}) }, text);

// In JupyterLab the Enter key does not send a form by itself (seen in 4.6), so this sends it.
export const numberInput = (id) => control("input", {
  id, type: "text", inputmode: "decimal", autocomplete: "off", size: 12,
  onkeydown: (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.target.form.requestSubmit();
  },
});

const ANSWER_MS = 8000;
const NO_KERNEL = "The kernel has not answered. Run this cell again, then try once more.";

// Sends to the kernel and tells when it stays silent: a closed connection does not throw.
export function kernelLine(model, tell) {
  let timer;
  return {
    send(content, buffers) {
      clearTimeout(timer);
      try { model.send(content, undefined, buffers); } catch { tell(NO_KERNEL); return; }
      timer = setTimeout(() => tell(NO_KERNEL), ANSWER_MS);
    },
    heard: () => clearTimeout(timer),
  };
}
