/**
 * The server's HTTP interface. What can be waited for is waited for here: a full queue (429), a worker that was lost
 * (503), and a server that is away.
 */

/** A refusal; its message is the server's sentence for people. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Told while something is waited for: `{away: boolean}` or `{busy: seconds}`. */
export const waiting = new EventTarget();

const LOST_WORKER_TRIES = 3;

/**
 * Send a request and give its response, which is fine.
 * @param {string} path
 * @param {{method?: string, form?: FormData, signal?: AbortSignal, patient?: boolean}} [options] `patient` waits for a
 *     server that is away or has too much to do; without it that is an error.
 * @returns {Promise<Response>}
 */
export async function request(path, { method = "GET", form, signal, patient = true } = {}) {
  for (let lost = 0; ;) {
    /** @type {Response} */
    let response;
    try {
      response = await fetch(path, { method, body: form, signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      if (!patient) throw new ApiError(0, "The server does not answer; is it still running?");
      await serverBack(signal);
      continue;
    }
    if (response.ok) return response;
    if (response.status === 429 && patient) {
      const seconds = Math.min(30, Math.max(1, Number(response.headers.get("Retry-After")) || 1));
      waiting.dispatchEvent(new CustomEvent("busy", { detail: seconds }));
      await pause(1000 * seconds, signal);
      continue;
    }
    if (response.status === 503 && patient && ++lost < LOST_WORKER_TRIES) {
      await pause(1000, signal);
      continue;
    }
    throw await problem(response);
  }
}

/** @param {Response} response */
async function problem(response) {
  if (response.status === 401) {
    return new ApiError(401, "This server wants its token: open the address that it printed when it was started.");
  }
  const body = await response.json().catch(() => null);
  return new ApiError(
    response.status,
    body?.detail || `The server answered ${response.status} ${response.statusText}.`,
  );
}

/** @type {Promise<void> | null} */
let back = null;

/**
 * Wait until the server answers again. However many wait, it is asked once every two seconds.
 * @param {AbortSignal} [signal]
 */
function serverBack(signal) {
  back ??= (async () => {
    waiting.dispatchEvent(new CustomEvent("away", { detail: true }));
    for (;;) {
      await pause(2000);
      const answer = await fetch("/health", { cache: "no-store" }).catch(() => null);
      if (answer?.ok) break;
    }
    back = null;
    waiting.dispatchEvent(new CustomEvent("away", { detail: false }));
  })();
  return Promise.race([back, aborted(signal)]);
}

/** @param {AbortSignal} [signal] @returns {Promise<never>} */
function aborted(signal) {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** @param {number} milliseconds @param {AbortSignal} [signal] */
function pause(milliseconds, signal) {
  let timer = 0;
  const sleep = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
  return Promise.race([sleep, aborted(signal)]).finally(() => clearTimeout(timer));
}

/** @param {Record<string, string | number | null | undefined>} fields @param {[string, Blob, string]} file */
function formOf(fields, [field, blob, name]) {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined && value !== "") form.append(key, String(value));
  }
  form.append(field, blob, name);
  return form;
}

/** @param {string} path @returns {Promise<any>} */
const json = async (path) => (await request(path)).json();

export const about = () => json("/api/about");
export const styles = async () => (await json("/api/styles")).styles;
export const jobs = async () => (await json("/api/jobs")).jobs;
/** @param {string} name */
export const forget = (name) => request(`/api/styles/${encodeURIComponent(name)}`, { method: "DELETE" });
/** @param {string} id */
export const endJob = (id) => request(`/api/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });

/**
 * Paint.
 * @param {Blob} picture
 * @param {string} name Its file name.
 * @param {Record<string, string | number | null>} fields
 * @param {AbortSignal} [signal]
 * @param {boolean} [patient]
 * @returns {Promise<{blob: Blob, work: number}>} The painting, and the milliseconds that it took.
 */
export async function stylize(picture, name, fields, signal, patient = true) {
  const form = formOf(fields, ["picture", picture, name]);
  const response = await request("/api/stylize", { method: "POST", form, signal, patient });
  const work = /work;dur=([\d.]+)/.exec(response.headers.get("Server-Timing") ?? "");
  return { blob: await response.blob(), work: work ? Number(work[1]) : 0 };
}

/**
 * What a picture looks like that the browser cannot show.
 * @param {File} picture
 * @param {number} size Longest side.
 */
export async function preview(picture, size) {
  const form = formOf({ size }, ["picture", picture, picture.name]);
  const response = await request("/api/preview", { method: "POST", form });
  const [width, height] = (response.headers.get("X-Picture-Size") ?? "").split("x").map(Number);
  return { blob: await response.blob(), width, height };
}

/**
 * Enlarge.
 * @param {Blob} picture
 * @param {string} name
 * @param {Record<string, string | number | null>} fields
 * @param {AbortSignal} [signal]
 */
export async function upscale(picture, name, fields, signal) {
  const form = formOf(fields, ["picture", picture, name]);
  return (await request("/api/upscale", { method: "POST", form, signal })).blob();
}

/**
 * Start a job.
 * @param {"learn" | "video"} kind
 * @param {Record<string, string | number | null>} fields
 * @param {File} file The painting, or the clip.
 */
export async function startJob(kind, fields, file) {
  const form = formOf(fields, [kind === "learn" ? "painting" : "clip", file, file.name]);
  return (await request(`/api/${kind}`, { method: "POST", form, patient: false })).json();
}
