/** The wall: a frame for every style, with the user's own picture in it. */

import * as api from "./api.js";
import { $, icon, make } from "./dom.js";
import { following } from "./jobs.js";
import { ask, complain, toast } from "./messages.js";
import { notePace } from "./pace.js";
import { smaller } from "./picture.js";
import { changed, on, setLook, state } from "./state.js";

const THUMBNAIL_SIDE = 384;
const AT_ONCE = 4;

/** Paintings of the picture at hand, by style. @type {Map<string, string>} */
const thumbnails = new Map();
/** @type {Set<string>} */
const failed = new Set();
/** @type {string[]} */
let queue = [];
/** Styles that are being painted. @type {Set<string>} */
const inFlight = new Set();
let stop = new AbortController();

/** A small painting of the picture in a style, once there is one. @param {string} name */
export const thumbnailOf = (name) => thumbnails.get(name);

/**
 * Draw the wall, and keep it up to date.
 * @param {{choose: (name: string) => void, learn: () => void}} deeds
 */
export function hangWall({ choose, learn }) {
  const draw = () => drawTiles(choose, learn);
  on("styles", () => (draw(), paintMissing()));
  on("picture", () => (takeDown(), draw(), paintMissing()));
  on("look", markChosen);
  on("screen", markChosen);
  $("tiles").addEventListener("keydown", moveFocus);
}

function takeDown() {
  stop.abort();
  stop = new AbortController();
  thumbnails.forEach((url) => URL.revokeObjectURL(url));
  thumbnails.clear();
  failed.clear();
  queue = [];
  inFlight.clear();
}

/** Ask for the thumbnails that are not there, in the wall's order. */
function paintMissing() {
  if (!state.picture) return;
  failed.clear();
  queue = state.styles.map((style) => style.name).filter((name) => !thumbnails.has(name) && !inFlight.has(name));
  pump();
}

function pump() {
  // Browsers keep six connections to a server; a followed job holds one, and the large preview needs another.
  const most = Math.max(1, Math.min(AT_ONCE, 5 - following()) - (state.screen === "easel" ? 1 : 0));
  while (inFlight.size < most && queue.length) paintOne(/** @type {string} */ (queue.shift()));
}

/** @param {string} name */
async function paintOne(name) {
  const { picture } = state;
  const { signal } = stop;
  if (!picture) return;
  inFlight.add(name);
  try {
    const photograph = await smaller(picture, THUMBNAIL_SIDE);
    const { blob, work } = await api.stylize(photograph, "thumbnail", { style: name }, signal);
    if (signal.aborted) return;
    thumbnails.set(name, URL.createObjectURL(blob));
    notePace(picture, THUMBNAIL_SIDE, work);
  } catch (error) {
    if (signal.aborted) return;
    if (!failed.size) complain(error); // one sentence is enough for all of them
    failed.add(name);
  }
  inFlight.delete(name);
  showThumbnail(name);
  changed("thumbnail", name);
  pump();
}

/**
 * @param {(name: string) => void} choose
 * @param {() => void} learn
 */
function drawTiles(choose, learn) {
  const ratio = state.picture ? state.picture.width / state.picture.height : 1.5;
  $("tiles").style.setProperty("--ratio", String(Math.min(1.6, Math.max(0.8, ratio))));
  $("tiles").replaceChildren(
    ...state.styles.map((style) => tile(style, choose)),
    ...(state.about?.can.learn ? [newTile(learn)] : []),
  );
  state.styles.forEach((style) => showThumbnail(style.name));
  markChosen();
}

/**
 * @param {import("./state.js").Style} style
 * @param {(name: string) => void} choose
 */
function tile(style, choose) {
  const button = make(
    "button",
    { type: "button", class: "hang", "aria-pressed": "false", onclick: () => choose(style.name) },
    make("span", { class: "canvas waiting" }),
    make(
      "span",
      { class: "label" },
      make("span", { class: "title" }, style.title || style.name),
      make("span", { class: "painter" }, style.painter || (style.learnt ? "learnt here" : "")),
    ),
  );
  const forgetting = {
    type: "button",
    class: "forget",
    "aria-label": `Delete ${style.title || style.name}`,
    onclick: () => forget(style),
  };
  const item = make("li", { class: "tile" }, button, style.learnt ? make("button", forgetting, icon("trash")) : null);
  item.dataset.style = style.name;
  return item;
}

/** @param {() => void} learn */
function newTile(learn) {
  const label = make(
    "span",
    { class: "label" },
    make("span", { class: "title" }, "Learn another"),
    make("span", { class: "painter" }, "from a painting of yours"),
  );
  const button = make(
    "button",
    { type: "button", class: "hang", onclick: learn },
    make("span", { class: "canvas" }, icon("plus")),
    label,
  );
  return make("li", { class: "tile new" }, button);
}

/** @param {string} name */
function showThumbnail(name) {
  const canvas = $("tiles").querySelector(`[data-style="${CSS.escape(name)}"] .canvas`);
  if (!canvas) return;
  const url = thumbnails.get(name);
  canvas.classList.toggle("waiting", !url && !failed.has(name) && state.picture !== null);
  canvas.classList.toggle("failed", failed.has(name));
  canvas.replaceChildren(...(url ? [make("img", { src: url, alt: "" })] : failed.has(name) ? [icon("alert")] : []));
}

/** @param {{live?: boolean}} [how] */
function markChosen(how) {
  if (how?.live) return;
  const [first, ...others] = state.look.parts.map((part) => part.name);
  for (const item of $("tiles").querySelectorAll("[data-style]")) {
    const button = item.querySelector(".hang");
    const chosen = item.dataset.style === first;
    button.setAttribute("aria-pressed", String(chosen));
    button.toggleAttribute("data-mixed", others.includes(item.dataset.style));
    if (chosen && state.screen === "easel") reveal(item);
  }
}

/** Scroll the strip, and nothing else, so that a tile is in its middle. @param {HTMLElement} item */
function reveal(item) {
  const strip = $("tiles");
  strip.scrollTo({ left: item.offsetLeft - (strip.clientWidth - item.offsetWidth) / 2 });
}

/** @param {import("./state.js").Style} style */
async function forget(style) {
  const title = style.title || style.name;
  if (!(await ask(`Delete ${title}?`, "The style is forgotten; paintings that were made with it stay.", "Delete")))
    return;
  try {
    await api.forget(style.name);
    state.styles = state.styles.filter((one) => one.name !== style.name);
    const parts = state.look.parts.filter((part) => part.name !== style.name);
    if (parts.length !== state.look.parts.length) setLook({ parts });
    changed("styles");
    $("wall-title").focus({ preventScroll: true });
    toast(`${title} is deleted.`);
  } catch (error) {
    complain(error);
  }
}

/** Arrow keys go from frame to frame. @param {KeyboardEvent} event */
function moveFocus(event) {
  const buttons = [...$("tiles").querySelectorAll(".hang")];
  const at = buttons.indexOf(document.activeElement);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const first = buttons[0].getBoundingClientRect().top;
  const columns = buttons.filter((button) => Math.abs(button.getBoundingClientRect().top - first) < 4).length;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  const step = steps[/** @type {keyof typeof steps} */ (event.key)];
  if (!step) return;
  event.preventDefault();
  buttons[Math.min(buttons.length - 1, Math.max(0, at + step))].focus();
}
