/** Cards of jobs in a corner, so that one can go on with something else. */

import { playClip } from "./clips.js";
import { $, icon, make } from "./dom.js";
import { cancelJob, courseOf, dismissJob, isOver, jobs } from "./jobs.js";
import { on } from "./state.js";

/** @type {Map<string, {card: any, draw: (job: import("./jobs.js").Job) => void}>} */
const cards = new Map();

/**
 * Keep the cards as the jobs are.
 * @param {{openLesson: (job: import("./jobs.js").Job) => void, hidden: (id: string) => boolean}} deeds `hidden` says
 *     whether a job is seen elsewhere.
 */
export function watchTray({ openLesson, hidden }) {
  on("jobs", () => {
    for (const [id, { card }] of cards) {
      if (!jobs.has(id) || hidden(id)) {
        card.remove();
        cards.delete(id);
      }
    }
    for (const job of jobs.values()) {
      if (hidden(job.id)) continue;
      if (!cards.has(job.id)) {
        const made = makeCard(openLesson);
        cards.set(job.id, made);
        $("tray").append(made.card);
      }
      cards.get(job.id)?.draw(job);
    }
    $("tray").hidden = cards.size === 0;
  });
}

/** @param {(job: import("./jobs.js").Job) => void} openLesson */
function makeCard(openLesson) {
  /** @type {import("./jobs.js").Job} */
  let job;
  const image = make("img", { class: "picture", alt: "", hidden: true });
  const blank = make("span", { class: "picture" });
  const what = make("p", { class: "what" });
  const bar = make("progress", {});
  const how = make("p", { class: "how" });
  const show = make(
    "button",
    { type: "button", class: "quiet", onclick: () => (job.kind === "video" ? playClip(job) : openLesson(job)) },
    "",
  );
  const end = make(
    "button",
    { type: "button", class: "quiet icon", onclick: () => (isOver(job) ? dismissJob(job) : cancelJob(job)) },
    icon("close"),
  );
  const card = make(
    "article",
    { class: "card" },
    image,
    blank,
    make("div", {}, what, bar, how),
    make("div", { class: "deeds" }, show, end),
  );

  const draw = (/** @type {import("./jobs.js").Job} */ now) => {
    job = now;
    const title = job.kind === "learn" ? `Learning ${job.name}` : job.name;
    card.setAttribute("aria-label", title);
    what.textContent = title;
    how.textContent = courseOf(job);
    bar.hidden = isOver(job);
    bar.max = job.steps || 1;
    if (job.step && job.steps) bar.value = job.step;
    else bar.removeAttribute("value");
    bar.setAttribute("aria-label", title);
    if (job.preview && image.getAttribute("src") !== job.preview) image.src = job.preview;
    image.hidden = !job.preview;
    blank.hidden = Boolean(job.preview);
    show.textContent = job.kind === "video" ? "Play" : "Show";
    show.hidden = job.kind === "video" ? !job.result : job.state === "failed";
    end.setAttribute("aria-label", isOver(job) ? `Put ${title} away` : `Cancel ${title}`);
  };
  return { card, draw };
}
