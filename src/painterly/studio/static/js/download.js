/** The button at the end: the painting in full size as a file; or, for clips, the job that paints one. Also 1:1. */

import { paintClip } from "./clips.js";
import { $, icon, make } from "./dom.js";
import { finish, isPainted, paintFull, plan } from "./full.js";
import { complain, toast } from "./messages.js";
import { showFull } from "./preview.js";
import { on, setSaving, state } from "./state.js";
import { bytes, duration, pixels } from "./words.js";
import { showAll, showPixels } from "./zoom.js";

const FORMAT_NAMES = { jpg: "JPEG", png: "PNG", webp: "WebP" };

/** @type {AbortController | null} */
let running = null;

/** Make the button work. */
export function watchDownload() {
  $("download").addEventListener("click", save);
  $("zoom-full").addEventListener("click", lookClosely);
  on("picture", () => {
    running?.abort();
    const { picture } = state;
    const clear = Boolean(picture?.clear);
    setSaving({
      size: null,
      factor: 1,
      of: "painting",
      format: clear && state.saving.format === "jpg" ? "png" : state.saving.format,
    });
  });
  for (const topic of /** @type {const} */ (["saving", "look"])) on(topic, show);
}

function show() {
  const { picture, saving } = state;
  if (!picture || !state.look.parts.length) return;
  const clip = picture.kind === "clip";
  $("zoom-full").hidden = clip;
  $("download").replaceChildren(
    icon(running ? "close" : clip ? "play" : "download"),
    make("span", {}, running ? "Cancel" : clip ? "Paint the clip" : "Download"),
  );
  if (clip) {
    $("download-hint").textContent = picture.seconds
      ? `${duration(picture.seconds)}, with its sound`
      : "With its sound";
  } else {
    const { width, height } = plan();
    const format = FORMAT_NAMES[/** @type {keyof typeof FORMAT_NAMES} */ (saving.format)];
    $("download-hint").textContent = `${format}, ${pixels(width, height)} pixels`;
  }
}

/** Save what is on the easel; while that goes on, cancel it. */
export async function save() {
  if (running) return running.abort();
  if (!state.picture || !state.look.parts.length) return;
  if (state.picture.kind === "clip") return paintClip();
  await withProgress(async (signal, tell) => {
    const { blob, name } = await finish(signal, tell);
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    toast(`${name} is saved, ${bytes(blob.size)}.`);
  });
}

/** Paint in full size, and look at it pixel by pixel; pressed again, see all of it. */
export async function lookClosely() {
  if ($("zoom-full").getAttribute("aria-pressed") === "true") return showAll();
  if (!state.picture || running || state.picture.kind === "clip") return;
  await withProgress(async (signal, tell) => {
    const { look } = state;
    const painting = await paintFull(signal, tell);
    if (look !== state.look) return; // it is not what is wanted any more
    await showFull(painting);
    showPixels(plan().base.width);
    $("zoom-full").setAttribute("aria-pressed", "true");
    $("stage-status").textContent = "In full size; drag to look around";
  });
}

/** @param {(signal: AbortSignal, tell: import("./full.js").Tell) => Promise<void>} work */
async function withProgress(work) {
  const mine = (running = new AbortController());
  const quick = isPainted();
  show();
  try {
    await work(mine.signal, (share, left, doing) => {
      $("save-progress").hidden = quick;
      $("save-bar").value = 100 * share;
      $("save-text").textContent = left > 1 ? `${doing}, about ${duration(left)}` : `${doing}, any moment now`;
    });
  } catch (error) {
    if (!mine.signal.aborted) complain(error);
  }
  running = null;
  $("save-progress").hidden = true;
  show();
}
