/** The settings of the painting, in groups; on narrow screens one group at a time is open. */

import { $, icon, make, markSlider, segments } from "./dom.js";
import { plan } from "./full.js";
import { mixGroup } from "./mix.js";
import { isPlain, on, only, plainLook, setLook, setSaving, state } from "./state.js";
import { fitted, pixels } from "./words.js";

const STROKES = /** @type {[string, string][]} */ ([
  ["small", "Fine"],
  ["medium", "Medium"],
  ["large", "Broad"],
]);
const CANVASES = /** @type {[string, string][]} */ ([
  ["0", "Smooth"],
  ["4", "Uneven"],
]);
const COLORS = /** @type {[string, string][]} */ ([
  ["style", "Painting"],
  ["content", "Photo"],
  ["luminance", "Photo + light"],
]);
const COLOR_NOTES = {
  style: "The painting’s colours.",
  content: "The photograph’s own colours.",
  luminance: "The photograph’s colours, with its brightness and contrast.",
};
const FORMATS = /** @type {[string, string][]} */ ([
  ["jpg", "JPEG"],
  ["png", "PNG"],
  ["webp", "WebP"],
]);
const SIDES = [4096, 3072, 2048, 1600, 1280, 1024, 800, 640, 512];

/** Build the panel, and keep it as the state is. */
export function buildControls() {
  const groups = [
    group("strength", "Strength", strengthPart()),
    group("mix", "Mix", mixGroup()),
    group("stroke", "Strokes", strokePart(), canvasPart(), colorPart()),
    group("size", "Size", make("div", { class: "part", id: "saving" })),
  ];
  $("groups").append(...groups);
  $("tabs").append(...groups.map(tab), make("button", { type: "button", onclick: reset }, icon("reset"), "Reset"));
  $("reset").addEventListener("click", reset);
  on("look", showLook);
  on("picture", drawSaving);
  on("saving", drawSaving);
  openGroup("strength");
}

/** @param {string} name @param {string} title @param {...Node} parts */
function group(name, title, ...parts) {
  const section = make("section", { class: "group", id: `group-${name}`, "aria-label": title }, ...parts);
  section.dataset.icon = name;
  return section;
}

/** @param {HTMLElement} section */
function tab(section) {
  const name = section.dataset.icon ?? "";
  const open = () => openGroup(section.classList.contains("current") ? "" : name);
  const title = section.getAttribute("aria-label") ?? "";
  return make(
    "button",
    { type: "button", id: `tab-${name}`, "aria-controls": section.id, onclick: open },
    icon(name),
    title,
  );
}

/** @param {string} name */
function openGroup(name) {
  for (const section of $("groups").children) {
    const open = section.id === `group-${name}`;
    section.classList.toggle("current", open);
    $(section.id.replace("group-", "tab-")).setAttribute("aria-expanded", String(open));
  }
}

/** Everything as it was when the style was chosen. */
function reset() {
  setLook({ ...plainLook(), parts: state.look.parts.slice(0, 1).flatMap((part) => only(part.name)) });
  setSaving({ size: null, factor: 1 });
}

function strengthPart() {
  const change = (/** @type {boolean} */ live) => () => setLook({ strength: Number(slider.value) }, { live });
  const slider = make("input", { type: "range", id: "strength", min: "0", max: "100", step: "1", value: "100" });
  slider.addEventListener("input", change(true));
  slider.addEventListener("change", change(false));
  const value = make("output", { id: "strength-value", for: "strength" }, "100 %");
  return make(
    "div",
    { class: "part" },
    make("label", { class: "heading", for: "strength" }, "Strength", value),
    slider,
  );
}

function strokePart() {
  const choose = (/** @type {string} */ stroke) => setLook({ stroke });
  return make(
    "div",
    { class: "part" },
    make("p", { class: "heading" }, "Strokes"),
    segments("stroke", "Strokes", STROKES, "medium", choose),
  );
}

/** Clips go without: dabs that stand still while the picture moves would show. */
function canvasPart() {
  const choose = (/** @type {string} */ canvas) => setLook({ canvas });
  return make(
    "div",
    { class: "part", id: "canvas-part" },
    make("p", { class: "heading" }, "Canvas"),
    segments("canvas", "Canvas", CANVASES, "4", choose),
    make("p", { class: "note" }, "Uneven: skies and walls get strokes of their own."),
  );
}

