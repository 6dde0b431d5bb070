// SPDX-License-Identifier: Apache-2.0
// When to look again: the gateway's stream says that something happened; without it, every five seconds.

const kinds = ["event", "attempt", "delivery", "endpoint", "watch", "quarantine", "replay"];
const pollEvery = 5000;
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
  }

  start() {
    this.stop();
    this.isStreaming = false;
    this.say();
    this.timer = setInterval(() => {
      if (document.hidden) return;
      if (!this.isStreaming || ++this.turn % 6 === 0) this.onNews();
    }, pollEvery);
    this.turn = 0;
    const source = new EventSource("/v1/stream");
    this.source = source;
    source.addEventListener("open", () => {
      this.isStreaming = true;
      this.say();
    });
    source.addEventListener("message", () => this.news());
    for (const kind of kinds) source.addEventListener(kind, () => this.news());
    source.addEventListener("error", () => {
      // Closed for good where the gateway has no stream; otherwise the browser connects again by itself.
      this.isStreaming = false;
      if (source.readyState === EventSource.CLOSED) source.close();
      this.say();
    });
  }

  stop() {
    this.source?.close();
    clearInterval(this.timer);
    clearTimeout(this.settling);
    this.settling = null;
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
    const text = this.isLost ? "Not reached: this is old" : this.isStreaming ? "Live" : "Live, every 5 s";
    this.onState(text, this.isLost);
  }
}
