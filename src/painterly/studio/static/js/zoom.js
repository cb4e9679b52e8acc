/** Looking closer: both pictures are scaled and moved together, by buttons, wheel, two fingers or keys. */

import { $ } from "./dom.js";
import { on, state } from "./state.js";

const FACTOR = 1.5;
const MOST = 8; // CSS pixels for one of the picture's

/** Scale in CSS pixels for one of the picture's, and where its middle lies in the picture; null while all is seen.
 * @type {{scale: number, x: number, y: number} | null} */
let view = null;

/** Whether only a part of the picture is seen. */
export const zoomed = () => view !== null;

/** Make the picture zoomable. */
export function watchZoom() {
  const frame = $("frame");
  $("zoom-in").addEventListener("click", () => zoomBy(FACTOR));
  $("zoom-out").addEventListener("click", () => zoomBy(1 / FACTOR));
  frame.addEventListener("wheel", byWheel, { passive: false });
  frame.addEventListener("dblclick", () => (view ? showAll() : zoomBy(2.5)));
  watchFingers(frame);
  new ResizeObserver(draw).observe($("easel"));
  on("picture", showAll);
  on("screen", showAll);
}

/** The scale at which all of the picture is seen. */
function wholeScale() {
  const box = $("easel").getBoundingClientRect();
  const { width, height } = /** @type {import("./picture.js").Picture} */ (state.picture);
  return Math.min(box.width / width, box.height / height);
}

/** See all of it. */
export function showAll() {
  view = null;
  draw();
}

/**
 * One pixel of the painting for one of the screen.
 * @param {number} width The painting's; it may be smaller than the picture.
 */
export function showPixels(width) {
  const picture = /** @type {import("./picture.js").Picture} */ (state.picture);
  view = { ...centre(), scale: width / picture.width / devicePixelRatio };
  draw();
}

function centre() {
  const { width, height } = /** @type {import("./picture.js").Picture} */ (state.picture);
  return view ?? { scale: wholeScale(), x: width / 2, y: height / 2 };
}

/**
 * @param {number} factor
 * @param {{x: number, y: number}} [at] What stays where it is, in CSS pixels from the frame's middle.
 */
export function zoomBy(factor, at = { x: 0, y: 0 }) {
  if (!state.picture) return;
  const now = centre();
  const scale = Math.min(MOST, now.scale * factor);
  if (scale <= wholeScale() * 1.01) return showAll();
  view = {
    scale,
    x: now.x + at.x / now.scale - at.x / scale,
    y: now.y + at.y / now.scale - at.y / scale,
  };
  draw();
}

/** @param {number} dx @param {number} dy In CSS pixels. */
function pan(dx, dy) {
  if (!view) return;
  view.x -= dx / view.scale;
  view.y -= dy / view.scale;
  draw();
}

function draw() {
  const frame = $("frame");
  const { picture } = state;
  frame.classList.toggle("zoomed", view !== null);
  $("zoom-out").disabled = view === null;
  const images = [$("before"), $("after")];
  if (!view || !picture) {
    $("zoom-full").setAttribute("aria-pressed", "false");
    for (const image of images) for (const name of ["width", "height", "transform"]) image.style.removeProperty(name);
    return;
  }
  const box = frame.getBoundingClientRect();
  const inside = (/** @type {number} */ at, /** @type {number} */ whole, /** @type {number} */ seen) =>
    seen >= whole ? whole / 2 : Math.min(whole - seen / 2, Math.max(seen / 2, at));
  view.x = inside(view.x, picture.width, box.width / view.scale);
  view.y = inside(view.y, picture.height, box.height / view.scale);
  const left = box.width / 2 - view.x * view.scale;
  const top = box.height / 2 - view.y * view.scale;
  for (const image of images) {
    image.style.width = `${picture.width * view.scale}px`;
    image.style.height = `${picture.height * view.scale}px`;
    image.style.transform = `translate(${left}px, ${top}px)`;
    image.classList.toggle("pixelated", view.scale * devicePixelRatio >= 3);
  }
}

/** @param {WheelEvent} event */
function byWheel(event) {
  if (!event.ctrlKey && !view) return; // the page scrolls as ever, until somebody has zoomed
  event.preventDefault();
  zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), fromMiddle(event.clientX, event.clientY));
}

/** @param {number} x @param {number} y */
function fromMiddle(x, y) {
  const box = $("frame").getBoundingClientRect();
  return { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 };
}

/** One finger or the mouse moves what is zoomed; two zoom. @param {HTMLElement} frame */
function watchFingers(frame) {
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  frame.addEventListener("pointerdown", (event) => {
    if ($("seam").contains(/** @type {Node} */ (event.target))) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (view) frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    fingers.set(event.pointerId, now);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const spread = Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
      zoomBy(spread, fromMiddle((now.x + other.x) / 2, (now.y + other.y) / 2));
    } else if (view) pan(now.x - before.x, now.y - before.y);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    frame.addEventListener(end, (/** @type {any} */ event) => fingers.delete(event.pointerId));
  }
}
