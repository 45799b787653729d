// <cer-chat lang="pl" open></cer-chat>: the chat of an e-registration on any page. Everything that was said is put in as text, never
// as HTML; the styles are a constructed sheet, so a strict policy of the page needs no exception for them.

const HOST = new URL(import.meta.url).origin;
const KEPT = `cer-chat ${HOST}`;
const RETRY = [1000, 2000, 5000, 10000];

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { --ground: #fff; --ink: #17211f; --soft: #4c5a57; --line: #74827e; --brand: #0b6b5d; --on-brand: #fff; --mine: #e3f3ee; --alarm: #a3161d; --focus: #0a4fd6;
  display: block; color: var(--ink); font: 1.05rem/1.45 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :host { --ground: #1a2321; --ink: #e9f0ee; --soft: #a9b8b4; --line: #8a9a96; --brand: #6fd6c0; --on-brand: #06231d; --mine: #17382f; --alarm: #ff9a94; --focus: #8fb6ff; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.window { display: flex; flex-direction: column; height: 100%; min-height: 22rem; background: var(--ground); border: 1px solid var(--line); border-radius: .8rem; overflow: hidden; }
:host(:not([open])) .window { display: none; }
:host([open]) .opener { display: none; }
.log { flex: 1; overflow-y: auto; margin: 0; padding: .8rem; display: flex; flex-direction: column; gap: .7rem; list-style: none; }
.said { max-width: 88%; }
.said p { margin: 0; padding: .5rem .8rem; border: 1px solid var(--line); border-radius: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.said.patient { align-self: flex-end; }
.said.patient p { background: var(--mine); border-color: transparent; }
.said.operator p { border-color: var(--brand); border-width: 2px; }
.said.waiting { opacity: .75; }
.said button { margin-top: .5rem; }
.who { color: var(--soft); font-size: .85rem; padding: 0 .3rem; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0 .8rem .6rem; }
button { font: inherit; min-height: 2.75rem; padding: .4rem 1rem; border: 1px solid var(--brand); border-radius: .6rem; background: var(--ground); color: var(--brand); cursor: pointer; }
button.card { flex: 1 1 100%; text-align: left; }
button.card strong, button.card span { display: block; }
button.card span { color: var(--soft); }
form { display: flex; gap: .5rem; padding: .6rem; border-top: 1px solid var(--line); }
textarea { flex: 1; min-width: 0; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: .6rem; padding: .55rem .7rem; resize: none; min-height: 2.75rem; }
textarea::placeholder { white-space: nowrap; color: var(--soft); }
form button, .opener { background: var(--brand); color: var(--on-brand); font-weight: 600; }
.note { margin: 0; padding: .3rem .8rem; color: var(--soft); font-size: .9rem; }
.note.bad { color: var(--alarm); font-weight: 600; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
`);

function made(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

class CerChat extends HTMLElement {
  #words = null; #token = null; #last = 0; #socket = null; #tries = 0; #ends = false; #unsent = new Map(); #parts = {}; #poll = null;

  connectedCallback() {
    if (this.shadowRoot) { this.#ends = false; this.#begin(); return; }
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const part = this.#parts;
    part.opener = made("button", "opener"); part.opener.type = "button";
    part.opener.addEventListener("click", () => { this.setAttribute("open", ""); this.#begin(); part.input.focus(); });
    part.window = made("section", "window");
    part.log = made("div", "log"); part.log.setAttribute("role", "log"); part.log.setAttribute("aria-live", "polite"); part.log.tabIndex = 0;
    part.choices = made("div", "choices"); part.choices.hidden = true; part.choices.setAttribute("role", "group");
    part.note = made("p", "note"); part.note.setAttribute("role", "status");
    part.form = made("form");
    part.input = made("textarea"); part.input.rows = 1;
    part.send = made("button"); part.send.type = "submit";
    part.form.append(part.input, part.send);
    part.form.addEventListener("submit", (event) => { event.preventDefault(); this.#say(part.input.value); });
    part.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.#say(part.input.value); }
    });
    part.window.append(part.log, part.choices, part.note, part.form);
    root.append(part.opener, part.window);
    part.opener.textContent = "Czat";
    if (this.hasAttribute("open")) this.#begin();
  }

  disconnectedCallback() { this.#ends = true; this.#socket?.close(); clearTimeout(this.#poll); }

  async #begin() {
    if (this.#words) { if (!this.#socket) this.#connect(); return; }
    let kept = null;
    try { kept = localStorage.getItem(KEPT); } catch { kept = null; } // a page may forbid storage: then a reload begins anew
    const found = await this.#post("hello", { token: kept ?? "", lang: this.lang || document.documentElement.lang || "pl" });
    if (!found?.token) { setTimeout(() => this.#begin(), this.#pause()); return; }
    this.#tries = 0;
    this.#token = found.token;
    try { localStorage.setItem(KEPT, found.token); } catch { /* see above */ }
    this.#words = found.words;
    this.#dress(found);
    this.#show(found.messages);
    this.#connect();
  }

  #dress({ words, longest }) {
    const part = this.#parts;
    this.lang = words.language;
    part.opener.textContent = words.open;
    part.window.setAttribute("aria-label", words.title);
    part.log.setAttribute("aria-label", words.title);
    part.choices.setAttribute("aria-label", words.choose);
    part.input.setAttribute("aria-label", words.placeholder);
    part.input.placeholder = words.placeholder;
    part.input.maxLength = longest;
    part.send.textContent = words.send;
    this.#put({ by: "system", text: words.welcome });
    this.#offer({ by: "system", quick: words.start });
  }

  // ---- the way there and back

  #connect() {
    if (this.#ends) return;
    const socket = new WebSocket(`${HOST.replace(/^http/, "ws")}/chat/ws`);
    this.#socket = socket;
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true; this.#tries = 0; this.#say_note("");
      socket.send(JSON.stringify({ token: this.#token, last: this.#last }));
      for (const [name, text] of this.#unsent) socket.send(JSON.stringify({ name, text })); // the same names: nothing is said twice
    });
    socket.addEventListener("message", (event) => this.#heard(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#socket = null;
      if (this.#ends) return;
      if (!opened && ++this.#tries >= 2) return this.#fall_back();
      this.#say_note(this.#words.offline, true);
      setTimeout(() => this.#connect(), this.#pause());
    });
  }

  #fall_back() { // no WebSocket through this network: ask again and again instead
    const ask = async () => {
      if (this.#ends) return;
      const found = await this.#post("since", { token: this.#token, last: this.#last });
      this.#say_note(found ? "" : this.#words.offline, !found);
      if (found) { this.#heard(found); for (const [name, text] of this.#unsent) await this.#deliver(name, text); }
      this.#poll = setTimeout(ask, found ? 3000 : this.#pause());
    };
    ask();
  }

  #pause() { return RETRY[Math.min(this.#tries++, RETRY.length - 1)]; }

  async #post(what, body) {
    const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), credentials: "omit" };
    const answer = await fetch(`${HOST}/chat/${what}`, sent).catch(() => null);
    return answer && answer.status < 500 ? answer.json().catch(() => null) : null;
  }

  #heard(told) {
    if (told.said) this.#unsent.delete(told.said);
    if (told.refused) {
      const lost = this.#unsent.get(told.name);
      this.#unsent.delete(told.name);
      [...this.shadowRoot.querySelectorAll(".waiting")].find((one) => one.dataset.text === lost?.trim())?.remove();
      this.#parts.input.value ||= lost ?? ""; // nobody has to write it again
      this.#say_note(this.#words[told.refused] ?? this.#words.failed, true);
    }
    if (told.messages) this.#show(told.messages);
  }

  #say(text) {
    if (!text.trim() || !this.#words) return;
    const name = crypto.getRandomValues(new Uint32Array(4)).join("-");
    if (this.#parts.choices.querySelector(":focus-visible")) this.#parts.input.focus(); // who chose by keyboard is not left nowhere
    this.#parts.input.value = "";
    this.#parts.choices.hidden = true;
    this.#say_note("");
    this.#unsent.set(name, text);
    this.#put({ by: "patient", text }, true);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ name, text }));
    else if (!this.#socket) this.#deliver(name, text);
  }

  async #deliver(name, text) {
    const told = await this.#post("say", { token: this.#token, name, text, last: this.#last });
    if (told) this.#heard({ ...told, name });
  }

  // ---- what is seen

  #show(messages) {
    for (const said of messages) {
      if (said.id <= this.#last) continue;
      this.#last = said.id;
      if (said.by === "patient") [...this.shadowRoot.querySelectorAll(".waiting")].find((one) => one.dataset.text === said.text.trim())?.remove();
      this.#put(said);
      this.#offer(said);
    }
  }

  #put({ id, by, text, calendar }, waiting = false) {
    const log = this.#parts.log, item = made("div", `said ${by}${waiting ? " waiting" : ""}`);
    item.dataset.text = text.trim();
    item.append(made("span", "who", this.#words[by === "patient" ? "me" : by]), made("p", "", text));
    if (calendar) {
      const take = made("button", "", this.#words.calendar);
      take.type = "button";
      take.addEventListener("click", () => this.#calendar(id));
      item.append(take);
    }
    log.append(item);
    log.scrollTop = log.scrollHeight;
  }

  #offer({ by, quick, cards }) {
    const choices = this.#parts.choices;
    choices.replaceChildren();
    if (by === "patient") { choices.hidden = true; return; }
    for (const card of cards ?? []) {
      const button = made("button", "card");
      button.append(made("strong", "", card.title), made("span", "", card.distance ? `${card.place} · ${card.distance}` : card.place));
      button.addEventListener("click", () => this.#say(card.answer));
      choices.append(button);
    }
    for (const words of quick ?? []) {
      const button = made("button", "", words);
      button.addEventListener("click", () => this.#say(words));
      choices.append(button);
    }
    for (const button of choices.children) button.type = "button";
    choices.hidden = !choices.children.length;
    this.#parts.log.scrollTop = this.#parts.log.scrollHeight;
  }

  async #calendar(message) {
    const body = JSON.stringify({ token: this.#token, message });
    const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body, credentials: "omit" };
    const answer = await fetch(`${HOST}/chat/calendar`, sent).catch(() => null);
    if (!answer?.ok) { this.#say_note(this.#words.failed, true); return; }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = "wizyta.ics";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  #say_note(text, bad = false) {
    const note = this.#parts.note;
    if (note.textContent !== text) note.textContent = text;
    note.hidden = !text;
    note.classList.toggle("bad", bad);
  }
}

customElements.define("cer-chat", CerChat);
