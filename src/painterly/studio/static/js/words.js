/** Numbers and names as people write them. */

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 1) return "a moment";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {number} bytes */
export function bytes(bytes) {
  const [number, unit] =
    bytes < 1e6 ? [Math.max(1, Math.round(bytes / 1e3)), "kB"] : [(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0), "MB"];
  return `${number}\u00a0${unit}`;
}

/**
 * @param {number} width
 * @param {number} height
 */
export const pixels = (width, height) => `${width} × ${height}`;

/**
 * What a size becomes when its longest side is another one.
 * @param {{width: number, height: number}} size
 * @param {number | null} longest
 */
export function fitted({ width, height }, longest) {
  if (longest === null) return { width, height };
  const factor = longest / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/**
 * A title as the name of a style: `Water Lilies, 1906` becomes `water-lilies-1906`.
 * @param {string} title
 */
export function slug(title) {
  return title
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
}

/**
 * A file's name without its ending.
 * @param {string} name
 */
export const stem = (name) => name.replace(/\.[^.]*$/, "") || "picture";
