// Shared by the course's interactive parts: elements, controls and forms.

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
    if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  },
});

// A form that sends itself on Enter and on its submit button. With Shift, Ctrl, Alt or Meta the key
// belongs to the notebook ("run this cell"): it must not cost a try.
export function answerForm(send, ...children) {
  return el("form", {
    novalidate: true,
    onkeydown: (event) => {
      if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey)) event.preventDefault();
    },
    onsubmit: (event) => { event.preventDefault(); send(); },
  }, ...children);
}

// Radio buttons under a legend: { node, read(), write(key), clear() }.
export function radios(legend, options, css = "") {
  const name = unique("ig-radio");
  const inputs = options.map((option) => control("input", { type: "radio", name, value: option.key }));
  const node = el("fieldset", { class: css }, el("legend", {}, legend),
    ...options.map((option, i) => el("label", { class: "ig-option" }, inputs[i], el("span", {}, option.text))));
  return {
    node,
    read: () => inputs.find((input) => input.checked)?.value ?? null,
    write: (key) => inputs.forEach((input) => (input.checked = input.value === key)),
    clear: () => inputs.forEach((input) => (input.checked = false)),
  };
}

// A sentence for screen readers too: said again, it is read out again.
export function sayAgain(node, text) {
  node.textContent = "";
  if (text) setTimeout(() => (node.textContent = text), 30);
}
