/**
 * Work that takes minutes: learning a style, painting a clip. Every job is followed by the server's events; whoever
 * shows jobs hears "jobs" at each of them.
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {"learn" | "video"} kind
 * @property {string} name
 * @property {"queued" | "running" | "done" | "failed" | "cancelled"} state
 * @property {number} step
 * @property {number} steps
 * @property {string} message
 * @property {number | null} seconds_left
 * @property {string | null} preview
 * @property {string | null} result
 * @property {string | null} style
 */

import * as api from "./api.js";
import { complain } from "./messages.js";
import { changed } from "./state.js";
import { duration } from "./words.js";

/** Jobs that are shown, the newest last. @type {Map<string, Job>} */
export const jobs = new Map();
/** @type {Map<string, EventSource>} */
const sources = new Map();

/** How many jobs hold a connection. */
export const following = () => sources.size;

/** @param {Job} job */
export const isOver = (job) => !["queued", "running"].includes(job.state);

/** Find the jobs again that were begun before the page was loaded. */
export async function findJobs() {
  const all = /** @type {Job[]} */ (await api.jobs());
  for (const job of all.reverse()) {
    if (!isOver(job) || (job.kind === "video" && job.state === "done")) addJob(job);
  }
}

/** Show a job, and follow it. @param {Job} job */
export function addJob(job) {
  update(job);
  if (!isOver(job)) follow(job.id);
}

/** @param {Job} job */
function update(job) {
  const before = jobs.get(job.id);
  jobs.set(job.id, job);
  changed("jobs", { job, finished: isOver(job) && before !== undefined && !isOver(before) });
}

/** @param {string} id */
function follow(id) {
  if (sources.has(id)) return;
  const source = new EventSource(`/api/jobs/${encodeURIComponent(id)}/events`);
  sources.set(id, source);
  source.addEventListener("job", (event) => {
    const job = JSON.parse(/** @type {MessageEvent} */ (event).data);
    if (isOver(job)) unfollow(id);
    if (jobs.has(id)) update(job);
  });
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
    unfollow(id);
    lookAgain(id);
  };
}

/** @param {string} id */
function unfollow(id) {
  sources.get(id)?.close();
  sources.delete(id);
}

/** The server would not tell more of a job: see whether it still knows it. @param {string} id */
async function lookAgain(id) {
  const job = jobs.get(id);
  if (!job) return;
  try {
    const response = await api.request(`/api/jobs/${encodeURIComponent(id)}`);
    addJob(await response.json());
  } catch {
    update({ ...job, state: "failed", message: "The server was restarted and knows no more of this." });
  }
}

/** Cancel a job that is under way. @param {Job} job */
export async function cancelJob(job) {
  try {
    await api.endJob(job.id);
  } catch (error) {
    complain(error);
  }
}

/** Put a job that is over out of sight, and let the server forget it. @param {Job} job */
export function dismissJob(job) {
  unfollow(job.id);
  jobs.delete(job.id);
  changed("jobs", { job, finished: false });
  api.endJob(job.id).catch(() => undefined); // it may know it no more
}

/** How far a job is, in words. @param {Job} job */
export function courseOf(job) {
  const what = job.kind === "learn" ? "Step" : "Frame";
  switch (job.state) {
    case "queued":
      return job.message || "Waiting for its turn";
    case "running": {
      const left = job.seconds_left === null ? "" : `, ${duration(job.seconds_left)} left`;
      return job.step && job.steps ? `${what} ${job.step} of ${job.steps}${left}` : job.message || "Getting ready";
    }
    case "done":
      return "Done";
    case "cancelled":
      return "Cancelled";
    default:
      return job.message || "It failed";
  }
}
