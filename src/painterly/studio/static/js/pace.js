/** How long painting takes here, learnt from previews, so that progress can be shown for what reports none. */

import { fitted } from "./words.js";

const FIRST_GUESS = 1e-3; // milliseconds a pixel
let pace = FIRST_GUESS;
let known = false;

/**
 * Note how long something took.
 * @param {{width: number, height: number}} picture
 * @param {number} longest The longest side that was painted.
 * @param {number} milliseconds
 */
export function notePace(picture, longest, milliseconds) {
  if (!milliseconds) return;
  const { width, height } = fitted(picture, Math.min(longest, Math.max(picture.width, picture.height)));
  const now = milliseconds / (width * height);
  pace = known ? 0.6 * pace + 0.4 * now : now;
  known = true;
}

/** Milliseconds that so many pixels will take. @param {number} pixels */
export const timeFor = (pixels) => 150 + pace * pixels;

/**
 * Tell how far a piece of work should be, until it is stopped: evenly to nine tenths, then ever more slowly.
 * @param {number} milliseconds How long it should take.
 * @param {(share: number, secondsLeft: number) => void} tell
 * @returns {() => void} Stops it.
 */
export function tellProgress(milliseconds, tell) {
  const start = performance.now();
  const tick = () => {
    const gone = (performance.now() - start) / milliseconds;
    const share = gone < 1 ? 0.9 * gone : 1 - 0.1 / (1 + 2 * (gone - 1));
    tell(share, Math.max(0, ((1 - gone) * milliseconds) / 1000));
  };
  tick();
  const timer = setInterval(tick, 200);
  return () => clearInterval(timer);
}
