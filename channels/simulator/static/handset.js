// A landline in the browser: it rings, is picked up, carries the microphone and the keys. The carrier decides everything; this only holds.

const states = { idle: "Linia wolna.", ringing: "Dzwoni…", dialling: "Łączenie…", talking: "Rozmowa trwa." };
const wire = location.protocol === "https:" ? "wss" : "ws";
const { call } = document.body.dataset;

class Handset {
  constructor(box) {
    this.box = box;
    this.phone = box.closest(".phone");
    this.number = this.phone.dataset.number;
    for (const wish of ["answer", "hangup", "dial"]) {
      box.querySelector(`.${wish}`).addEventListener("click", () => this.wish(wish));
    }
    for (const key of box.querySelectorAll(".keys button")) {
      key.addEventListener("click", () => this.send({ event: "key", digit: key.value }));
    }
    this.show("idle");
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`${wire}://${location.host}/telephone/${encodeURIComponent(this.number)}/line`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("message", ({ data }) => this.take(data));
    this.socket.addEventListener("close", () => { this.show("idle"); setTimeout(() => this.connect(), 1500); });
  }

  send(event) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(event));
  }

  async wish(event) {
    if (event !== "hangup") await this.pickUp();
    this.send({ event });
  }

  take(data) {
    if (data instanceof ArrayBuffer) return this.ear?.port.postMessage(data, [data]);
    const event = JSON.parse(data);
    if (event.event === "state") this.show(event.state);
    else this.note("we", event.text);
  }

  show(state) {
    this.box.dataset.state = state;
    this.box.querySelector(".line").textContent = states[state];
    this.box.querySelector(".answer").hidden = state !== "ringing";
    this.box.querySelector(".hangup").hidden = state === "idle";
    this.box.querySelector(".dial").hidden = state !== "idle";
    this.box.querySelector(".keys").hidden = state !== "talking";
    this.phone.classList.toggle("ringing", state === "ringing");
    if (state === "talking") this.follow();
    if (state === "idle") this.putDown();
  }

  // ---- sound

  async pickUp() {
    if (this.audio) return;
    this.audio = new AudioContext({ sampleRate: 8000 });
    await this.audio.audioWorklet.addModule("/telephone/static/handset-worklet.js");
    this.ear = new AudioWorkletNode(this.audio, "handset", { outputChannelCount: [1] });
    this.ear.port.onmessage = ({ data }) => {
      if (this.box.dataset.state === "talking" && this.socket.readyState === WebSocket.OPEN) this.socket.send(data);
    };
    this.ear.connect(this.audio.destination);
    try {
      this.microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: false } });
      this.audio.createMediaStreamSource(this.microphone).connect(this.ear);
    } catch {
      this.note("hint", "Nie ma dostępu do mikrofonu: proszę używać klawiszy.");
    }
  }

  putDown() {
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.audio?.close();
    this.audio = this.ear = this.microphone = undefined;
  }

  // ---- words

  note(who, text) {
    const line = document.createElement("li");
    line.className = who;
    line.textContent = text;
    const list = this.box.querySelector(".transcript");
    list.append(line);
    list.scrollTop = list.scrollHeight;
  }

  // While they talk, and once more at the end, the service's own log of the call is shown.
  async follow() {
    clearTimeout(this.following);
    const answer = call ? await fetch(`${call}?number=${encodeURIComponent(this.number)}`).catch(() => null) : null;
    if (answer?.ok) {
      const { said } = await answer.json();
      this.box.querySelector(".transcript").replaceChildren();
      for (const { who, words } of said) this.note(who, words);
    }
    if (this.box.dataset.state === "talking") this.following = setTimeout(() => this.follow(), 1000);
  }
}

for (const box of document.querySelectorAll(".handset")) new Handset(box);
