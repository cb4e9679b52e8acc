/** Mixing: up to three styles, each with its share. */

import { $, icon, make, markSlider } from "./dom.js";
import { EVEN, on, setLook, shares, state, titleOf } from "./state.js";
import { thumbnailOf } from "./wall.js";

const MOST = 3;

let drawer = false;

/** The group of the panel. */
export function mixGroup() {
  const part = make("div", { class: "part", id: "mix" });
  on("look", (how) => {
    if (how?.live) showShares();
    else draw();
  });
  on("thumbnail", showSwatches);
  on("styles", draw);
  return part;
}

function draw() {
  const { parts } = state.look;
  const several = parts.length > 1;
  const more = state.styles.filter((style) => !parts.some((part) => part.name === style.name));
  if (parts.length >= MOST || !more.length) drawer = false;
  const had = document.activeElement?.id;
  $("mix").replaceChildren(
    make("p", { class: "heading" }, "Mix"),
    ...(several ? parts.map(row) : []),
    parts.length < MOST && more.length ? addButton(several) : "",
    drawer ? choices(more) : "",
  );
  showShares();
  if (had && $(had) && $("mix").contains($(had))) $(had).focus();
}

/** @param {boolean} several */
function addButton(several) {
  const toggle = () => ((drawer = !drawer), draw());
  return make(
    "button",
    {
      type: "button",
      class: "add-mix",
      id: "add-mix",
      "aria-expanded": String(drawer),
      "aria-controls": "mix-more",
      onclick: toggle,
    },
    icon(drawer ? "close" : "plus"),
    drawer ? "Not now" : several ? "Add a third style" : "Add a second style",
  );
}

/** @param {import("./state.js").Style[]} more */
function choices(more) {
  const add = (/** @type {string} */ name) => {
    drawer = false;
    setLook({ parts: [...state.look.parts, { name, weight: EVEN }] });
    $(`share-${state.look.parts.length - 1}`)?.focus();
  };
  return make(
    "div",
    { class: "mix-more", id: "mix-more", role: "group", "aria-label": "Styles to add" },
    ...more.map((style) =>
      make(
        "button",
        {
          type: "button",
          id: `add-${style.name}`,
          "aria-label": `Add ${style.title || style.name}`,
          title: style.title,
          onclick: () => add(style.name),
        },
        swatch(style.name),
      ),
    ),
  );
}

/** @param {string} name */
function swatch(name) {
  const url = thumbnailOf(name);
  const image = url ? make("img", { src: url, alt: "", class: "swatch" }) : make("span", { class: "swatch" }, "");
  image.dataset.of = name;
  return image;
}

/** @param {import("./state.js").Part} part @param {number} at */
function row(part, at) {
  const title = titleOf(part.name);
  const change = (/** @type {boolean} */ live) => () => {
    const parts = state.look.parts.map((one, index) => (index === at ? { ...one, weight: Number(slider.value) } : one));
    setLook({ parts }, { live });
  };
  const slider = make("input", {
    type: "range",
    id: `share-${at}`,
    min: "1",
    max: "100",
    value: String(part.weight),
    "aria-label": `Share of ${title}`,
  });
  slider.addEventListener("input", change(true));
  slider.addEventListener("change", change(false));
  const remove = () => setLook({ parts: state.look.parts.filter((_, index) => index !== at) });
  return make(
    "div",
    { class: "mixed" },
    swatch(part.name),
    make(
      "div",
      {},
      make(
        "div",
        { class: "name" },
        make("span", { class: "title" }, title),
        make("output", { id: `share-${at}-value`, for: `share-${at}` }),
      ),
      slider,
    ),
    make(
      "button",
      { type: "button", class: "quiet icon", "aria-label": `Take ${title} out of the mixture`, onclick: remove },
      icon("close"),
    ),
  );
}

function showShares() {
  if (state.look.parts.length < 2) return;
  shares(state.look.parts).forEach((share, at) => {
    const slider = $(`share-${at}`);
    if (!slider) return;
    $(`share-${at}-value`).textContent = `${share} %`;
    slider.value = String(state.look.parts[at].weight);
    markSlider(slider, `${share} %`);
  });
}

/** Thumbnails that came after the rows were drawn. */
function showSwatches() {
  for (const old of $("mix").querySelectorAll("span.swatch")) {
    if (thumbnailOf(old.dataset.of)) old.replaceWith(swatch(old.dataset.of));
  }
}
