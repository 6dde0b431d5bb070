// SPDX-License-Identifier: Apache-2.0
// Deliveries sent again: those of a filter by a replay of the gateway, those that were ticked one by one from here.
import { h, replace } from "./dom.js";
import { create, get, post, segment } from "./api.js";
import { number, plural } from "./format.js";

/** Requests at once. */
const together = 4;
const followedAtOnce = 25;
const followEvery = 500;
/** What fails is on its schedule for hours: the pause doubles while nothing ends, and at last nobody looks any more. */
const longestPause = 30000;
const followFor = 3600000;

/** Sends deliveries again, oldest first, and shows how far it is. */
export class RetryRun {
  constructor(ids, onChange, signal) {
    this.ids = [...ids].reverse();
    this.total = ids.length;
    this.signal = signal;
    this.open = [];
    this.ends = { delivered: 0, dead: 0, cancelled: 0, skipped: 0, removed: 0 };
    this.onChange = onChange;
    this.counts = { due: 0, refused: 0 };
    this.firstRefusal = null;
    this.isStopped = false;
    this.isDone = false;
    this.isFollowed = true;
    this.element = h("section", { class: "run", "aria-label": "Progress" });
    this.draw();
  }

  get finished() {
    return this.counts.due + this.counts.refused;
  }

  get settled() {
    return Object.values(this.ends).reduce((sum, each) => sum + each, 0);
  }

  async start() {
    // Leaving in the middle would leave the rest undone, so the browser asks.
    const hold = (event) => event.preventDefault();
    window.addEventListener("beforeunload", hold);
    const workers = Array.from({ length: together }, () => this.work());
    await Promise.all(workers);
    window.removeEventListener("beforeunload", hold);
    this.isDone = true;
    this.draw();
    this.onChange();
    await this.follow();
  }

  /** What comes of them, a few at a time, until each has ended, the page is left or an hour is over. */
  async follow() {
    const end = performance.now() + followFor;
    let pause = followEvery;
    while (this.open.length > 0 && !this.signal.aborted && performance.now() < end) {
      if (!document.hidden) {
        const before = this.settled;
        await this.look();
        pause = this.settled > before ? followEvery : Math.min(pause * 2, longestPause);
      }
      await new Promise((resolve) => {
        setTimeout(resolve, pause);
      });
    }
    this.isFollowed = false;
    this.draw();
    if (!this.signal.aborted) this.onChange();
  }

  async look() {
    const now = this.open.splice(0, followedAtOnce);
    const found = await Promise.allSettled(now.map((id) => get(`/v1/deliveries/${segment(id)}`, {}, this.signal)));
    found.forEach((each, index) => {
      const state = each.reason?.status === 404 ? "removed" : each.value?.state;
      if (state in this.ends) this.ends[state] += 1;
      else this.open.push(now[index]);
    });
    this.draw();
  }

  async work() {
    while (this.ids.length > 0 && !this.isStopped) {
      const id = this.ids.shift();
      try {
        await post(`/v1/deliveries/${segment(id)}/retry`);
        this.counts.due += 1;
        this.open.push(id);
      } catch (error) {
        if (error.status === 401) this.isStopped = true;
        this.counts.refused += 1;
        this.firstRefusal ??= error.message;
      }
      this.draw();
    }
  }

  draw() {
    const { due, refused } = this.counts;
    const said = this.isDone ? (this.isStopped ? "Stopped" : "Done") : "Replaying";
    if (!this.bar) {
      this.bar = h("progress", { max: Math.max(1, this.total), "aria-label": "Deliveries sent again" });
      this.line = h("p", { class: "run-line", role: "status", "aria-live": "polite" });
      this.stop = h("button", {
        type: "button",
        on: {
          click: () => {
            this.isStopped = true;
          },
        },
      }, "Stop");
      this.ended = h("p", { class: "run-ended", role: "status", "aria-live": "polite" });
      this.why = h("p", { class: "hint" });
      replace(this.element, this.line, this.bar, this.ended, this.why, this.stop);
    }
    this.bar.value = this.finished;
    const text = `${said}: ${number(due)} of ${number(this.total)} made due` +
      (refused > 0 ? `, ${number(refused)} refused` : "");
    // A screen reader is told every tenth, not every one.
    if (this.isDone || this.finished % Math.max(1, Math.ceil(this.total / 10)) === 0) this.line.textContent = text;
    if (this.isDone && due > 0) {
      const others = Object.entries(this.ends).filter(([name, count]) => name !== "delivered" && count > 0);
      this.ended.textContent = [
        this.ends.delivered > 0 || others.length === 0 ? `${number(this.ends.delivered)} delivered` : "",
        ...others.map(([name, count]) => `${number(count)} ${name}`),
        this.open.length > 0 ? `${number(due - this.settled)} on the way` : "",
        this.open.length > 0 && !this.isFollowed ? "no longer followed here: see the deliveries" : "",
      ].filter(Boolean).join(", ");
    }
    this.why.textContent = this.firstRefusal ? `The first refusal: ${this.firstRefusal}` : "";
    this.stop.hidden = this.isDone;
    this.element.dataset.state = this.isDone ? "done" : "running";
  }
}

/** What a replay of the gateway is asked for: the filter's members that are not empty. */
const replayBody = (filter, more) =>
  Object.fromEntries(Object.entries({ ...filter, ...more }).filter(([, value]) => value !== undefined && value !== ""));

export const dryRun = (filter) =>
  post("/v1/replays", replayBody(filter, { dryRun: true, reason: "counted at the dashboard" }));

export const beginReplay = (filter, { reason, ratePerSecond }) =>
  create("/v1/replays", replayBody(filter, { reason, ratePerSecond: Number(ratePerSecond) || undefined }));

export const sayCount = (count) => plural(count, "delivery", "deliveries");
