// The ear and mouth of a telephone in the browser: 8 kHz mu-law frames of 20 ms to the line, and what the line plays to the ear.

const FRAME = 160, AHEAD = 8000; // samples; more than a second behind is dropped, as on a real line

function encoded(sample) {
  let value = Math.max(-1, Math.min(1, sample)) * 32767;
  const sign = value < 0 ? 0x80 : 0;
  value = Math.min(Math.abs(value), 32635) + 132;
  const exponent = Math.floor(Math.log2(value)) - 7;
  const mantissa = (value >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

function decoded(byte) {
  const code = ~byte & 0xff, exponent = (code >> 4) & 7;
  const value = (((code & 0x0f) << 3) + 132 << exponent) - 132;
  return (code & 0x80 ? -value : value) / 32768;
}

class Handset extends AudioWorkletProcessor {
  constructor() {
    super();
    this.spoken = [];
    this.played = [];
    this.port.onmessage = ({ data }) => {
      for (const byte of new Uint8Array(data)) this.played.push(decoded(byte));
      if (this.played.length > AHEAD) this.played.splice(0, this.played.length - AHEAD);
    };
  }

  process([input], [output]) {
    if (input[0]) this.speak(input[0]);
    const ear = output[0];
    for (let at = 0; at < ear.length; at += 1) ear[at] = at < this.played.length ? this.played[at] : 0;
    this.played.splice(0, ear.length);
    return true;
  }

  speak(samples) {
    for (const sample of samples) this.spoken.push(encoded(sample));
    while (this.spoken.length >= FRAME) {
      const frame = Uint8Array.from(this.spoken.splice(0, FRAME));
      this.port.postMessage(frame.buffer, [frame.buffer]);
    }
  }
}

registerProcessor("handset", Handset);
