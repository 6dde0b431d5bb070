// SPDX-License-Identifier: Apache-2.0
// Is everything well? What is not, first.
import { h, replace } from "./dom.js";
import { get, getIfServed } from "./api.js";
import { badge, empty, heading, problem, sparkline } from "./parts.js";
import { bounded, duration, number, plural, time } from "./format.js";
import { table } from "./list.js";
import { metrics } from "./metrics.js";
import { endpointMeaning, outcomeLabel } from "./words.js";

const good = (id) => (entry) => entry.endpoints[id]?.good ?? 0;
const bad = (id) => (entry) => entry.endpoints[id]?.bad ?? 0;
const total = (kind) => (entry) => Object.values(entry.endpoints).reduce((sum, each) => sum + each[kind], 0);

const latestShown = 8;
/** The gateway's own news, such as `delivery.dead`, has its place above. */
const isOfProvider = (event) => !event.source.startsWith("martlet/");

export async function show(view) {
  const attention = h("section", { "aria-labelledby": "attention" });
  const tiles = h("div", { class: "tiles" });
  const health = h("section", { "aria-labelledby": "health" });
  const latest = h("section", { "aria-labelledby": "latest" });
  replace(view.place, heading("Overview"), attention, tiles, health, latest);

  /** Null where the gateway has no statistics; then what this page has seen is all there is. */
  let stats = null;

  async function refresh() {
    if (!metrics.isThere) await metrics.look();
    let endpoints, events;
    [endpoints, events, stats] = await Promise.all([
      get("/v1/endpoints", { limit: 200 }, view.signal),
      get("/v1/events", { limit: 40 }, view.signal),
      getIfServed("/v1/stats", {}, view.signal),
    ]);
    replace(attention, h("h2", { id: "attention" }, "Needs attention"), attentionList(endpoints.data));
    drawTiles();
    drawHealth(endpoints.data);
    replace(
      latest,
      h("h2", { id: "latest" }, "Latest events"),
      eventTable(events.data.filter(isOfProvider).slice(0, latestShown)),
    );
  }

  function drawTiles() {
    const due = metrics.value("martlet_oldest_due_seconds");
    const waiting = metrics.value("martlet_deliveries", { state: "pending" }) +
      metrics.value("martlet_deliveries", { state: "in_flight" });
    const dead = metrics.value("martlet_deliveries", { state: "dead" });
    const held = Object.values(metrics.by("martlet_quarantine", "source")).reduce((sum, each) => sum + each, 0);
    const events = (entry) => entry.events;
    replace(
      tiles,
      rate("Events", "#/events", events, (span) => span.events.count),
      rate("Delivered", "#/deliveries?state=delivered", total("good"), (span) => attempts(span, true)),
      rate("Failed attempts", "#/deliveries?state=pending", total("bad"), (span) => attempts(span, false), "bad"),
      tile(
        "Waiting to be sent",
        number(waiting),
        "#/deliveries?state=pending",
        null,
        "",
        due > 1 ? `oldest due for ${duration(due * 1000)}` : "nothing is overdue",
      ),
      tile("Dead letters", number(dead), "#/dead", null, dead > 0 ? "bad" : "", dead > 0 ? "can be replayed" : "none"),
      tile(
        "In quarantine",
        number(held),
        "#/quarantine",
        null,
        held > 0 ? "warn" : "",
        held > 0 ? "refused callbacks that are kept" : "none",
      ),
    );
  }

  /** Of the last minute, with the last hour beside it where the gateway has counted that long. */
  function rate(name, href, pick, count, tone = "") {
    const { minute, hour } = stats?.windows ?? {};
    // The span is a little longer than a minute, or shorter at first; what was counted in ten seconds is no rate.
    const value = Math.round(minute ? (count(minute) / Math.max(minute.seconds, 60)) * 60 : metrics.lastMinute(pick));
    const hint = hour &&
      `${number(count(hour))} in ${hour.seconds > 3500 ? "an hour" : `${number(Math.ceil(hour.seconds / 60))} min`}`;
    return tile(name, `${number(value)} / min`, href, pick, value > 0 ? tone : "", hint);
  }

  function tile(name, value, href, pick, tone = "", hint) {
    const values = pick ? metrics.growth(pick) : null;
    return h(
      "a",
      { class: `tile ${tone}`, href, "data-key": `tile-${name}` },
      h("span", { class: "tile-name" }, name),
      h("span", { class: "tile-value" }, value),
      hint && h("span", { class: "hint" }, hint),
      values && sparkline(values, `${name} over ${metrics.span}`, { tone }),
    );
  }

  function drawHealth(endpoints) {
    const title = h("h2", { id: "health" }, "Endpoints");
    if (endpoints.length === 0) {
      return replace(
        health,
        title,
        empty(
          "No endpoint yet",
          'Events are stored, but nobody gets them. Add one to "endpoints" of the configuration and reload it with SIGHUP.',
        ),
      );
    }
    replace(
      health,
      title,
      table({
        caption: "Health of each endpoint",
        rows: endpoints,
        key: (row) => row.id,
        columns: [
          {
            title: "Endpoint",
            cell: (row) =>
              h("a", { href: `#/endpoints/${encodeURIComponent(row.id)}`, "data-key": `e-${row.id}` }, row.id),
          },
          { title: "State", cell: (row) => badge(row.state) },
          { title: "Waiting", kind: "num", cell: (row) => bounded(row.backlog.pending) },
          { title: "Dead", kind: "num", cell: (row) => bounded(row.backlog.dead) },
          { title: "Last success", cell: (row) => time(row.lastSuccess) },
          {
            title: `Delivered, ${metrics.span}`,
            kind: "spark-cell",
            cell: (row) => sparkline(metrics.growth(good(row.id)), spoken(row.id, "delivered", good(row.id))),
          },
          {
            title: "Failed",
            kind: "spark-cell",
            cell: (row) =>
              sparkline(metrics.growth(bad(row.id)), spoken(row.id, "failed attempts", bad(row.id)), { tone: "bad" }),
          },
        ],
      }),
    );
  }

  function spoken(id, what, pick) {
    const count = metrics.growth(pick).reduce((sum, each) => sum + each, 0);
    return `${id}: ${number(count)} ${what} in ${metrics.span}`;
  }

  await refresh();
  const listener = () => {
    if (!view.signal.aborted) drawTiles();
  };
  metrics.listeners.add(listener);
  view.signal.addEventListener("abort", () => metrics.listeners.delete(listener));
  return () => refresh().catch((error) => replace(attention, problem(error)));
}

