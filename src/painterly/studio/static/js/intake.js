/** How pictures come in: chosen, from a camera, dropped, pasted, or the demo picture. */

import { $ } from "./dom.js";
import { take } from "./form.js";
import { complain, toast } from "./messages.js";
import { demoPicture } from "./start.js";

/**
 * Listen for pictures.
 * @param {(file: File) => void} open
 */
export function watchIntake(open) {
  const choose = () => $("file").click();
  $("choose").addEventListener("click", choose);
  $("new-picture").addEventListener("click", choose);
  $("camera").addEventListener("click", () => $("camera-file").click());
  $("demo").addEventListener("click", () => demoPicture().then(open, complain));
  for (const input of [$("file"), $("camera-file")]) {
    input.addEventListener("change", () => {
      const [file] = input.files;
      input.value = ""; // so that the same file may be chosen again
      if (file) open(file);
    });
  }
  watchDrops((files) => {
    if (files.length > 1) toast(`One at a time: this is ${files[0].name}.`);
    if (files.length) receive(files[0], open);
    else toast("That was not a file; save the picture first, then drop it here.");
  });
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (file) receive(file, open);
  });
}

/**
 * Paintings go into the form that is open, pictures onto the wall.
 * @param {File} file
 * @param {(file: File) => void} open
 */
function receive(file, open) {
  if ($("learn").open && $("learn-form")) take(file);
  else if (!document.querySelector("dialog[open]")) open(file);
}

/** @param {(files: File[]) => void} dropped */
function watchDrops(dropped) {
  const sheet = $("drop");
  const show = (/** @type {boolean} */ seen) =>
    (sheet.hidden = !seen || document.querySelector("dialog[open]") !== null);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    if (event.dataTransfer?.types.includes("Files")) show(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) show(false);
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    show(false);
    dropped([...(event.dataTransfer?.files ?? [])]);
  });
}
