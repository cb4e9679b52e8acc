/** The seam between photograph and painting: dragged by mouse, pen or finger, or moved by keys. */

import { $ } from "./dom.js";
import { zoomed } from "./zoom.js";

const STEPS = { ArrowLeft: -2, ArrowRight: 2, ArrowDown: -2, ArrowUp: 2, PageDown: -10, PageUp: 10 };
const AT_REST = 34;

let split = AT_REST;
/** Where the seam was before it was sent aside by a key. @type {number | null} */
let remembered = null;
/** Counted up by everything that moves the seam, so that a sweep which is under way ends. */
let moves = 0;

/** Make the seam movable. */
export function watchSeam() {
  const frame = $("frame");
  const seam = $("seam");
  let dragging = false;

  frame.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    const onSeam = seam.contains(/** @type {Node} */ (event.target));
    if (!event.isPrimary) dragging = false; // two fingers zoom
    if (event.button !== 0 || !event.isPrimary || (zoomed() && !onSeam)) return;
    dragging = true;
    frame.classList.add("held");
    frame.setPointerCapture(event.pointerId);
    follow(event);
    seam.focus({ preventScroll: true, focusVisible: false });
    event.preventDefault();
  });
  frame.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => dragging && follow(event));
  for (const end of ["pointerup", "pointercancel"]) {
    frame.addEventListener(end, () => {
      dragging = false;
      frame.classList.remove("held");
    });
  }
  seam.addEventListener("keydown", byKey);
  moveSeam(AT_REST);
}

/** @param {PointerEvent} event */
function follow(event) {
  const box = $("frame").getBoundingClientRect();
  moveSeam((100 * (event.clientX - box.left)) / box.width);
}

/** @param {KeyboardEvent} event */
function byKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
  if (step) moveSeam(split + step * (event.shiftKey ? 5 : 1));
  else if (event.key === "Home") moveSeam(0);
  else if (event.key === "End") moveSeam(100);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Show this much of the photograph, in per cent of the width. @param {number} to */
export function moveSeam(to) {
  moves += 1;
  split = Math.min(100, Math.max(0, to));
  const whole = Math.round(split);
  $("frame").style.setProperty("--split", `${split}%`);
  $("seam").setAttribute("aria-valuenow", String(whole));
  $("seam").setAttribute("aria-valuetext", `Photograph ${whole} %, painting ${100 - whole} %`);
}

/** Show the whole photograph for as long as a key is held. @param {boolean} held */
export function holdPhotograph(held) {
  if (held && remembered === null) {
    remembered = split;
    moveSeam(100);
  } else if (!held && remembered !== null) {
    moveSeam(remembered);
    remembered = null;
  }
}

const SWEEP = 900; // milliseconds

/** Sweep once over a painting that is new, from the photograph to where the seam was. */
export function unveil() {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const to = split;
  const began = performance.now();
  let mine = moves;
  const step = () => {
    if (moves !== mine) return; // a hand was quicker
    const share = Math.min(1, (performance.now() - began) / SWEEP);
    moveSeam(100 + (to - 100) * (1 - (1 - share) ** 3));
    mine = moves;
    if (share < 1) requestAnimationFrame(step);
  };
  step();
}