/** Attempts of all endpoints in a span of the statistics, those that succeeded or the others. */
const attempts = (span, succeeded) =>
  Object.values(span.attempts.byEndpoint)
    .flatMap((outcomes) => Object.entries(outcomes))
    .filter(([outcome]) => (outcome === "delivered") === succeeded)
    .reduce((sum, [, count]) => sum + count, 0);

/** What a person should look at, the worst first. */
function attentionList(endpoints) {
  const items = [];
  for (const endpoint of endpoints) {
    const link = h(
      "a",
      { href: `#/endpoints/${encodeURIComponent(endpoint.id)}`, "data-key": `a-${endpoint.id}` },
      endpoint.id,
    );
    if (["disabled", "parked"].includes(endpoint.state)) {
      items.push(
        h(
          "li",
          {},
          badge(endpoint.state),
          " ",
          link,
          ": ",
          endpoint.disabled?.meaning ?? endpointMeaning[endpoint.state],
        ),
      );
    } else if (endpoint.rejecting) {
      items.push(h("li", {}, badge("rejecting"), " ", link, ": ", endpoint.rejecting.meaning));
    } else if (endpoint.failingSince) {
      items.push(
        h(
          "li",
          {},
          badge("slowed"),
          " ",
          link,
          ": fails since ",
          time(endpoint.failingSince),
          ", ",
          outcomeLabel(endpoint.lastFailure?.outcome),
        ),
      );
    }
  }
  const dead = metrics.value("martlet_deliveries", { state: "dead" });
  if (dead > 0) {
    items.push(
      h(
        "li",
        {},
        badge("dead"),
        " ",
        h("a", { href: "#/dead", "data-key": "a-dead" }, plural(dead, "dead letter", "dead letters")),
        ": the schedule is used up. Mend the endpoint, then replay.",
      ),
    );
  }
  const due = metrics.value("martlet_oldest_due_seconds");
  if (due > 60) {
    items.push(h("li", {}, badge("pending"), ` The oldest due delivery has waited for ${duration(due * 1000)}.`));
  }
  for (const state of ["overdue", "held"]) {
    const count = metrics.value("martlet_watches", { state });
    if (count > 0) {
      items.push(
        h(
          "li",
          {},
          badge(state),
          " ",
          h("a", { href: `#/watches?state=${state}`, "data-key": `a-${state}` }, plural(count, "watch", "watches")),
          state === "overdue" ? " past the deadline without an outcome." : " held until somebody resumes them.",
        ),
      );
    }
  }
  if (items.length === 0) {
    return h(
      "p",
      { class: "calm" },
      badge("active", "– all is well"),
      " No endpoint is failing, nothing is dead, nothing is overdue.",
    );
  }
  return h("ul", { class: "attention" }, items);
}

/** Also used by the page of events. */
export function eventTable(rows, mark = "") {
  if (rows.length === 0) {
    return empty(
      "No event yet",
      "When a provider's callback has been verified, its event is here within a second. ",
      h("p", {}, "To try it: ", h("code", {}, "martlet trigger PROVIDER/ID --status paid"), "."),
    );
  }
  return table({
    caption: "Events, newest first",
    rows,
    key: (row) => row.id,
    columns: [
      {
        title: "Order",
        cell: (row) =>
          h(
            "a",
            { href: `#/events/${encodeURIComponent(row.id)}`, "data-key": `ev-${row.id}` },
            marked(row.merchantOrderId ?? row.providerObjectId ?? row.id, mark),
          ),
      },
      {
        title: "Type",
        cell: (row) => [
          h("span", { class: "type" }, row.type),
          row.flags.map((flag) => h("span", { class: "flag" }, flag)),
        ],
      },
      { title: "Amount", kind: "num", cell: (row) => money(row) },
      { title: "Source", cell: (row) => row.source },
      { title: "Shop", cell: (row) => row.shop },
      { title: "Received", cell: (row) => time(row.receivedAt) },
    ],
  });
}

function money(row) {
  const money = row.body?.data?.money;
  const value = money?.ordered ?? money?.paid ?? money?.due;
  return value ? `${value.amount} ${value.currency ?? ""}` : "–";
}

function marked(text, mark) {
  const at = mark === "" ? -1 : text.toLowerCase().indexOf(mark.toLowerCase());
  if (at < 0) return text;
  return [text.slice(0, at), h("mark", {}, text.slice(at, at + mark.length)), text.slice(at + mark.length)];
}
