/** Sentences in passing: toasts that come and go, and a banner while the server is away. */

import { waiting } from "./api.js";
import { $, icon, make } from "./dom.js";

const LINGER = 7000;

/**
 * Show a sentence for a while, or until it is put away.
 * @param {string} text
 * @param {{kind?: "note" | "error", deed?: string, act?: () => void, linger?: number}} [options] `deed` is what a
 *     button in it says.
 * @returns {() => void} Takes it away.
 */
export function toast(text, { kind = "note", deed, act, linger = LINGER } = {}) {
  for (const old of $("toasts").children) if (old.dataset.text === text) old.remove();
  const close = () => box.remove();
  const box = make(
    "div",
    { class: `toast ${kind}`, role: kind === "error" ? "alert" : null, onpointerenter: () => clearTimeout(timer) },
    kind === "error" ? icon("alert") : null,
    make("p", {}, text),
    deed ? make("button", { type: "button", onclick: () => (close(), act?.()) }, deed) : null,
    make("button", { type: "button", class: "icon", "aria-label": "Put away", onclick: close }, icon("close")),
  );
  box.dataset.text = text;
  $("toasts").append(box);
  const timer = setTimeout(close, kind === "error" ? 2 * linger : linger);
  return close;
}

/**
 * Say what went wrong, unless it is that somebody changed their mind.
 * @param {unknown} error
 */
export function complain(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (!(error instanceof Error)) return;
  toast(error.message, { kind: "error" });
  if (error.name !== "Error") console.error(error); // a mistake of ours, not a refusal
}

/** Say when the server is away, back or busy. */
export function watchServer() {
  /** @type {(() => void) | null} */
  let busy = null;
  waiting.addEventListener("away", (event) => {
    const away = /** @type {CustomEvent} */ (event).detail;
    $("banner").textContent = away ? "The server does not answer. Trying again until it does…" : "";
    $("banner").hidden = !away;
    if (!away) toast("The server is back.");
  });
  waiting.addEventListener("busy", (event) => {
    const seconds = /** @type {CustomEvent} */ (event).detail;
    busy?.();
    busy = toast(`Many pictures are being painted. Trying again in ${seconds} s…`, { linger: 1000 * seconds + 1500 });
  });
}

/**
 * Ask before something that cannot be undone.
 * @param {string} title
 * @param {string} text
 * @param {string} deed
 * @returns {Promise<boolean>}
 */
export function ask(title, text, deed) {
  const dialog = $("confirm");
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.replaceChildren(
      make("div", { class: "dialog-head" }, make("h2", { id: "confirm-title" }, title)),
      make(
        "form",
        { class: "dialog-body", method: "dialog" },
        make("p", {}, text),
        make(
          "div",
          { class: "buttons" },
          make("button", { value: "", autofocus: true }, "Keep it"),
          make("button", { value: "yes", class: "danger" }, deed),
        ),
      ),
    );
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
}
