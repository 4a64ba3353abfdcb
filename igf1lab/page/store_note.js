// What a learner must know about the store, told where they answer; and beside it the download that
// keeps their answers where the store does not.

import { button, el } from "./dom.js";
import { EXPORT_NAME, writeExport } from "./progress.js";

export function downloadProgress(keeper) {
  const link = el("a", {
    download: EXPORT_NAME,
    href: URL.createObjectURL(new Blob([writeExport(keeper.records())], { type: "application/json" })),
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// { node, tell(show) }: tell() brings it up to date; show: whether this part has anything to tell.
export function storeNote(keeper) {
  const words = el("p", { class: "ig-problem", role: "status" });
  const save = button("Download my progress", () => downloadProgress(keeper));
  return {
    node: el("div", {}, words, save),
    tell(show = true) {
      const message = show ? keeper.message : "";
      if (words.textContent !== message) words.textContent = message; // else it is read out again
      save.hidden = !(show && keeper.fault);
    },
  };
}
