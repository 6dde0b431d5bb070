// SPDX-License-Identifier: Apache-2.0
// When to look again: the gateway's stream says that something happened; without it, every five seconds.
// A tab that nobody sees has no stream: over HTTP/1.1 a browser has six connections for all tabs of one gateway.

const kinds = ["event", "attempt", "delivery", "endpoint", "watch", "quarantine", "replay", "missed"];
const pollEvery = 5000;
/** With the stream a look is a precaution only; it also shows that the gateway is still reached. */
const looksSkipped = 6;
/** A burst of news is one look, and however much happens there is one look in two seconds at most. */
const settleFor = 300;
const lookEvery = 2000;

export class Live {
  constructor(onNews, onState) {
    this.onNews = onNews;
    this.onState = onState;
    this.settling = null;
    this.source = null;
    this.isLost = false;
    this.timer = null;
    document.addEventListener("visibilitychange", () => {
      if (this.timer === null) return;
      if (document.hidden) return this.disconnect();
      this.connect();
      // What was in the background may be hours old.
      this.onNews();
    });
  }

  start() {
    this.stop();
    this.turn = 0;
    this.timer = setInterval(() => this.tick(), pollEvery);
    this.connect();
    this.say();
  }

  stop() {
    this.disconnect();
    clearInterval(this.timer);
    this.timer = null;
    clearTimeout(this.settling);
    this.settling = null;
  }

  tick() {
    if (document.hidden) return;
    // Closed by an answer that is no stream, such as 503 while 64 are open: the browser does not try again by itself.
    if (this.source === null || this.source.readyState === EventSource.CLOSED) this.connect();
    this.say();
    this.turn += 1;
    if (!this.isStreaming || this.turn % looksSkipped === 0) this.onNews();
  }

  disconnect() {
    this.source?.close();
    this.source = null;
    this.isStreaming = false;
  }

  /** The word stays as it is until the stream opens or fails: going from tab to tab is no loss. */
  connect() {
    this.disconnect();
    if (document.hidden) return;
    const source = new EventSource("/v1/stream");
    this.source = source;
    source.addEventListener("open", () => {
      this.isStreaming = true;
      this.say();
      // What happened while there was no stream is told by nobody.
      this.news();
    });
    for (const kind of kinds) source.addEventListener(kind, () => this.news());
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      this.isStreaming = false;
      this.say();
    });
  }

  news() {
    if (this.settling !== null) return;
    const wait = Math.max(settleFor, (this.looked ?? 0) + lookEvery - performance.now());
    this.settling = setTimeout(() => {
      this.settling = null;
      this.looked = performance.now();
      if (!document.hidden) this.onNews();
    }, wait);
  }

  /** Whether the gateway answers at all. */
  reach(isReached) {
    this.isLost = !isReached;
    this.say();
  }

  say() {
    if (this.isLost) this.onState("lost", "Not reached: this is old");
    else if (this.isStreaming) this.onState("live", "Live");
    else this.onState("polling", "Not live: read every 5 s");
  }
}
