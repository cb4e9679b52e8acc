/** Keyboard shortcuts, and the dialog that lists them. */

import { holdPhotograph } from "./compare.js";
import { $, closeByBackdrop, fillDialog, make } from "./dom.js";
import { lookClosely, save } from "./download.js";
import { openLearn } from "./learn.js";
import { setLook, state } from "./state.js";
import { showAll, zoomBy, zoomed } from "./zoom.js";

/** @type {[string[], string][]} */
const LIST = [
  [["O"], "Choose a picture"],
  [["1", "…", "9"], "Choose a style by its place"],
  [["[", "]"], "Less, more strength"],
  [["←", "→"], "Move the seam, or from frame to frame"],
  [["C"], "Hold to see the photograph"],
  [["+", "−"], "Larger, smaller"],
  [["Z"], "Full size, pixel by pixel"],
  [["D"], "Download"],
  [["L"], "Learn a style"],
  [["T"], "Light or dark"],
  [["Esc"], "Back to the wall"],
];

/**
 * Listen to the keyboard.
 * @param {{choose: (name: string) => void, back: () => void}} deeds
 */
export function watchKeys({ choose, back }) {
  closeByBackdrop($("help"));
  $("open-help").addEventListener("click", openHelp);
  $("theme").addEventListener("click", turnTheme);
  markTheme();
  /** @type {Record<string, () => void>} */
  const deeds = {
    o: () => $("file").click(),
    l: openLearn,
    t: turnTheme,
    "?": openHelp,
  };
  /** @type {Record<string, () => void>} */
  const atEasel = {
    "[": () => strengthen(-5),
    "]": () => strengthen(5),
    "+": () => zoomBy(1.5),
    "-": () => zoomBy(1 / 1.5),
    c: () => holdPhotograph(true),
    d: save,
    z: lookClosely,
    Escape: () => (zoomed() ? showAll() : back()),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const style = /^[1-9]$/.test(key) ? state.styles[Number(key) - 1] : undefined;
    if (style && state.picture && state.screen !== "start") return choose(style.name);
    const deed = deeds[key] ?? (state.screen === "easel" ? atEasel[key] : undefined);
    if (deed && !event.repeat) deed();
    else if (deed && "[]+-".includes(key)) deed();
  });
  document.addEventListener("keyup", (event) => event.key.toLowerCase() === "c" && holdPhotograph(false));
  window.addEventListener("blur", () => holdPhotograph(false));
}

/** @param {number} by */
function strengthen(by) {
  setLook({ strength: Math.min(100, Math.max(0, state.look.strength + by)) });
}

function turnTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("painterly-theme", root.dataset.theme);
  } catch {
    // It holds until the page is closed.
  }
  markTheme();
}

function markTheme() {
  const dark = document.documentElement.dataset.theme === "dark";
  $("theme").setAttribute("aria-pressed", String(dark));
  $("theme")
    .querySelector("use")
    .setAttribute("href", `/static/icons.svg#${dark ? "sun" : "moon"}`);
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", dark ? "#181614" : "#f4f1eb");
}

function openHelp() {
  fillDialog(
    $("help"),
    "Help",
    make(
      "p",
      {},
      "Choose a picture, choose a style, download the painting: that is all it takes. Drag the seam to compare the two. Larger paintings have finer strokes than their preview; 1:1 shows them as they will be.",
    ),
    make("h3", {}, "Keys"),
    make(
      "dl",
      { class: "keys" },
      ...LIST.flatMap(([keys, text]) => [
        make("dt", {}, ...keys.map((key) => (key === "…" ? "… " : make("kbd", {}, key)))),
        make("dd", {}, text),
      ]),
    ),
    make("p", { class: "hint version" }, state.about ? `painterly ${state.about.version}` : ""),
  );
  $("help").showModal();
}
