// Before the first paint: the theme that was chosen, and whether scripts can work here.
{
  let chosen = null;
  try { chosen = localStorage.getItem("igf1-theme"); } catch { /* a private window may refuse */ }
  const root = document.documentElement;
  root.classList.add(location.protocol === "file:" ? "from-disk" : "scripts");
  root.dataset.jpThemeLight = String(chosen ? chosen === "light" : !matchMedia("(prefers-color-scheme: dark)").matches);
}
