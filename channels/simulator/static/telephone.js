// Gives the telephones life: new messages and states as they happen, unread counts, answers without leaving the page.
// The page works without this file; nothing here decides anything.

const { revision, story, basic, extension } = document.body.dataset;
const phones = new Map([...document.querySelectorAll(".phone")].map((phone) => [phone.dataset.number, phone]));
const unread = new Map();
const template = document.getElementById("bubble");
const said = document.getElementById("said");
let quietening = 0;

// ---- messages

function fill(bubble, message) {
  bubble.dataset.sid = message.sid;
  bubble.classList.add(message.mine ? "mine" : "theirs");
  for (const [part, text] of [["text", message.body], ["when", message.when], ["state", message.state], ["parts", message.parts]]) {
    bubble.querySelector(`.${part}`).textContent = text;
  }
  bubble.querySelector(".state").classList.toggle("bad", message.error_code !== null);
}

function show(message) {
  const phone = phones.get(message.number);
  if (!phone?.querySelector(".thread")) return; // a landline has none
  const known = phone.querySelector(`[data-sid="${CSS.escape(message.sid)}"]`);
  if (known) return fill(known, message);
  const thread = phone.querySelector(".thread");
  const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
  const bubble = template.content.firstElementChild.cloneNode(true);
  fill(bubble, message);
  bubble.classList.add("new");
  thread.querySelector("ol").append(bubble);
  phone.querySelector(".empty").hidden = true;
  if (atEnd || message.mine) thread.scrollTop = thread.scrollHeight;
  if (!message.mine) buzz(phone);
}

// Tells of a new message: to a screen reader always, to the eye when its telephone is out of sight.
function say(phone) {
  const link = document.createElement("a");
  link.href = `#${phone.id}`;
  link.textContent = `Nowy SMS: ${phone.dataset.whose}`;
  link.addEventListener("click", () => { count(phone, 0); said.classList.add("quiet"); });
  said.replaceChildren(link);
  const { top, bottom } = phone.getBoundingClientRect();
  const inSight = top < innerHeight - 120 && bottom > 120;
  said.classList.toggle("quiet", inSight);
  link.tabIndex = inSight ? -1 : 0; // nobody should stand on a link that cannot be seen
  clearTimeout(quietening);
  quietening = setTimeout(() => { said.replaceChildren(); said.classList.add("quiet"); }, 12000);
}

function buzz(phone) {
  const looking = !document.hidden && phone.contains(document.activeElement);
  if (!looking) count(phone, (unread.get(phone) ?? 0) + 1);
  phone.classList.remove("buzz");
  void phone.offsetWidth; // restarts the animation
  phone.classList.add("buzz");
  say(phone);
}

function count(phone, number) {
  unread.set(phone, number);
  phone.classList.toggle("fresh", number > 0);
  const link = document.querySelector(`.index a[data-for="${CSS.escape(phone.dataset.number)}"]`);
  if (number && !link.matches(":focus")) link.closest("ul").scrollLeft = link.offsetLeft - 16;
  for (const badge of [phone.querySelector(".badge"), link.querySelector(".badge")]) {
    badge.hidden = number === 0;
    badge.textContent = number ? String(number) : "";
    badge.setAttribute("aria-label", number ? `nowe: ${number}` : "");
  }
  const total = [...unread.values()].reduce((sum, each) => sum + each, 0);
  document.title = document.title.replace(/^\(\d+\) /, "").replace(/^/, total ? `(${total}) ` : "");
}

// ---- answering

const gsm = new Set(basic), doubled = new Set(extension);

function measured(text) {
  const letters = [...text];
  const plain = letters.every((letter) => gsm.has(letter) || doubled.has(letter));
  const widths = letters.map((letter) => (plain ? (doubled.has(letter) ? 2 : 1) : letter.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  const [single, joined] = plain ? [160, 153] : [70, 67];
  let parts = 1, used = 0;
  if (units > single) for (const width of widths) {
    if (used + width > joined) { parts += 1; used = 0; }
    used += width;
  }
  return { units, parts, room: parts === 1 ? single : parts * joined, plain };
}

function counted(form) {
  const note = form.querySelector(".count"), text = form.elements.body.value;
  note.classList.remove("bad");
  if (!text) { note.textContent = ""; return; }
  const { units, parts, room, plain } = measured(text);
  note.textContent = `${units}/${room} · SMS: ${parts}${plain ? "" : " (polskie litery: krótszy SMS)"}`;
}

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget, quick = event.submitter?.name === "quick";
  const body = quick ? event.submitter.value : form.elements.body.value;
  const phone = form.closest(".phone"), note = form.querySelector(".count");
  try {
    const answer = await fetch(`/simulator/telephones/${encodeURIComponent(phone.dataset.number)}/messages`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ body }),
    });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    if (!quick) form.elements.body.value = "";
    counted(form);
    count(phone, 0);
  } catch (error) {
    note.textContent = `Nie wysłano. ${error.message}`;
    note.classList.add("bad");
  }
}

for (const phone of phones.values()) {
  const thread = phone.querySelector(".thread"), form = phone.querySelector("form");
  if (thread) thread.scrollTop = thread.scrollHeight;
  for (const look of ["click", "focusin"]) phone.addEventListener(look, () => count(phone, 0));
  if (!form) continue;
  form.addEventListener("submit", send);
  form.elements.body.addEventListener("input", () => counted(form));
  form.elements.body.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector(".send"));
  });
}
for (const link of document.querySelectorAll(".index a")) {
  link.addEventListener("click", () => count(phones.get(link.dataset.for), 0));
}

// ---- the journey of a slot

const tags = { cancelled: "odwołany", held: "wstrzymany", offered: "zaproponowany", booked: "zajęty", free: "wolny" };
const clock = new Intl.DateTimeFormat("pl-PL", { timeZone: "Europe/Warsaw", hour: "2-digit", minute: "2-digit", second: "2-digit" });
let told = "", asked = 0;

function made(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

function drawn(slot) {
  const box = made("div", "slot", "");
  const steps = made("ol", "steps", "");
  for (const { at, text, state } of slot.steps) {
    const step = made("li", state in tags ? state : "free", "");
    step.append(made("span", "tag", tags[state] ?? state), " ", made("time", "at", clock.format(new Date(at))), made("p", "", text));
    steps.append(step);
  }
  box.append(made("h3", "", slot.label), steps);
  return box;
}

async function tell() {
  const answer = await fetch(story, { headers: { Accept: "application/json" } }).catch(() => null);
  const section = document.getElementById("story");
  if (!answer?.ok) {
    if (answer?.status === 404) section.hidden = true;
    return;
  }
  const text = await answer.text();
  if (text === told) return;
  told = text;
  const slots = JSON.parse(text).slots;
  section.hidden = slots.length === 0;
  document.getElementById("slots").replaceChildren(...slots.map(drawn));
}

function tellSoon() {
  clearTimeout(asked);
  asked = setTimeout(tell, 250);
}

tell();
setInterval(() => { if (!document.hidden && told) tell(); }, 3000);

// ---- the wire

const live = document.getElementById("live"), liveText = document.getElementById("live-text");
live.hidden = false;

function connected(yes) {
  live.classList.toggle("on", yes);
  live.classList.toggle("off", !yes);
  liveText.textContent = yes ? "na żywo" : "brak połączenia, próbuję ponownie…";
}

const events = new EventSource(`/simulator/events?after=${revision}`);
events.addEventListener("open", () => connected(true));
events.addEventListener("error", () => connected(false));
events.addEventListener("telephones", () => location.reload());
events.addEventListener("message", (event) => { show(JSON.parse(event.data)); tellSoon(); });
