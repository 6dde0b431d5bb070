// SPDX-License-Identifier: Apache-2.0
// Is everything well? What is not, first.
import { h, replace } from "./dom.js";
import { get, segment } from "./api.js";
import { badge, empty, heading, problem, sparkline } from "./parts.js";
import { bounded, duration, number, plural, time } from "./format.js";
import { table } from "./list.js";
import { kept } from "./kept.js";
import { lastHour } from "./lasthour.js";
import { endpointMeaning, outcomeLabel } from "./words.js";
import { eventTable } from "./eventtable.js";

const latestRead = 40;
const latestShown = 8;
const endpointsShown = 12;
const needsShown = 10;
/** Endpoints beyond the first page are known by their states; of so many of them more is asked. */
const askedForMore = 20;
const keptReadEvery = 10000;

/** The worst first; what its settings switch off is as it should be. */
const ranks = ["parked", "disabled", "probing", "slowed", "ramping"];
const rankOf = (row) => {
  const rank = row.disabled?.reason === "configuration" ? -1 : ranks.indexOf(row.state);
  return rank >= 0 ? rank : row.rejecting || row.failingSince ? ranks.length : ranks.length + 1;
};
/** The gateway's own news, such as `delivery.dead`, has its place above. */
const isOfProvider = (event) => !event.source.startsWith("martlet/");

export async function show(view) {
  const attention = h("section", { "aria-labelledby": "attention" });
  const tiles = h("div", { class: "tiles" });
  const health = h("section", { "aria-labelledby": "health" });
  const latest = h("section", { "aria-labelledby": "latest" });
  replace(view.place, heading("Overview"), attention, tiles, health, latest);
  let aside = null;
  let asideAt = -Infinity;

  async function refresh() {
    const isDue = performance.now() - asideAt > keptReadEvery;
    const [stats, first, events, counted] = await Promise.all([
      get("/v1/stats", {}, view.signal),
      get("/v1/endpoints", { limit: 200 }, view.signal),
      get("/v1/events", { limit: latestRead }, view.signal),
      isDue ? kept(view.session, view.signal) : aside,
      lastHour.look(view.signal),
    ]);
    if (isDue) asideAt = performance.now();
    aside = counted;
    const endpoints = await withOthers(first, stats.endpoints, view.signal);
    const now = waits(stats);
    replace(attention, h("h2", { id: "attention" }, "Needs attention"), attentionList(endpoints, now, aside));
    replace(tiles, tilesOf(stats, now, aside));
    replace(health, h("h2", { id: "health" }, "Endpoints"), healthOf(endpoints, stats.endpoints.length));
    replace(
      latest,
      h("h2", { id: "latest" }, "Latest events"),
      latestEvents(events.data),
    );
  }
  await refresh();
  return () => refresh().catch((error) => {
    // While the gateway is not reached, what was read last is worth more than an error; the frame says that it is old.
    if (error.status !== 0 && error.name !== "AbortError") replace(attention, problem(error));
  });
}

/** In an outage the gateway's own news can be all that is latest; that is no lack of events. */
function latestEvents(events) {
  const ofProviders = events.filter(isOfProvider);
  if (events.length === 0 || ofProviders.length > 0) return eventTable(ofProviders.slice(0, latestShown));
  return empty(
    "No provider's event among the latest",
    `The latest ${number(events.length)} are the gateway's own news, such as delivery.dead. All are among the `,
    h("a", { href: "#/events", "data-key": "all-events" }, "events"),
    ".",
  );
}

/** Those that are not well are shown wherever in a long list they stand. */
async function withOthers({ data, nextCursor }, all, signal) {
  if (nextCursor === null) return data;
  const known = new Set(data.map((row) => row.id));
  const ill = all.filter((row) => !known.has(row.id) && row.state !== "active").slice(0, askedForMore);
  const found = await Promise.allSettled(ill.map((row) => get(`/v1/endpoints/${segment(row.id)}`, {}, signal)));
  return [...data, ...found.flatMap((each) => each.value ?? [])];
}

