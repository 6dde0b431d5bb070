// SPDX-License-Identifier: Apache-2.0
// The gateway's last hour, minute by minute: what lines are drawn from.
import { get } from "./api.js";

/** While the gateway is young its steps are short, and the line grows before one's eyes. */
const readEvery = 20000;
const readEveryAtFirst = 5000;
const few = 12;
/** What came in less is no rate. */
const shortest = 5;

class LastHour {
  constructor() {
    this.clear();
  }

  /** Of another key, or none. */
  clear() {
    this.steps = [];
    this.endpoints = {};
    this.readAt = -Infinity;
  }

  async look(signal) {
    const pause = this.steps.length < few ? readEveryAtFirst : readEvery;
    const now = performance.now();
    if (now - this.readAt < pause) return;
    const { steps, endpoints } = await get("/v1/stats/history", {}, signal);
    this.readAt = now;
    this.steps = steps;
    this.endpoints = endpoints;
  }

  rates(counts) {
    return this.steps.map(({ seconds }, index) =>
      seconds < shortest ? counts[index] : (counts[index] / seconds) * 60
    );
  }

  /** `events`, `delivered` or `failed` of all, a minute. */
  all(kind) {
    return this.rates(this.steps.map((step) => step[kind]));
  }

  /** `delivered` or `failed` of one endpoint, a minute. */
  of(id, kind) {
    return this.rates(this.counts(id, kind));
  }

  /** How many in all of the time. */
  total(id, kind) {
    return this.counts(id, kind).reduce((sum, each) => sum + each, 0);
  }

  counts(id, kind) {
    return Object.hasOwn(this.endpoints, id) ? this.endpoints[id][kind] : this.steps.map(() => 0);
  }

  /** How long the lines go back, in words. */
  get span() {
    const seconds = this.steps.reduce((sum, step) => sum + step.seconds, 0);
    const minutes = Math.round(seconds / 60);
    if (minutes >= 59) return "last hour";
    return minutes < 2 ? `last ${Math.round(seconds)} s` : `last ${minutes} min`;
  }
}

export const lastHour = new LastHour();
