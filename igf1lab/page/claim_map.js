// The claim map: the SVG comes drawn from the kernel; this makes its arrows answer to mouse and
// keyboard, offers the same as a list, and carries the progress file in and out.

import { button, control, el, kernelLine } from "./dom.js";

// The lessons lie in notebooks/; where that is can only be told from the address of the page.
function lessonLink(lesson) {
  const file = `${lesson}.ipynb`;
  const here = location.pathname.match(/^(.*\/notebooks\/)[^/]+\.ipynb$/);
  return here ? control("a", { href: here[1] + file, target: "_blank", rel: "noopener" }, file) : `notebooks/${file}`;
}

function about(claim) {
  const items = `${claim.items} ${claim.items === 1 ? "item" : "items"}`;
  return [
    el("p", {}, `The article: ${claim.says}`),
    el("p", {}, `${claim.symbol} ${claim.word}, ${items} answered. Lesson: `, lessonLink(claim.lesson)),
  ];
}

function renderPanel({ model, el: host }) {
  const map = el("div", { class: "ig-map-box" });
  const list = el("div", { class: "ig-claim-list", hidden: "" });
  const detail = el("div", { class: "ig-detail", "aria-live": "polite" });
  const legend = el("p", { class: "ig-legend" }, model.get("legend").join("   "));
  const panel = el("div", { class: "ig-panel-parts" });
  const message = el("p", { class: "ig-problem", role: "status" });
  const said = el("p", { class: "ig-said", role: "status" });
  let chosen = null;
  let asList = false;

  const toggle = button("", () => { asList = !asList; show(); });
  const refresh = button("Refresh", () => kernel.send({ type: "refresh" }));
  const kernel = kernelLine(model, (text) => (said.textContent = text));

  function show() {
    const narrow = host.clientWidth > 0 && host.clientWidth < 600;
    map.hidden = asList || narrow;
    list.hidden = !map.hidden;
    toggle.hidden = narrow;
    toggle.textContent = asList ? "Show as a map" : "Show as a list";
  }

  function choose(id) {
    chosen = id;
    const claim = model.get("claims").find((each) => each.id === id);
    map.querySelectorAll("[data-claim]").forEach((node) => {
      const on = node.dataset.claim === id;
      node.classList.toggle("ig-chosen", on);
      node.setAttribute("aria-pressed", on);
    });
    detail.replaceChildren(...(claim
      ? [el("p", {}, el("strong", {}, `${claim.id}: ${claim.short}`)), ...about(claim)]
      : []));
  }

  map.addEventListener("click", (event) => {
    const node = event.target.closest("[data-claim]");
    if (node) choose(node.dataset.claim);
  });
  map.addEventListener("keydown", (event) => {
    const node = event.target.closest("[data-claim]");
    if (!node) return;
    const all = [...map.querySelectorAll("[data-claim]")];
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") choose(node.dataset.claim);
    else if (by) all[(all.indexOf(node) + by + all.length) % all.length].focus();
    else return;
    event.preventDefault();
  });

  function drawList() {
    const claims = model.get("claims");
    const lanes = [...new Set(claims.map((claim) => claim.lane))];
    list.replaceChildren(...lanes.flatMap((lane) => [
      el("p", { class: "ig-lane-name" }, lane),
      el("ul", {}, ...claims.filter((claim) => claim.lane === lane).map((claim) =>
        el("li", {}, el("details", {},
          control("summary", {}, `${claim.symbol} ${claim.id} ${claim.short}: ${claim.word}`),
          ...about(claim))))),
    ]));
  }

  function drawPanel() {
    const parts = model.get("panel");
    message.textContent = model.get("message");
    const section = (title, lines, none) => [
      el("p", { class: "ig-lane-name" }, title),
      lines.length ? el("ul", {}, ...lines.map((line) => el("li", {}, line))) : el("p", {}, none),
    ];
    panel.replaceChildren(
      el("p", { class: "ig-sources" }, parts.rule),
      ...section("Misconceptions still held", parts.held, "None shown by your last answers."),
      ...(parts.gain.length ? section("Pre-test and post-test (one item serves several claims)", parts.gain, "") : []),
    );
  }

  function draw() {
    const focused = map.contains(document.activeElement) ? document.activeElement.closest("[data-claim]")?.dataset.claim : null;
    map.innerHTML = model.get("svg");
    drawList();
    drawPanel();
    choose(chosen);
    if (focused) map.querySelector(`[data-claim="${focused}"]`).focus();
    show();
  }

  function carry() {
    const file = control("input", {
      type: "file", accept: ".json,application/json",
      onchange: async () => {
        if (!file.files.length) return;
        const content = await file.files[0].arrayBuffer();
        kernel.send({ type: "restore" }, [content]);
        file.value = "";
      },
    });
    return el("div", { class: "ig-row ig-carry" },
      button("Download my progress", () => kernel.send({ type: "download" }), "ig-button"),
      el("label", {}, "Restore from a file ", file));
  }

  function hear(content, buffers) {
    kernel.heard();
    if (content.type === "said") said.textContent = content.text;
    if (content.type !== "file") return;
    const link = el("a", {
      download: content.name,
      href: URL.createObjectURL(new Blob([buffers[0]], { type: "application/json" })),
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    said.textContent = `${content.name} was sent to your downloads.`;
  }

  const watched = "change:svg change:claims change:panel change:message";
  model.on(watched, draw);
  model.on("msg:custom", hear);
  host.classList.add("ig-widget");
  host.append(el("section", { class: "ig-card" }, el("p", { class: "ig-title" }, "The map of the claims"),
    el("div", { class: "ig-row" }, toggle, refresh), legend, map, list, detail, panel,
    carry(), said, message));
  const watcher = new ResizeObserver(show);
  watcher.observe(host);
  draw();
  return () => {
    watcher.disconnect();
    model.off(watched, draw);
    model.off("msg:custom", hear);
  };
}

export default { render: renderPanel };