/** What waits and what is dead: of the whole gateway, or of the endpoints that the key may see. */
function waits(stats) {
  const sum = (name) => {
    const counts = stats.endpoints.map((each) => each.backlog[name]);
    return {
      count: counts.reduce((total, each) => total + each.count, 0),
      atLeast: counts.some((each) => each.atLeast),
    };
  };
  const exact = (count) => ({ count, atLeast: false });
  const { deliveries } = stats;
  return {
    pending: deliveries ? exact(deliveries.pending + deliveries.in_flight) : sum("pending"),
    dead: deliveries ? exact(deliveries.dead) : sum("dead"),
    late: stats.oldestDue ? Date.parse(stats.at) - Date.parse(stats.oldestDue) : 0,
  };
}

function tilesOf(stats, now, aside) {
  return [
    rate(stats, "Events", "#/events", "events", (span) => span.events.count),
    rate(stats, "Delivered", "#/deliveries?state=delivered", "delivered", (span) => attempts(span, true)),
    rate(stats, "Failed attempts", "#/deliveries?state=pending", "failed", (span) => attempts(span, false), "bad"),
    tile({
      name: "Waiting to be sent",
      value: bounded(now.pending),
      href: "#/deliveries?state=pending",
      tone: now.late > 60000 ? "warn" : "",
      hint: now.late > 1000 ? `oldest is due for ${duration(now.late)}` : "nothing is late",
    }),
    tile({
      name: "Dead letters",
      value: bounded(now.dead),
      href: "#/dead",
      tone: now.dead.count > 0 ? "bad" : "",
      hint: now.dead.count > 0 ? "given up; can be replayed" : "nothing was given up",
    }),
    tile({
      name: "In quarantine",
      value: number(aside.quarantine),
      href: "#/quarantine",
      tone: aside.quarantine > 0 ? "warn" : "",
      hint: aside.quarantine > 0 ? "refused callbacks, kept" : "nothing was refused",
    }),
  ];
}

/** Of the last minute, with the last hour beside it as far as the gateway has counted. */
function rate(stats, name, href, kind, count, tone = "") {
  const { minute, hour } = stats.windows;
  // The span is a little longer than a minute, or shorter at first; what was counted in ten seconds is no rate.
  const value = Math.round((count(minute) / Math.max(minute.seconds, 60)) * 60);
  const values = lastHour.all(kind);
  return tile({
    name,
    value: [number(value), h("small", {}, " a minute")],
    href,
    tone: value > 0 ? tone : "",
    hint: `${number(count(hour))} in the ${lastHour.span}`,
    line: sparkline(values, `${name} a minute, ${lastHour.span}: ${number(Math.max(0, ...values))} at most`, { tone }),
  });
}

function tile({ name, value, href, tone = "", hint, line }) {
  return h(
    "a",
    { class: `tile ${tone}`, href, "data-key": `tile-${name}` },
    h("span", { class: "tile-name" }, name),
    h("span", { class: "tile-value" }, value),
    h("span", { class: "hint" }, hint),
    line,
  );
}

/** Attempts of all endpoints in a span of the statistics, those that succeeded or the others. */
const attempts = (span, succeeded) =>
  Object.values(span.attempts.byEndpoint)
    .flatMap((outcomes) => Object.entries(outcomes))
    .filter(([outcome]) => (outcome === "delivered") === succeeded)
    .reduce((sum, [, count]) => sum + count, 0);

const endpointLink = (row, key) =>
  h("a", { href: `#/endpoints/${segment(row.id)}`, "data-key": `${key}-${row.id}` }, row.id);

