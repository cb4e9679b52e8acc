/** A lesson as it goes: the painting, a photograph painted so far, and how long it takes yet. */

import { $, fillDialog, make } from "./dom.js";
import { cancelJob, courseOf, dismissJob, isOver } from "./jobs.js";
import { ask } from "./messages.js";

const SIDE = 400;

/** Which job the dialog was built for. */
let built = "";

/** Keep a small copy of a painting, so that it is there after the page is loaded again. @param {string} id @param {File} file */
export async function rememberPainting(id, file) {
  try {
    const whole = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(whole.width, whole.height));
    const canvas = make("canvas", {
      width: Math.max(1, Math.round(whole.width * scale)),
      height: Math.max(1, Math.round(whole.height * scale)),
    });
    canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
    sessionStorage.setItem(`painting-${id}`, canvas.toDataURL("image/jpeg", 0.85));
  } catch {
    // It is an ornament: a browser that cannot show or keep it goes without.
  }
}

/** @param {string} id */
function painting(id) {
  try {
    return sessionStorage.getItem(`painting-${id}`);
  } catch {
    return null;
  }
}

/**
 * Draw a lesson into the dialog.
 * @param {HTMLDialogElement} dialog
 * @param {import("./jobs.js").Job} job
 * @param {(name: string) => void} choose Paints with the style that was learnt.
 */
export function drawLesson(dialog, job, choose) {
  if (built !== job.id || !$("lesson-bar")) build(dialog, job);
  built = job.id;
  const over = isOver(job);
  $("lesson-text").textContent = job.state === "done" ? "It hangs on the wall now." : courseOf(job);
  $("lesson-bar").hidden = over && job.state !== "done";
  $("lesson-bar").max = job.steps || 1;
  if (job.state === "done") $("lesson-bar").value = $("lesson-bar").max;
  else if (job.step) $("lesson-bar").value = job.step;
  else $("lesson-bar").removeAttribute("value");
  $("lesson-share").textContent = job.step && job.steps && !over ? `${Math.round((100 * job.step) / job.steps)} %` : "";
  if (job.preview) showStudy(job);
  drawButtons(dialog, job, choose);
}

/** @param {HTMLDialogElement} dialog @param {import("./jobs.js").Job} job */
function build(dialog, job) {
  const copy = painting(job.id);
  fillDialog(
    dialog,
    job.name,
    make(
      "div",
      { class: "studies" },
      make(
        "figure",
        {},
        make("div", { class: "mount" }, copy ? make("img", { src: copy, alt: "The painting" }) : null),
        make("figcaption", {}, "The painting"),
      ),
      make(
        "figure",
        {},
        make("div", { class: "mount", id: "lesson-mount" }),
        make("figcaption", { id: "lesson-caption" }, "A photograph, as soon as something is learnt"),
      ),
    ),
    make("progress", { id: "lesson-bar", "aria-label": `Learning ${job.name}` }),
    make(
      "p",
      { class: "course" },
      make("span", { id: "lesson-text", role: "status" }),
      make("span", { id: "lesson-share" }),
    ),
    make("div", { class: "buttons", id: "lesson-buttons" }),
  );
}

/** @param {import("./jobs.js").Job} job */
async function showStudy(job) {
  const mount = $("lesson-mount");
  const source = /** @type {string} */ (job.preview);
  if (mount.dataset.source === source) return;
  mount.dataset.source = source;
  const study = make("img", { src: source, alt: `A photograph, painted after ${job.step} steps` });
  await study.decode().catch(() => undefined);
  if (mount.dataset.source !== source || !study.naturalWidth) return;
  mount.replaceChildren(study);
  $("lesson-caption").textContent = `A photograph, after ${job.step} steps`;
}

/** @param {HTMLDialogElement} dialog @param {import("./jobs.js").Job} job @param {(name: string) => void} choose */
function drawButtons(dialog, job, choose) {
  const row = $("lesson-buttons");
  if (row.dataset.state === job.state) return;
  row.dataset.state = job.state;
  const close = () => dialog.close();
  const stop = async () => {
    if (await ask(`Stop learning ${job.name}?`, "What was learnt so far is lost.", "Stop")) await cancelJob(job);
  };
  const leave = () => (close(), dismissJob(job));
  const use = () => {
    leave();
    if (job.style) choose(job.style);
  };
  if (!isOver(job)) {
    row.replaceChildren(
      make("button", { type: "button", onclick: stop }, "Stop"),
      make("button", { type: "button", class: "primary", onclick: close }, "Go on meanwhile"),
    );
  } else if (job.state === "done") {
    row.replaceChildren(make("button", { type: "button", class: "primary", onclick: use }, "Paint with it"));
  } else row.replaceChildren(make("button", { type: "button", class: "primary", onclick: leave }, "Close"));
}
