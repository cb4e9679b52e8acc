/**
 * What the page knows, and who wants to hear of changes. Parts never call each other's drawing: they change the state,
 * and say so.
 *
 * @typedef {{name: string, title: string, painter: string, licence: string, learnt: boolean}} Style
 * @typedef {{name: string, weight: number}} Part A style in a mixture; weights are from 1 to 100.
 * @typedef {{parts: Part[], strength: number, stroke: string, canvas: string, color: string}} Look Strength in per cent.
 * @typedef {{format: string, size: number | null, factor: number, of: "painting" | "photograph", smooth: boolean}} Saving
 * @typedef {"start" | "wall" | "easel"} Screen
 * @typedef {"styles" | "picture" | "look" | "saving" | "screen" | "jobs" | "thumbnail"} Topic
 */

export const state = {
  /** What the server can do and takes; null until it has said so. @type {any} */
  about: null,
  /** @type {Style[]} */
  styles: [],
  /** @type {import("./picture.js").Picture | null} */
  picture: null,
  /** @type {Look} */
  look: plainLook(),
  /** @type {Saving} */
  saving: plainSaving(),
  /** @type {Screen} */
  screen: "start",
};

/** Nothing chosen, everything as it is by default. @returns {Look} */
export function plainLook() {
  return { parts: [], strength: 100, stroke: "medium", canvas: "4", color: "style" };
}

/** Whether a style is painted as it was learnt. @param {Look} look */
export function isPlain(look) {
  const plain = plainLook();
  return ["strength", "stroke", "canvas", "color"].every(
    (name) => look[/** @type {keyof Look} */ (name)] === plain[/** @type {keyof Look} */ (name)],
  );
}

/** @returns {Saving} */
function plainSaving() {
  return { format: "jpg", size: null, factor: 1, of: "painting", smooth: true };
}

const bus = new EventTarget();

/**
 * Be called when something changed.
 * @param {Topic} topic
 * @param {(detail: any) => void} listener
 */
export function on(topic, listener) {
  bus.addEventListener(topic, (event) => listener(/** @type {CustomEvent} */ (event).detail));
}

/**
 * Say that something changed.
 * @param {Topic} topic
 * @param {any} [detail]
 */
export function changed(topic, detail) {
  bus.dispatchEvent(new CustomEvent(topic, { detail }));
}

/**
 * Change what is painted.
 * @param {Partial<Look>} change
 * @param {{live?: boolean}} [how] `live` while a slider is being dragged.
 */
export function setLook(change, how = {}) {
  state.look = { ...state.look, ...change };
  changed("look", how);
}

/** @param {Partial<Saving>} change */
export function setSaving(change) {
  state.saving = { ...state.saving, ...change };
  changed("saving");
}

/** @param {string} name @returns {Style | undefined} */
export const styleNamed = (name) => state.styles.find((style) => style.name === name);

/** @param {string} name */
export const titleOf = (name) => styleNamed(name)?.title || name;

/** What a style weighs until somebody says otherwise. */
export const EVEN = 50;

/** A mixture of one style. @param {string} name @returns {Part[]} */
export const only = (name) => [{ name, weight: EVEN }];

/** Each style's share of a mixture, in per cent. @param {Part[]} parts */
export function shares(parts) {
  const total = parts.reduce((sum, part) => sum + part.weight, 0) || 1;
  return parts.map((part) => Math.round((100 * part.weight) / total));
}

/**
 * A look as the server's form takes it.
 * @param {Look} look
 * @returns {Record<string, string>}
 */
export function lookFields(look) {
  const [first] = look.parts;
  const style =
    look.parts.length === 1 ? first.name : look.parts.map((part) => `${part.name}:${part.weight}`).join(",");
  const fields = { style, strength: String(look.strength / 100), stroke: look.stroke, color: look.color };
  return state.picture?.kind === "clip" ? fields : { ...fields, canvas: look.canvas };
}
