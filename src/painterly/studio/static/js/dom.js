/** Small helpers around elements. Text only ever goes in as text, never as markup. */

/**
 * The element of an id; every id that is asked for is in the page.
 * @param {string} id
 * @returns {any}
 */
export const $ = (id) => document.getElementById(id);

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [properties] Functions become listeners (`onclick`), `class` and what has a hyphen
 *     becomes an attribute, all else a property.
 * @param {...(Node | string | null | undefined)} children
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "class" || name === "for" || name === "role" || name.includes("-")) {
      element.setAttribute(name, String(value));
    } else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * A drawing from the sprite; it says nothing to screen readers.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * A closed dialog's usual contents: a heading, a button that closes it, and a body.
 * @param {HTMLDialogElement} dialog
 * @param {string} title
 * @param {...(Node | null)} body
 */
export function fillDialog(dialog, title, ...body) {
  dialog.replaceChildren(
    make(
      "div",
      { class: "dialog-head" },
      make("h2", { id: `${dialog.id}-title` }, title),
      make(
        "button",
        { type: "button", class: "quiet icon", "aria-label": "Close", onclick: () => dialog.close() },
        icon("close"),
      ),
    ),
    make("div", { class: "dialog-body" }, ...body),
  );
}

/**
 * Close a dialog by a press on what lies behind it.
 * @param {HTMLDialogElement} dialog
 */
export function closeByBackdrop(dialog) {
  let outside = false;
  dialog.addEventListener("pointerdown", (event) => (outside = event.target === dialog));
  dialog.addEventListener("click", (event) => {
    if (outside && event.target === dialog) dialog.close();
  });
}

/**
 * A row of radio buttons.
 * @param {string} name
 * @param {string} label What the row is about, for screen readers.
 * @param {[string, string][]} choices Value and text.
 * @param {string} value The one that is chosen.
 * @param {(value: string) => void} choose
 * @param {(value: string) => boolean} [barred] Whether a value cannot be chosen.
 */
export function segments(name, label, choices, value, choose, barred = () => false) {
  return make(
    "div",
    { class: "segments", role: "radiogroup", "aria-label": label },
    ...choices.map(([one, text]) =>
      make(
        "label",
        {},
        make("input", {
          type: "radio",
          id: `${name}-${one}`,
          name,
          value: one,
          checked: one === value,
          disabled: barred(one),
          onchange: () => choose(one),
        }),
        make("span", {}, text),
      ),
    ),
  );
}

/**
 * Show how far a slider is, which the track's fill and screen readers tell.
 * @param {HTMLInputElement} slider
 * @param {string} text
 */
export function markSlider(slider, text) {
  const share = (Number(slider.value) - Number(slider.min)) / (Number(slider.max) - Number(slider.min));
  slider.style.setProperty("--fill", `${100 * share}%`);
  slider.setAttribute("aria-valuetext", text);
}
