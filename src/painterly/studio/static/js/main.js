/** The studio: what happens between choosing a picture and taking a painting home. */

import * as api from "./api.js";
import { moveSeam, unveil, watchSeam } from "./compare.js";
import { buildControls } from "./controls.js";
import { $, closeByBackdrop } from "./dom.js";
import { watchDownload } from "./download.js";
import { watchIntake } from "./intake.js";
import { findJobs } from "./jobs.js";
import { watchKeys } from "./keys.js";
import { inDialog, openLearn, openLesson, watchLearn } from "./learn.js";
import { complain, watchServer } from "./messages.js";
import { closePicture, openPicture } from "./picture.js";
import { watchPreview } from "./preview.js";
import { hangDemo } from "./start.js";
import { changed, on, only, plainLook, setLook, state } from "./state.js";
import { watchTray } from "./tray.js";
import { hangWall } from "./wall.js";
import { watchZoom } from "./zoom.js";

const SCREENS = /** @type {const} */ (["start", "wall", "easel"]);

/** How far the wall was scrolled when it was left. */
let wallScroll = 0;

/**
 * Go to a screen; the browser's Back returns from it.
 * @param {import("./state.js").Screen} screen
 * @param {{remember?: boolean}} [how]
 */
function go(screen, { remember = true } = {}) {
  if (remember && screen !== state.screen) history.pushState({ screen }, "", screen === "start" ? "/" : `#${screen}`);
  if (state.screen === "wall" && screen !== "wall") wallScroll = scrollY;
  state.screen = screen;
  document.body.dataset.screen = screen;
  $("studio").hidden = screen === "start";
  document.title =
    screen === "start" || !state.picture ? "painterly studio" : `${state.picture.file.name} · painterly studio`;
  changed("screen");
  scrollTo(0, screen === "wall" ? wallScroll : 0);
}

let opened = 0;

/** Take in a picture: the wall paints it in all styles; with a look at hand, the easel shows it at once. @param {File} file */
async function open(file) {
  const mine = ++opened;
  document.body.setAttribute("aria-busy", "true");
  try {
    await ready;
    const picture = await openPicture(file);
    if (mine !== opened) return closePicture(picture); // another was chosen meanwhile
    closePicture(state.picture);
    state.picture = picture;
    changed("picture");
    const known = state.look.parts.some((part) => state.styles.some((style) => style.name === part.name));
    wallScroll = 0;
    go(known ? "easel" : "wall");
    if (!known) $("wall-title").focus({ preventScroll: true });
  } catch (error) {
    complain(error);
  } finally {
    if (mine === opened) document.body.removeAttribute("aria-busy");
  }
}

/** Paint in a style, which takes the place of a mixture. @param {string} name */
function choose(name) {
  const first = state.screen !== "easel";
  setLook({ parts: only(name) });
  if (!state.picture) return $("choose").focus();
  if (first) {
    go("easel");
    unveil();
  }
}

/** Everything that the page needs from the server before it can work. */
async function load() {
  [state.about, state.styles] = await Promise.all([api.about(), api.styles()]);
  $("open-learn").hidden = !state.about.can.learn;
  changed("styles");
}

function toScreenOf(/** @type {any} */ where) {
  const wanted = SCREENS.find((screen) => screen === where?.screen) ?? "start";
  const possible = wanted === "start" || (state.picture && (wanted === "wall" || state.look.parts.length));
  go(possible ? wanted : "start", { remember: false });
}

watchServer();
buildControls();
hangWall({ choose, learn: openLearn });
watchSeam();
watchZoom();
watchPreview();
watchDownload();
watchLearn({ choose });
watchTray({ openLesson, hidden: inDialog });
watchIntake(open);
watchKeys({ choose, back: () => go("wall") });
closeByBackdrop($("player"));
$("open-learn").addEventListener("click", openLearn);
$("back").addEventListener("click", () => go("wall"));
$("home").addEventListener("click", () => go("start"));
window.addEventListener("popstate", (event) => toScreenOf(event.state));
on("styles", () => {
  // A style that is gone can be painted no more.
  if (state.screen === "easel" && !state.look.parts.length) go("wall");
});
history.replaceState({ screen: "start" }, "", "/");
setLook(plainLook());
moveSeam(34);

const ready = load();
ready.then(findJobs).catch(complain);
ready.then(hangDemo).catch(() => undefined); // the opening does without its ornament
