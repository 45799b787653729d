// Gives the console life: the list and an open conversation follow what happens. Every page works without this file,
// and nothing here decides anything: lines come drawn from the server.

const ended = document.getElementById("ended");
const words = () => document.getElementById("live").dataset; // the page says them in the language of whoever reads

function say(state, text) {
  const live = document.getElementById("live"), said = document.getElementById("live-text");
  live.hidden = false;
  live.classList.toggle("on", state === "on");
  live.classList.toggle("off", state === "off");
  if (said.textContent !== text) said.textContent = text; // a screen reader is told of changes only
}

function connect(address, listeners, lively) {
  const source = new EventSource(address);
  source.addEventListener("open", () => say("on", lively()));
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) return over(source);
    say("off", words().lost);
  });
  source.addEventListener("ended", () => { over(source); clear(); });
  source.addEventListener("reload", () => { source.close(); location.reload(); });
  for (const [name, told] of Object.entries(listeners)) {
    source.addEventListener(name, (event) => told(JSON.parse(event.data)));
  }
}

function over(source) {
  source.close();
  say("off", words().over);
  ended.hidden = false;
}

// Nobody may be here any more: what tells of patients goes from the screen.
function clear() {
  conversation?.replaceChildren();
  for (const body of table?.tBodies ?? []) body.replaceChildren();
}

// ---- the list

const table = document.getElementById("list");

function follow() {
  const body = table.tBodies[0], size = Number(table.dataset.size), pause = document.getElementById("pause");
  const held = new Map();
  let paused = false;

  function put({ id, at, html }) {
    const known = body.querySelector(`tr[data-id="${id}"]`);
    const focused = known?.contains(document.activeElement);
    known?.remove();
    if (html) {
      const holder = document.createElement("template");
      holder.innerHTML = html;
      const row = holder.content.firstElementChild;
      row.classList.add("new");
      body.insertBefore(row, [...body.rows].find((other) => Date.parse(other.dataset.at) <= Date.parse(at)) ?? null);
      if (focused) row.querySelector("a").focus();
    }
  }

  function show() {
    for (const change of held.values()) put(change);
    held.clear();
    while (body.rows.length > size) body.rows[body.rows.length - 1].remove();
    table.hidden = body.rows.length === 0;
    document.getElementById("empty").hidden = body.rows.length > 0;
  }

  const lively = () => (paused ? words().paused.replace("{}", held.size) : words().on);

  function told({ rows, gone, tasks }) {
    for (const row of rows) { held.delete(row.id); held.set(row.id, row); }
    for (const id of gone) held.set(id, { id, html: null });
    if (tasks !== null) {
      const count = document.getElementById("tasks-count");
      count.textContent = tasks > 99 ? "99+" : tasks;
      count.hidden = tasks === 0;
    }
    if (!paused) show();
    say("on", lively());
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause;
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) show();
    say("on", lively());
  });
  connect(table.dataset.events, { rows: told }, lively);
}

// ---- one conversation

const conversation = document.getElementById("conversation");

// The time of a turn leads to it in the recording, where there is one to hear.
function timesToButtons() {
  for (const time of conversation.querySelectorAll("span.at[data-seconds]")) {
    if (!document.getElementById(`nagranie-${time.dataset.call}`)) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "at";
    Object.assign(button.dataset, time.dataset);
    button.textContent = time.textContent;
    button.setAttribute("aria-label", conversation.dataset.listen.replace("{}", time.textContent));
    time.replaceWith(button);
  }
}

function listen(event) {
  const time = event.target.closest("button.at");
  const sound = time && document.querySelector(`#nagranie-${time.dataset.call} audio`);
  if (!sound) return;
  const go = () => { sound.currentTime = Number(time.dataset.seconds); sound.play(); };
  if (sound.readyState >= HTMLMediaElement.HAVE_METADATA) return go();
  sound.addEventListener("loadedmetadata", go, { once: true });
  sound.load();
}

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, audio";

// Finds again, in the page drawn anew, what stands where this element stood.
function whereabouts(element, kind) {
  const anchor = element.closest("[id]");
  const place = [...anchor.querySelectorAll(kind)].indexOf(element);
  return () => (anchor === element ? document.getElementById(anchor.id) : document.getElementById(anchor.id)?.querySelectorAll(kind)[place]);
}

// Who is typing goes on typing, who goes by keyboard stays where he is, and what was opened stays open.
function asItWas() {
  const open = [...conversation.querySelectorAll("details[open]")].map((one) => whereabouts(one, "details"));
  const at = document.activeElement;
  const focused = conversation.contains(at) ? whereabouts(at, FOCUSABLE) : () => null;
  const { selectionStart: from, selectionEnd: to } = at;
  return () => {
    for (const find of open) find()?.setAttribute("open", "");
    const element = conversation.contains(at) ? at : focused();
    element?.focus({ preventScroll: true });
    if (element === at && typeof from === "number") at.setSelectionRange(from, to);
  };
}

async function redraw() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Live-Page": "1" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = drawn.getElementById("conversation");
  if (!fresh) return;
  const restore = asItWas();
  const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 80;
  for (const kept of conversation.querySelectorAll("[data-keep]")) { // what somebody is filling in stays as it is
    if ((kept.contains(document.activeElement) && document.activeElement.matches("textarea, input, select")) || kept.querySelector("textarea, input:not([type=hidden])")?.value || kept.querySelector("audio")?.currentTime > 0) {
      fresh.querySelector(`#${kept.id}`)?.replaceWith(kept);
    }
  }
  conversation.replaceChildren(...fresh.childNodes);
  timesToButtons();
  restore();
  coverInTime();
  document.getElementById("tasks-count").replaceWith(drawn.getElementById("tasks-count"));
  if (atEnd) window.scrollTo(0, document.body.scrollHeight);
  say("on", words().on);
}

// What was uncovered for a while is covered again on the screen too.
let cover;
function coverInTime() {
  clearTimeout(cover);
  const left = document.getElementById("uncovered")?.dataset.seconds;
  if (left) cover = setTimeout(() => (conversation.dataset.events ? redraw() : location.reload()), left * 1000);
}

if (table?.dataset.events) follow();
if (conversation) {
  // Taken over or answered: the next words go here. Only once the browser has gone to the anchor, which takes the focus away.
  if (location.hash === "#rozmowa") addEventListener("load", () => requestAnimationFrame(() => document.getElementById("said")?.focus()));
  coverInTime();
  timesToButtons();
  conversation.addEventListener("click", listen);
}
if (conversation?.dataset.events) connect(conversation.dataset.events, { changed: redraw }, () => words().on);
