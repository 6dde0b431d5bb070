// SPDX-License-Identifier: Apache-2.0
// The gateway's counters, read every few seconds and kept for half an hour: what the overview's lines are drawn from.

const every = 5000;
const kept = 360;
const place = "martlet-samples";

/** Prometheus text: a list of `{ name, labels, value }`. */
export function parse(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (line.startsWith("#") || !match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[name] = value.replace(/\\(.)/g, (_, character) => (character === "n" ? "\n" : character));
    }
    samples.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return samples;
}

const sum = (samples, name, test = () => true) =>
  samples.filter((sample) => sample.name === name && test(sample.labels)).reduce(
    (total, each) => total + each.value,
    0,
  );

const taken = new Set(["accepted", "duplicate", "hint", "out_of_order", "already_known", "withheld"]);

function read(samples, at) {
  const endpoints = {};
  for (const { name, labels, value } of samples) {
    if (name !== "martlet_attempts_total") continue;
    const entry = (endpoints[labels.endpoint] ??= { good: 0, bad: 0 });
    entry[labels.outcome === "delivered" ? "good" : "bad"] += value;
  }
  return {
    at,
    endpoints,
    events: sum(samples, "martlet_events_total"),
    refused: sum(samples, "martlet_ingest_requests_total", (labels) => !taken.has(labels.outcome)),
  };
}

class Metrics {
  constructor() {
    this.history = [];
    this.samples = [];
    this.listeners = new Set();
    try {
      const saved = JSON.parse(sessionStorage.getItem(place) ?? "[]");
      this.history = saved.filter((entry) => entry.at > Date.now() - kept * every);
    } catch { /* Begins anew. */ }
  }

  start() {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.look(), every);
    return this.look();
  }

  stop() {
    clearInterval(this.timer);
  }

  async look() {
    let text;
    try {
      const response = await fetch("/metrics", { cache: "no-store", credentials: "omit" });
      if (!response.ok) return;
      text = await response.text();
    } catch {
      return;
    }
    this.samples = parse(text);
    const entry = read(this.samples, Date.now());
    const last = this.history.at(-1);
    // Counters that fell: the gateway has started anew.
    if (last && entry.events < last.events) this.history = [];
    this.history.push(entry);
    if (this.history.length > kept) this.history.splice(0, this.history.length - kept);
    try {
      sessionStorage.setItem(place, JSON.stringify(this.history));
    } catch { /* Full: kept in memory only. */ }
    for (const listener of this.listeners) listener();
  }

  get isThere() {
    return this.samples.length > 0;
  }

  value(name, labels = {}) {
    return sum(this.samples, name, (given) => Object.entries(labels).every(([key, text]) => given[key] === text));
  }

  /** `{ label value: sum }` of one gauge or counter. */
  by(name, label, test) {
    const result = {};
    for (const sample of this.samples) {
      if (sample.name !== name || (test && !test(sample.labels))) continue;
      result[sample.labels[label]] = (result[sample.labels[label]] ?? 0) + sample.value;
    }
    return result;
  }

  /** How much a counter grew in each of up to 60 steps of the time that is kept. */
  growth(pick) {
    const values = this.history.map(pick);
    const growth = values.slice(1).map((value, index) => Math.max(0, value - values[index]));
    const size = Math.max(1, Math.ceil(growth.length / 60));
    const steps = [];
    for (let start = 0; start < growth.length; start += size) {
      steps.push(growth.slice(start, start + size).reduce((total, each) => total + each, 0));
    }
    return steps;
  }

  /** How much it grew in the last minute. */
  lastMinute(pick) {
    const recent = this.history.filter((entry) => entry.at > Date.now() - 62000);
    return recent.length < 2 ? 0 : Math.max(0, pick(recent.at(-1)) - pick(recent[0]));
  }

  /** How long the lines go back, in words. */
  get span() {
    const first = this.history[0]?.at ?? Date.now();
    const minutes = Math.round((Date.now() - first) / 60000);
    return minutes < 2 ? "the last minute" : `the last ${minutes} min`;
  }
}

export const metrics = new Metrics();
