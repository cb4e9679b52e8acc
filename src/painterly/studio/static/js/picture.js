/**
 * A photograph or clip that was chosen: its size, how to show it, and small versions of it to send.
 *
 * @typedef {object} Picture
 * @property {File} file What was chosen, untouched; paintings in full size are made of it.
 * @property {"photograph" | "clip"} kind
 * @property {number} width Upright, in full.
 * @property {number} height
 * @property {boolean} clear Whether some of it is transparent.
 * @property {string} url Shows it in the browser: itself, or a preview that the server made.
 * @property {CanvasImageSource} source What small versions are drawn from.
 * @property {Map<number, Promise<Blob>>} smaller By longest side.
 * @property {number} [seconds] A clip's length.
 */

import { ApiError, preview } from "./api.js";
import { openClip } from "./clips.js";
import { state } from "./state.js";
import { bytes, fitted } from "./words.js";

const WORKING_SIDE = 2048;
const CLEAR_TYPES = ["image/png", "image/webp", "image/gif", "image/avif"];

/**
 * Open a file.
 * @param {File} file
 * @returns {Promise<Picture>}
 */
export async function openPicture(file) {
  const limits = state.about?.limits ?? {};
  if (file.size === 0) throw new ApiError(415, `${file.name} is empty.`);
  if (limits.bytes && file.size > limits.bytes) {
    throw new ApiError(413, `${file.name} has ${bytes(file.size)}; up to ${bytes(limits.bytes)} are taken here.`);
  }
  const picture = file.type.startsWith("video/") ? await openClip(file) : await openPhotograph(file);
  if (limits.pixels && picture.width * picture.height > limits.pixels) {
    const most = Math.floor(limits.pixels / 1e6);
    throw new ApiError(
      413,
      `${file.name} is ${picture.width} × ${picture.height} pixels; up to ${most} megapixels are taken here.`,
    );
  }
  return picture;
}

/** @param {File} file @returns {Promise<Picture>} */
async function openPhotograph(file) {
  /** @type {ImageBitmap} */
  let whole;
  let url = "";
  let size = null;
  try {
    whole = await createImageBitmap(file); // upright, as its EXIF orientation says
    url = URL.createObjectURL(file);
    size = { width: whole.width, height: whole.height };
  } catch {
    const shown = await preview(file, WORKING_SIDE); // HEIC, TIFF, and what is no picture at all
    whole = await createImageBitmap(shown.blob);
    url = URL.createObjectURL(shown.blob);
    size = shown.width && shown.height ? { width: shown.width, height: shown.height } : whole;
  }
  const { width, height } = size;
  const source = workingCopy(whole, whole);
  whole.close();
  const clear = CLEAR_TYPES.includes(file.type) && hasClearParts(source);
  return { file, kind: "photograph", width, height, clear, url, source, smaller: new Map() };
}

/**
 * A canvas with a picture no larger than is ever sent for a preview.
 * @param {CanvasImageSource} source
 * @param {{width: number, height: number}} size Its own.
 */
export function workingCopy(source, size) {
  const { width, height } = fitted(size, Math.min(WORKING_SIDE, Math.max(size.width, size.height)));
  return drawn(source, width, height);
}

/**
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 */
function drawn(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas */
function hasClearParts(canvas) {
  const { width, height } = fitted(canvas, Math.min(256, Math.max(canvas.width, canvas.height)));
  const context = /** @type {CanvasRenderingContext2D} */ (drawn(canvas, width, height).getContext("2d"));
  const { data } = context.getImageData(0, 0, width, height);
  for (let at = 3; at < data.length; at += 4) if (data[at] < 255) return true;
  return false;
}

/**
 * A version of a picture that is small enough to be painted while somebody looks on.
 * @param {Picture} picture
 * @param {number} longest Its longest side; pictures that are smaller stay as they are.
 * @returns {Promise<Blob>}
 */
export function smaller(picture, longest) {
  const known = picture.smaller.get(longest);
  if (known) return known;
  const { width, height } = fitted(picture, Math.min(longest, WORKING_SIDE, Math.max(picture.width, picture.height)));
  const canvas = drawn(picture.source, width, height);
  const made = new Promise((resolve, reject) => {
    const done = (/** @type {Blob | null} */ blob) => {
      if (blob) resolve(blob);
      else reject(new ApiError(0, `${picture.file.name} is too large for this browser.`));
    };
    canvas.toBlob(done, picture.clear ? "image/png" : "image/jpeg", 0.93);
  });
  picture.smaller.set(longest, made);
  return made;
}

/** Let go of what a picture holds. @param {Picture | null} picture */
export function closePicture(picture) {
  if (picture) URL.revokeObjectURL(picture.url);
}
