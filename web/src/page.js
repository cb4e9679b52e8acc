// The page: a picture in, its painting out. Nothing leaves the visitor's machine.

import { fitted, weightsOf } from "./pixels.js";

const part = (id) => document.getElementById(id);
const [file, example, look, size, strength, paint, save, says, photo, painting] = [
  "file", "example", "look", "size", "strength", "paint", "save", "says", "photo", "painting",
].map(part);

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const networks = await (await fetch("models.json")).json();

let picture = null; // what was chosen last, as a bitmap
let name = "painting";
let latest = 0; // what was asked for last; answers to earlier questions are not shown

for (const network of networks) {
  const group = document.createElement("optgroup");
  group.label = `${network.name.endsWith("-small") ? "Quick" : "Fine"} (${(network.bytes / 1e6).toFixed(1)} MB)`;
  for (const style of network.styles) {
    const option = new Option(`${style.title}, ${style.painter}`);
    option.value = JSON.stringify([network.name, style.name]);
    group.append(option);
  }
  look.append(group);
}

function chosen() {
  const [network, style] = JSON.parse(look.value);
  return { network: networks.find((one) => one.name === network), style };
}

function say(text, state = "") {
  says.textContent = text;
  document.body.dataset.state = state; // for tests and style sheets
}

async function open(blob, title) {
  try {
    picture?.close();
    picture = await createImageBitmap(blob); // turned upright as its file says
  } catch {
    picture = null;
    paint.disabled = true;
    say("This file is not a picture that the browser can read.", "failed");
    return;
  }
  name = title.replace(/\.[^.]*$/, "") || "painting";
  paint.disabled = false;
  await start();
}

async function start() {
  if (!picture) return;
  const { network, style } = chosen();
  const [width, height] = fitted(picture.width, picture.height, Number(size.value), network.minimum);
  for (const canvas of [photo, painting]) [canvas.width, canvas.height] = [width, height];
  const context = photo.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  painting.getContext("2d").drawImage(photo, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const weights = network.inputs.length ? weightsOf(network.inputs, style, Number(strength.value)) : null;
  say(`Painting ${width} x ${height} pixels ...`, "busy");
  paint.disabled = save.disabled = true;
  worker.postMessage({ id: ++latest, file: network.file, bytes: data, width, height, weights });
}

worker.onmessage = ({ data }) => {
  if (data.id !== latest) return;
  paint.disabled = false;
  if (data.error) {
    say(`It could not be painted: ${data.error}`, "failed");
    return;
  }
  painting.getContext("2d").putImageData(new ImageData(data.bytes, painting.width, painting.height), 0, 0);
  save.disabled = false;
  document.body.dataset.seconds = data.seconds.toFixed(3);
  say(`${painting.width} x ${painting.height} pixels in ${data.seconds.toFixed(1)} seconds, on this machine.`, "done");
};
worker.onerror = () => say("The network cannot run in this browser: it needs WebAssembly with SIMD.", "failed");

file.onchange = () => file.files.length && open(file.files[0], file.files[0].name);
example.onclick = async () => open(await (await fetch("demo.jpg")).blob(), "demo.jpg");
paint.onclick = start;
look.onchange = () => {
  strength.disabled = !chosen().network.inputs.length;
};
save.onclick = () =>
  painting.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${name}-${chosen().style}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => {
  event.preventDefault();
  const dropped = event.dataTransfer.files[0];
  if (dropped) open(dropped, dropped.name);
};
document.onpaste = (event) => {
  const pasted = event.clipboardData.files[0];
  if (pasted) open(pasted, pasted.name);
};

look.onchange();
say("Choose a photograph, drop one here, or paste one.", "ready");
