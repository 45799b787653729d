// Work by keyboard alone: single letters move, open and search. They are off while somebody types, with any other key held down, and
// whenever they were switched off in the help (WCAG 2.1.4).

const OFF = "cer-console-keys-off";
const PLACES = { r: "/console", s: "/console/search", z: "/console/tasks" };
let going = 0;

const off = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
const typing = (target) => target.closest("input, select, textarea, [contenteditable], dialog") !== null;

function links() {
  return [...document.querySelectorAll("#list tbody .whose a, [data-row] a.hit-link")];
}

function move(step) {
  const all = links();
  if (!all.length) return;
  const at = all.findIndex((link) => link.closest("tr, [data-row]")?.contains(document.activeElement));
  all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))].focus();
}

function help() {
  const dialog = document.getElementById("klawisze");
  if (!dialog) return;
  const on = document.getElementById("klawisze-wlaczone");
  on.checked = !off();
  on.onchange = () => { try { localStorage.setItem(OFF, on.checked ? "0" : "1"); } catch { /* a browser may forbid storage */ } };
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  if (event.key === "?") { event.preventDefault(); help(); return; }
  if (off()) return;
  if (going && PLACES[event.key]) { location.href = PLACES[event.key]; return; }
  clearTimeout(going);
  going = 0;
  if (event.key === "g") { going = setTimeout(() => { going = 0; }, 1500); return; }
  const search = document.getElementById("szukaj");
  if (event.key === "/" && search) { event.preventDefault(); search.focus(); }
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
});
