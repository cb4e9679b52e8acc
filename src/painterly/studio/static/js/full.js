/** The painting in full size. The newest is kept, so that looking at it closely and downloading it paint it once. */

import * as api from "./api.js";
import { tellProgress, timeFor } from "./pace.js";
import { lookFields, state } from "./state.js";
import { fitted, stem as stemOf } from "./words.js";

const MIDDLE_QUALITY = 98; // of a JPEG that is enlarged next
const ENLARGING = 8; // times as long a pixel as painting

/** @type {{key: string, picture: object, blob: Blob} | null} */
let kept = null;

/**
 * @callback Tell
 * @param {number} share From 0 to 1.
 * @param {number} secondsLeft
 * @param {string} doing
 */

/** What the finished file will be: its size, and its name without the ending. */
export function plan() {
  const picture = /** @type {import("./picture.js").Picture} */ (state.picture);
  const { saving, look } = state;
  const onlyEnlarged = saving.factor > 1 && saving.of === "photograph";
  const base = onlyEnlarged ? picture : fitted(picture, saving.size);
  const names = onlyEnlarged ? [] : look.parts.map((part) => part.name);
  const ending = saving.factor > 1 ? [`x${saving.factor}`] : [];
  return {
    onlyEnlarged,
    base,
    width: base.width * saving.factor,
    height: base.height * saving.factor,
    stem: [stemOf(picture.file.name), ...names, ...ending].join("-"),
  };
}

/** Whether the painting in full size is there already. */
export const isPainted = () => kept?.picture === state.picture && kept?.key === key(undefined);

/** @param {number | undefined} quality */
function key(quality) {
  return JSON.stringify([lookFields(state.look), state.saving.size, state.saving.format, quality]);
}

/**
 * Paint in full size.
 * @param {AbortSignal} signal
 * @param {Tell} tell
 * @param {number} [quality]
 * @returns {Promise<Blob>}
 */
export async function paintFull(signal, tell, quality) {
  const picture = /** @type {import("./picture.js").Picture} */ (state.picture);
  const { width, height } = fitted(picture, state.saving.size);
  const wanted = key(quality);
  if (kept?.picture === picture && kept.key === wanted) return kept.blob;
  const stopTelling = tellProgress(timeFor(width * height), (share, left) =>
    tell(share, left, "Painting in full size"),
  );
  try {
    const fields = {
      ...lookFields(state.look),
      size: state.saving.size,
      format: state.saving.format,
      quality: quality ?? null,
    };
    const { blob } = await api.stylize(picture.file, picture.file.name, fields, signal);
    kept = { key: wanted, picture, blob };
    return blob;
  } finally {
    stopTelling();
  }
}

/**
 * Make the file that is downloaded.
 * @param {AbortSignal} signal
 * @param {Tell} tell
 * @returns {Promise<{blob: Blob, name: string}>}
 */
export async function finish(signal, tell) {
  const { picture, saving } = state;
  const { onlyEnlarged, base, stem } = plan();
  const { factor, format } = saving;
  if (factor === 1) return named(await paintFull(signal, tell), stem);
  const file = /** @type {import("./picture.js").Picture} */ (picture).file;
  const source = onlyEnlarged ? file : await paintFull(signal, tell, format === "png" ? undefined : MIDDLE_QUALITY);
  const expected = ENLARGING * timeFor(base.width * base.height);
  const stopTelling = tellProgress(expected, (share, left) => tell(share, left, `Enlarging ${factor} times`));
  try {
    const sent = onlyEnlarged ? file.name : `painting.${format}`;
    return named(await api.upscale(source, sent, { factor, format }, signal), stem);
  } finally {
    stopTelling();
  }
}

/** A file with the ending of what it is. @param {Blob} blob @param {string} stem */
function named(blob, stem) {
  const ending = { "image/jpeg": "jpg", "image/webp": "webp" }[blob.type] ?? "png";
  return { blob, name: `${stem}.${ending}` };
}
