/** The form that begins a lesson: a painting, a name, how long. */

import * as api from "./api.js";
import { $, fillDialog, icon, make, segments } from "./dom.js";
import { rememberPainting } from "./lesson.js";
import { state } from "./state.js";
import { bytes, slug, stem } from "./words.js";

const MOST_STEPS = 5000;
const PACES = { quick: 0.5, usual: 1, thorough: 3 };

/** @type {File | null} */
let painting = null;

/**
 * Draw the form into the dialog.
 * @param {HTMLDialogElement} dialog
 * @param {(job: import("./jobs.js").Job) => void} begun Told of the lesson that was begun.
 */
export function drawForm(dialog, begun) {
  painting = null;
  const steps = state.about?.learn?.steps ?? 200;
  const count = make("input", {
    type: "number",
    id: "learn-steps",
    min: "1",
    max: String(MOST_STEPS),
    value: String(steps),
    inputMode: "numeric",
    required: true,
  });
  const pace = (/** @type {string} */ name) =>
    (count.value = String(Math.round(steps * PACES[/** @type {keyof typeof PACES} */ (name)])));
  const form = make(
    "form",
    { class: "lesson", id: "learn-form", onsubmit: begin(begun), noValidate: true },
    slot(),
    make(
      "div",
      { class: "fields" },
      field(
        "learn-name",
        "Name of the style",
        make("input", { id: "learn-name", autocomplete: "off", maxLength: 80, required: true }),
      ),
      field(
        "learn-painter",
        ["Painter ", make("small", {}, "(if you like)")],
        make("input", { id: "learn-painter", autocomplete: "off", maxLength: 80 }),
      ),
      make(
        "fieldset",
        { class: "field" },
        make("legend", {}, "How long"),
        segments(
          "pace",
          "How long",
          [
            ["quick", "Quick"],
            ["usual", "As usual"],
            ["thorough", "Thorough"],
          ],
          "usual",
          pace,
        ),
      ),
      make(
        "details",
        {},
        make("summary", {}, "More"),
        field("learn-steps", "Steps", count),
        make(
          "label",
          { class: "switch" },
          make("input", { type: "checkbox", id: "learn-deep" }),
          "Then all weights too: better, and many times as long",
        ),
      ),
      make("p", { class: "error", id: "learn-error", role: "alert" }),
    ),
  );
  fillDialog(
    dialog,
    "Learn a style",
    make(
      "p",
      { class: "lead" },
      "Give the studio a painting, and in some minutes it paints like it. You can watch, or go on with something else.",
    ),
    form,
    make(
      "div",
      { class: "buttons" },
      make("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      make(
        "button",
        {
          type: "submit",
          class: "primary",
          id: "learn-start",

          onclick: () => form.requestSubmit(),
        },
        "Start learning",
      ),
    ),
  );
}

/** @param {string} id @param {string | (string | Node)[]} label @param {HTMLElement} input */
function field(id, label, input) {
  return make("div", { class: "field" }, make("label", { for: id }, ...[label].flat()), input);
}

/** Where a painting is dropped or chosen. */
function slot() {
  const input = make("input", {
    type: "file",
    id: "learn-file",
    accept: "image/*,.heic,.heif,.tif,.tiff",
    hidden: true,
    "aria-label": "The painting",
    onchange: () => input.files[0] && take(input.files[0]),
  });
  const over = (/** @type {boolean} */ on) => (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    button.classList.toggle("over", on);
  };
  const drop = (/** @type {any} */ event) => {
    over(false)(event);
    event.stopPropagation();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  };
  const button = make(
    "button",
    {
      type: "button",
      class: "slot",
      id: "learn-slot",
      onclick: () => input.click(),
      ondragover: over(true),
      ondragleave: over(false),
      ondrop: drop,
    },
    icon("palette"),
    make("span", {}, "Drop a painting here, or choose one"),
  );
  return make("div", {}, input, button);
}

/** Take a painting into the form. @param {File} file */
export async function take(file) {
  const limit = state.about?.limits?.bytes;
  complainHere("");
  if (limit && file.size > limit)
    return complainHere(`${file.name} has ${bytes(file.size)}; up to ${bytes(limit)} are taken here.`);
  if (!$("learn-name").value) {
    const words = stem(file.name).replace(/[-_]+/g, " ").trim();
    $("learn-name").value = words.charAt(0).toUpperCase() + words.slice(1);
  }
  const url = URL.createObjectURL(file);
  const image = make("img", { alt: `The painting, ${file.name}`, src: url });
  try {
    await image.decode();
  } catch {
    try {
      image.src = URL.createObjectURL((await api.preview(file, 800)).blob);
    } catch (error) {
      return complainHere(error instanceof Error ? error.message : "");
    }
  }
  painting = file;
  $("learn-slot").replaceChildren(image);
  $("learn-slot").setAttribute("aria-label", `The painting, ${file.name}; choose another`);
}

/** @param {string} text */
function complainHere(text) {
  $("learn-error").textContent = text;
}

/** @param {(job: import("./jobs.js").Job) => void} begun */
const begin = (begun) => async (/** @type {Event} */ event) => {
  event.preventDefault();
  const title = $("learn-name").value.trim();
  const steps = Math.round(Number($("learn-steps").value));
  if (!painting) return complainHere("Choose a painting first.");
  if (!slug(title)) return complainHere("Give the style a name with letters or digits in it.");
  if (!(steps >= 1 && steps <= MOST_STEPS)) return complainHere(`Steps must be a number from 1 to ${MOST_STEPS}.`);
  $("learn-start").disabled = true;
  try {
    const fields = {
      name: slug(title),
      title,
      painter: $("learn-painter").value.trim(),
      steps,
      deep: $("learn-deep").checked ? "true" : null,
    };
    const job = await api.startJob("learn", fields, painting);
    await rememberPainting(job.id, painting);
    begun(job);
  } catch (error) {
    complainHere(error instanceof Error ? error.message : "It could not be started.");
    if ($("learn-start")) $("learn-start").disabled = false;
  }
};
