/* Sets light or dark before anything is drawn: what was chosen last time, else what the system prefers. */

(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("painterly-theme");
  } catch {
    // A browser that keeps nothing for this page goes by the system.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen ?? (dark ? "dark" : "light");
})();
