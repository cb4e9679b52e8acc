/**
 * The large preview. While a slider moves, one request is under way and the newest settings wait for it; when it comes
 * to rest, whatever is under way is aborted. So there is always something new to see, and never anything older than
 * what was seen before.
 */

import * as api from "./api.js";
import { $ } from "./dom.js";
import { complain } from "./messages.js";
import { notePace, timeFor } from "./pace.js";
import { smaller } from "./picture.js";
import { isPlain, lookFields, on, state, titleOf, styleNamed, shares } from "./state.js";
import { fitted, pixels } from "./words.js";
import { thumbnailOf } from "./wall.js";

const LARGEST = 1024;
const SMALLEST = 384;
const STEP = 64; // the server batches pictures of equal size
const LIVE = 700; // milliseconds: longer than this is not live
const REST = 90;

/** @type {{serial: number, live: boolean, key: string, stop: AbortController} | null} */
let running = null;
/** Live settings that wait for the request under way. */
let wanted = false;
let serial = 0;
let shown = 0;
/** What the large picture is a preview of: picture, settings and size. */
let shownKey = "";
let timer = 0;

/** Keep the preview as the settings are. */
export function watchPreview() {
  on("picture", showPhotograph);
  on("look", (how) => refresh(Boolean(how?.live)));
  on("thumbnail", () => running && !running.live && standIn());
  on("screen", () => refresh(false));
}

function showPhotograph() {
  const { picture } = state;
  if (!picture) return;
  halt();
  $("before").src = $("wall-photo").src = picture.url;
  $("before").alt = picture.kind === "clip" ? "A frame of your clip" : `Your photograph, ${picture.file.name}`;
  $("frame").style.setProperty("--ratio", String(picture.width / picture.height));
  $("frame").classList.toggle("clear", picture.clear);
  $("after").removeAttribute("src");
  shownKey = "";
}

function halt() {
  running?.stop.abort();
  running = null;
  wanted = false;
  clearTimeout(timer);
  markBusy(false);
}

/** @param {boolean} busy */
function markBusy(busy) {
  $("stage-busy").hidden = !busy;
  $("frame").toggleAttribute("aria-busy", busy);
  if (busy) $("frame").setAttribute("aria-busy", "true");
}

/** @param {boolean} live */
function refresh(live) {
  if (!state.picture || !state.look.parts.length || state.screen !== "easel") return;
  showPlaque();
  if (live) {
    if (running?.live) wanted = true;
    else paint(true);
    return;
  }
  halt();
  if (shownKey === key(side(false))) return;
  const rest = shownKey ? REST : 0;
  standIn();
  markBusy(true);
  timer = setTimeout(() => paint(false), rest);
}

/** The longest side to paint, in steps. @param {boolean} live */
function side(live) {
  const { width, height } = /** @type {import("./picture.js").Picture} */ (state.picture);
  const box = $("easel").getBoundingClientRect();
  const scale = Math.min(box.width / width, box.height / height) * Math.min(2, devicePixelRatio);
  let longest = Math.min(LARGEST, Math.max(SMALLEST, Math.ceil((scale * Math.max(width, height)) / STEP) * STEP));
  while (live && longest > SMALLEST) {
    const size = fitted({ width, height }, longest);
    if (timeFor(size.width * size.height) < LIVE) break;
    longest -= STEP;
  }
  return Math.min(longest, Math.max(width, height));
}

/** What settings and size come to. @param {number} longest */
const key = (longest) => JSON.stringify([lookFields(state.look), longest]);

/** @param {boolean} live */
async function paint(live) {
  const { picture, look } = state;
  if (!picture || !look.parts.length) return;
  running?.stop.abort();
  const longest = side(live);
  const mine = (running = { serial: ++serial, live, key: key(longest), stop: new AbortController() });
  wanted = false;
  markBusy(true);
  const began = performance.now();
  try {
    const photograph = await smaller(picture, longest);
    const { blob, work } = await api.stylize(photograph, "preview", lookFields(look), mine.stop.signal);
    notePace(picture, longest, work);
    await show(URL.createObjectURL(blob), mine.serial, picture, mine.key);
    if (running === mine) tell(longest, (performance.now() - began) / 1000);
  } catch (error) {
    if (!mine.stop.signal.aborted) {
      complain(error);
      $("stage-status").textContent = "";
    }
  }
  if (running !== mine) return;
  running = null;
  markBusy(false);
  if (wanted) paint(true);
}

/**
 * Show a painting unless a newer one is there.
 * @param {string} url
 * @param {number} number
 * @param {object} picture
 * @param {string} key
 */
async function show(url, number, picture, key) {
  const ready = new Image();
  ready.src = url;
  await ready.decode();
  if (number < shown || picture !== state.picture) return URL.revokeObjectURL(url);
  shown = number;
  place(url, false);
  shownKey = key;
}

/** Until a first painting is there, the wall's thumbnail stands in for it. */
function standIn() {
  const { look } = state;
  const url = look.parts.length ? thumbnailOf(look.parts[0].name) : undefined;
  const plain = look.parts.length === 1 && isPlain(look);
  if (plain && url) place(url, true);
}

let placed = "";

/** @param {string} url @param {boolean} coarse */
function place(url, coarse) {
  const image = $("after");
  image.src = url;
  image.classList.toggle("coarse", coarse);
  if (placed) URL.revokeObjectURL(placed);
  placed = coarse ? "" : url;
  if (coarse) shownKey = "";
}

/** Put a painting in full size where the preview is. @param {Blob} blob */
export async function showFull(blob) {
  const { picture } = state;
  if (picture) await show(URL.createObjectURL(blob), ++serial, picture, "in full size");
}

function showPlaque() {
  const { parts } = state.look;
  const each = shares(parts);
  $("plaque-title").textContent =
    parts.length === 1
      ? titleOf(parts[0].name)
      : parts.map((part, at) => `${titleOf(part.name)} ${each[at]} %`).join(", ");
  $("plaque-painter").textContent = parts.length === 1 ? (styleNamed(parts[0].name)?.painter ?? "") : "";
  $("after").alt = `Painted like ${$("plaque-title").textContent}`;
}

/** @param {number} longest @param {number} seconds */
function tell(longest, seconds) {
  const { width, height } = fitted(/** @type {import("./picture.js").Picture} */ (state.picture), longest);
  $("stage-status").textContent = `Preview of ${pixels(width, height)}, in ${seconds.toFixed(1)} s`;
}
