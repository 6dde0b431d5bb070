// SPDX-License-Identifier: Apache-2.0
// What is kept for a person: refused callbacks, and watches that nobody asks about any more.
import { get } from "./api.js";

/** Prometheus text: a list of `{ name, labels, value }`. */
function parse(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (line.startsWith("#") || !match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    samples.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return samples;
}

/**
 * `{ quarantine, overdue, held }`. For all shops the gateway's gauges, which cost little; a key that is limited to some
 * counts those of its sources.
 */
export async function kept(session, signal) {
  const sum = (values) => values.reduce((total, each) => total + each, 0);
  if (!session.hasAllShops) {
    const { data } = await get("/v1/sources", { limit: 500 }, signal);
    return {
      quarantine: sum(data.map((row) => row.quarantine.count)),
      overdue: sum(data.map((row) => row.watches.overdue)),
      held: sum(data.map((row) => row.watches.held)),
    };
  }
  const samples = parse(await get("/metrics", {}, signal));
  const gauge = (name, state) =>
    sum(samples.filter((each) => each.name === name && each.labels.state === state).map(({ value }) => value));
  return {
    quarantine: gauge("martlet_quarantine"),
    overdue: gauge("martlet_watches", "overdue"),
    held: gauge("martlet_watches", "held"),
  };
}