function colorPart() {
  const choose = (/** @type {string} */ color) => setLook({ color });
  return make(
    "div",
    { class: "part" },
    make("p", { class: "heading" }, "Colours of"),
    segments("color", "Colours of", COLORS, "style", choose),
    make("p", { class: "note", id: "color-note" }, COLOR_NOTES.style),
  );
}

function showLook() {
  const { parts, strength, stroke, canvas, color } = state.look;
  $("reset").disabled = parts.length < 2 && isPlain(state.look);
  $("strength").value = String(strength);
  $("strength-value").textContent = `${strength} %`;
  markSlider($("strength"), strength === 0 ? "0 %, the photograph" : `${strength} %`);
  for (const [name, value] of [
    ["stroke", stroke],
    ["canvas", canvas],
    ["color", color],
  ]) {
    for (const radio of document.getElementsByName(name))
      /** @type {HTMLInputElement} */ (radio).checked = radio.value === value;
  }
  $("color-note").textContent = COLOR_NOTES[/** @type {keyof typeof COLOR_NOTES} */ (color)];
}

/** Draw what is kept in the end: size, format, enlarging; for clips, size and steadiness. */
function drawSaving() {
  const { picture, saving } = state;
  if (!picture) return;
  const clip = picture.kind === "clip";
  $("canvas-part").hidden = clip;
  const focused = document.activeElement?.id;
  $("saving").replaceChildren(sizePart(picture), ...(clip ? [steadyPart()] : [formatPart(), enlargePart()]));
  if (!clip && saving.factor > 1) $("saving").append(sourcePart());
  if (focused) $(focused)?.focus();
}

/** @param {import("./picture.js").Picture} picture */
function sizePart(picture) {
  const whole = Math.max(picture.width, picture.height);
  const options = [null, ...SIDES.filter((side) => side < whole)].map((side) => {
    const { width, height } = fitted(picture, side);
    const text = `${pixels(width, height)}${side === null ? ", as it is" : ""}`;
    return make("option", { value: String(side ?? ""), selected: side === state.saving.size }, text);
  });
  const choose = () => setSaving({ size: select.value ? Number(select.value) : null, factor: 1 });
  const select = make("select", { id: "size", onchange: choose }, ...options);
  return make("div", { class: "part beside" }, make("label", { class: "heading", for: "size" }, "Size"), select);
}

function formatPart() {
  const choose = (/** @type {string} */ format) => setSaving({ format });
  const known = FORMATS.filter(([name]) => state.about?.formats.includes(name) ?? true);
  return make(
    "div",
    { class: "part beside" },
    make("p", { class: "heading" }, "Format"),
    segments("format", "Format", known, state.saving.format, choose),
  );
}

function enlargePart() {
  /** @type {[string, string][]} */
  const choices = [
    ["1", "No"],
    ...(state.about?.factors ?? []).map((/** @type {number} */ one) => [String(one), `× ${one}`]),
  ];
  const choose = (/** @type {string} */ factor) => setSaving({ factor: Number(factor) });
  const { width, height } = plan().base;
  const limit = state.about?.limits.pixels ?? Infinity;
  const barred = (/** @type {string} */ factor) => width * height * Number(factor) ** 2 > limit;
  const most = `Up to ${Math.floor(limit / 1e6)} megapixels are made here.`;
  return make(
    "div",
    { class: "part beside" },
    make("p", { class: "heading" }, "Enlarge"),
    segments("factor", "Enlarge", choices, String(state.saving.factor), choose, barred),
    choices.some(([factor]) => barred(factor)) ? make("p", { class: "note" }, most) : null,
  );
}

function sourcePart() {
  const choices = /** @type {[string, string][]} */ ([
    ["painting", "The painting"],
    ["photograph", "The photograph"],
  ]);
  const choose = (/** @type {any} */ of) => setSaving({ of });
  return make("div", { class: "part" }, segments("of", "What is enlarged", choices, state.saving.of, choose));
}

function steadyPart() {
  const change = (/** @type {any} */ event) => setSaving({ smooth: event.target.checked });
  const box = make("input", { type: "checkbox", id: "smooth", checked: state.saving.smooth, onchange: change });
  return make(
    "div",
    { class: "part" },
    make("label", { class: "switch", for: "smooth" }, box, "Steady: less flicker between frames"),
  );
}
