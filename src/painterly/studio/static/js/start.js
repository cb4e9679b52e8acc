/** The opening: the demo picture hangs there, and is painted while one looks on. */

import * as api from "./api.js";
import { $, make } from "./dom.js";
import { on, state } from "./state.js";

const FAVOURITES = ["the-scream", "starry-night", "udnie"];
const SIDE = 640;
const PAUSE = 4200;

/** Paint the demo picture in a few styles, once each, while the opening is seen. */
export async function hangDemo() {
  if (LOCAL.includes(location.hostname)) $("private").hidden = false;
  if (matchMedia("(pointer: coarse)").matches) $("camera").hidden = false;
  if (matchMedia("(hover: none)").matches)
    $("start-hint").textContent = "From your gallery or your files. Short clips are welcome too.";
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const styles = FAVOURITES.map((name) => state.styles.find((style) => style.name === name)).filter(
    (style) => style !== undefined,
  );
  const photograph = await demoPicture();
  for (const style of still ? styles.slice(0, 1) : styles) {
    await opening();
    const fields = { style: style.name, size: SIDE };
    const { blob } = await api.stylize(photograph, photograph.name, fields, undefined, false);
    await opening();
    await uncover(URL.createObjectURL(blob), style);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/** The picture that ships, as a file. */
export async function demoPicture() {
  const blob = await (await api.request("/static/demo.jpg")).blob();
  return new File([blob], "rocket.jpg", { type: "image/jpeg" });
}

/** Resolves while the opening is seen; what comes later waits for that. @returns {Promise<void>} */
function opening() {
  if (state.screen === "start" && !document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const check = () => state.screen === "start" && !document.hidden && resolve();
    on("screen", check);
    document.addEventListener("visibilitychange", check);
  });
}

/** @param {string} url @param {import("./state.js").Style} style */
async function uncover(url, style) {
  const image = make("img", { src: url, alt: `The demo picture, painted like ${style.title}` });
  await image.decode();
  const frame = $("hung-photo").parentElement;
  if (frame.children.length > 2) frame.children[1].remove();
  frame.append(image);
  $("hung-photo").alt = "";
  $("hung-label").replaceChildren(
    make("span", { class: "title" }, style.title),
    make("span", { class: "painter" }, `after ${style.painter}`),
  );
}