function healthOf(endpoints, count) {
  if (count === 0) {
    return empty(
      "No endpoint yet",
      "Events are stored, but nobody gets them. ",
      h("a", { href: "#/endpoints" }, "Make one"),
      ', or add it to "endpoints" of the configuration and reload that with SIGHUP.',
    );
  }
  const worst = [...endpoints].sort(
    (left, right) =>
      rankOf(left) - rankOf(right) || right.backlog.dead.count - left.backlog.dead.count ||
      right.backlog.pending.count - left.backlog.pending.count,
  );
  const line = (row, kind, what, tone) =>
    sparkline(
      lastHour.of(row.id, kind),
      `${row.id}: ${number(lastHour.total(row.id, kind))} ${what}, ${lastHour.span}`,
      { tone },
    );
  return [
    table({
      caption: "Health of each endpoint",
      rows: worst.slice(0, endpointsShown),
      key: (row) => row.id,
      columns: [
        { title: "Endpoint", cell: (row) => endpointLink(row, "e") },
        { title: "State", cell: (row) => [badge(row.state), row.rejecting && [" ", badge("rejecting")]] },
        { title: "Waiting", kind: "num", cell: (row) => bounded(row.backlog.pending) },
        { title: "Dead", kind: "num", cell: (row) => bounded(row.backlog.dead) },
        { title: "Last success", cell: (row) => time(row.lastSuccess) },
        { title: "Delivered", kind: "spark-cell", cell: (row) => line(row, "delivered", "delivered") },
        { title: "Failed", kind: "spark-cell", cell: (row) => line(row, "failed", "failed attempts", "bad") },
      ],
    }),
    h("p", { class: "hint" }, `The lines are of the ${lastHour.span}, each as high as its own most.`),
    count > endpointsShown && h(
      "p",
      { class: "more" },
      h("a", { href: "#/endpoints", "data-key": "all-endpoints" }, `All ${number(count)} endpoints`),
    ),
  ];
}

/** What a person should look at, the worst first, and what to do about it. */
function attentionList(endpoints, now, aside) {
  const items = endpoints.map(endpointNeed).filter(Boolean);
  const hidden = items.length - needsShown;
  const list = items.slice(0, needsShown);
  const add = (state, ...words) => list.push(h("li", {}, badge(state), " ", words));
  if (hidden > 0) {
    const words = plural(hidden, "further endpoint", "further endpoints");
    add("failed", h("a", { href: "#/endpoints", "data-key": "a-more" }, words));
  }
  if (now.dead.count > 0) {
    const words = `${bounded(now.dead)} ${now.dead.count === 1 ? "dead letter" : "dead letters"}`;
    add(
      "dead",
      h("a", { href: "#/dead", "data-key": "a-dead" }, words),
      ": every attempt of the schedule failed. Mend the endpoint, then replay.",
    );
  }
  if (now.late > 60000) add("pending", `The oldest due delivery has waited for ${duration(now.late)}.`);
  for (const [state, why] of [
    ["overdue", ": the deadline passed without an outcome. Ask the provider about the order."],
    ["held", ": not asked about until somebody resumes it."],
  ]) {
    if (aside[state] === 0) continue;
    add(
      state,
      h("a", { href: `#/watches?state=${state}`, "data-key": `a-${state}` }, plural(aside[state], "watch", "watches")),
      why,
    );
  }
  if (list.length === 0) {
    return h(
      "p",
      { class: "calm" },
      badge("well"),
      " No endpoint is failing, nothing was given up, nothing is late.",
    );
  }
  return h("ul", { class: "attention" }, list);
}

/** Null for an endpoint that is well, or that its settings switch off. */
function endpointNeed(endpoint) {
  const item = (state, ...words) => h("li", {}, badge(state), " ", endpointLink(endpoint, "a"), ": ", words);
  const { state, disabled, rejecting } = endpoint;
  if (disabled?.reason === "configuration") return null;
  if (["disabled", "parked"].includes(state)) return item(state, disabled?.meaning ?? endpointMeaning[state]);
  if (rejecting) return item("rejecting", rejecting.meaning);
  if (!endpoint.failingSince) return null;
  return item(
    "slowed",
    "fails since ",
    time(endpoint.failingSince),
    `; the latest attempt: ${outcomeLabel(endpoint.lastFailure?.outcome)}`,
  );
}
