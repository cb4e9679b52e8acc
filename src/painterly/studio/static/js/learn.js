/** Learning a style: a form, then the lesson as it goes, in one dialog. */

import * as api from "./api.js";
import { $, closeByBackdrop } from "./dom.js";
import { drawForm } from "./form.js";
import { addJob, isOver, jobs } from "./jobs.js";
import { drawLesson } from "./lesson.js";
import { complain, toast } from "./messages.js";
import { changed, on, only, setLook, state } from "./state.js";

/** What the dialog shows: a form, or a job. @type {string | null} */
let shownJob = null;

/** Whether a job is seen in the open dialog. @param {string} id */
export const inDialog = (id) => $("learn").open && shownJob === id;

/**
 * Make the dialog work.
 * @param {{choose: (name: string) => void}} deeds
 */
export function watchLearn({ choose }) {
  const dialog = $("learn");
  closeByBackdrop(dialog);
  dialog.addEventListener("close", () => changed("jobs", {})); // what goes on is seen in the tray from now on
  on("jobs", ({ job, finished }) => {
    if (!job || job.kind !== "learn") return;
    if (shownJob === job.id && jobs.has(job.id)) drawLesson(dialog, job, choose);
    if (finished && job.state === "done") hang(job, choose).catch(complain);
  });
}

/**
 * A style was learnt: it appears on the wall, and is chosen, unless somebody is painting with another one.
 * @param {import("./jobs.js").Job} job
 * @param {(name: string) => void} choose
 */
async function hang(job, choose) {
  state.styles = await api.styles();
  changed("styles");
  const name = job.style;
  if (!name) return;
  if (state.screen === "easel" && !inDialog(job.id)) {
    toast(`${job.name} is learnt, and hangs on the wall.`, { deed: "Paint with it", act: () => choose(name) });
  } else setLook({ parts: only(name) });
}

/** Open the form; or the lesson that goes on. */
export function openLearn() {
  const going = [...jobs.values()].find((job) => job.kind === "learn" && !isOver(job));
  if (going) return openLesson(going);
  shownJob = null;
  drawForm($("learn"), (job) => {
    shownJob = job.id;
    $("learn").replaceChildren();
    addJob(job);
  });
  $("learn").showModal();
}

/** Open the dialog on a job. @param {import("./jobs.js").Job} job */
export function openLesson(job) {
  shownJob = job.id;
  $("learn").replaceChildren();
  if (!$("learn").open) $("learn").showModal();
  changed("jobs", { job, finished: false });
}
