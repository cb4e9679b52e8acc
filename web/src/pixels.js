// Between a canvas's bytes and a network's numbers.

/** RGBA bytes, row by row, to RGB in [0, 1], channel by channel. */
export function toPlanes(bytes, pixels) {
  const planes = new Float32Array(3 * pixels);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0, at = channel * pixels; i < pixels; i++) planes[at + i] = bytes[4 * i + channel] / 255;
  }
  return planes;
}

/** The inverse of toPlanes; transparency is that of the picture before. */
export function toBytes(planes, before) {
  const pixels = before.length / 4;
  const bytes = new Uint8ClampedArray(before); // rounds, and cuts off at 0 and 255
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0, at = channel * pixels; i < pixels; i++) bytes[4 * i + channel] = 255 * planes[at + i];
  }
  return bytes;
}

/** Width and height with a longest side, never more than they were and never fewer than the network takes. */
export function fitted(width, height, longest, minimum) {
  const share = longest ? Math.min(1, longest / Math.max(width, height)) : 1;
  return [width, height].map((side) => Math.max(minimum, Math.round(side * share)));
}

/** How much each style counts, in the order of the network's second input, whose last one is the photograph. */
export function weightsOf(inputs, style, strength) {
  return Float32Array.from(inputs, (name) => (name === style ? strength : name === "photograph" ? 1 - strength : 0));
}
