/** Clips: a frame of one stands for it on the wall and the easel, and a job paints the whole. */

import * as api from "./api.js";
import { $, fillDialog, make } from "./dom.js";
import { addJob } from "./jobs.js";
import { complain, toast } from "./messages.js";
import { workingCopy } from "./picture.js";
import { lookFields, state } from "./state.js";
import { duration, stem } from "./words.js";

const PATIENCE = 8000;

/**
 * Open a clip, and take a picture from its middle.
 * @param {File} file
 * @returns {Promise<import("./picture.js").Picture>}
 */
export async function openClip(file) {
  if (!state.about?.can.video) {
    throw new api.ApiError(501, "Clips are not painted here: the server lacks the extra for video.");
  }
  const video = make("video", { muted: true, playsInline: true, preload: "auto", src: URL.createObjectURL(file) });
  try {
    await once(video, "loadeddata");
    const most = state.about.limits.clip_seconds;
    if (most && video.duration > most) {
      const long = duration(video.duration);
      throw new api.ApiError(413, `${file.name} lasts ${long}; clips of up to ${duration(most)} are painted here.`);
    }
    if (Number.isFinite(video.duration) && video.duration > 0.2) {
      video.currentTime = video.duration / 2;
      await once(video, "seeked");
    }
    return await asPicture(file, video, video.videoWidth, video.videoHeight, video.duration);
  } catch (error) {
    if (error instanceof api.ApiError) throw error;
    toast("This browser cannot show the clip, but it can be painted. The styles are shown on the demo picture.");
    const demo = await createImageBitmap(await (await api.request("/static/demo.jpg")).blob());
    return await asPicture(file, demo, demo.width, demo.height);
  } finally {
    URL.revokeObjectURL(video.src);
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {string} event
 */
function once(video, event) {
  return new Promise((resolve, reject) => {
    video.addEventListener(event, resolve, { once: true });
    video.addEventListener("error", () => reject(new Error("cannot be shown")), { once: true });
    setTimeout(() => reject(new Error("cannot be shown in time")), PATIENCE);
  });
}

/**
 * @param {File} file
 * @param {CanvasImageSource} frame
 * @param {number} width
 * @param {number} height
 * @param {number} [seconds]
 * @returns {Promise<import("./picture.js").Picture>}
 */
async function asPicture(file, frame, width, height, seconds) {
  const source = workingCopy(frame, { width, height });
  /** @type {Blob} */
  const blob = await new Promise((resolve) =>
    source.toBlob((made) => resolve(/** @type {Blob} */ (made)), "image/jpeg", 0.93),
  );
  const url = URL.createObjectURL(blob);
  return { file, kind: "clip", width, height, clear: false, url, source, smaller: new Map(), seconds };
}

/** Begin to paint the clip that is open. */
export async function paintClip() {
  const { picture, look, saving } = state;
  if (!picture) return;
  const fields = { ...lookFields(look), size: saving.size, smooth: saving.smooth ? null : 0 };
  try {
    addJob(await api.startJob("video", fields, picture.file));
    toast("The clip is being painted. You can go on with something else meanwhile.");
  } catch (error) {
    complain(error);
  }
}

/**
 * Show a painted clip.
 * @param {import("./jobs.js").Job} job
 */
export function playClip(job) {
  const dialog = $("player");
  const name = `${stem(job.name)}-painted.mp4`;
  fillDialog(
    dialog,
    "The painted clip",
    make("video", { src: job.result, controls: true, loop: true, autoplay: true, muted: true, playsInline: true }),
    make(
      "div",
      { class: "buttons" },
      make("a", { class: "button primary", href: job.result, download: name }, "Download"),
    ),
  );
  dialog.addEventListener("close", () => dialog.replaceChildren(), { once: true });
  dialog.showModal();
}
