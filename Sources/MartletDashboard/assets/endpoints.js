// SPDX-License-Identifier: Apache-2.0
// Subscribers: how each is doing, what waits for it, and its settings.
import { h, replace, whenChanged } from "./dom.js";
import { get, segment } from "./api.js";
import { action, badge, copyable, empty, facts, heading, notice, sparkline } from "./parts.js";
import { bounded, number, time } from "./format.js";
import { PagedList } from "./list.js";
import { buttons, create, whyNot } from "./endpointactions.js";
import { endpointMeaning, outcomeLabel, sentence } from "./words.js";
import { lastHour } from "./lasthour.js";

export async function show(view) {
  const list = new PagedList({
    key: (row) => row.id,
    moreLabel: "Show more",
    beside: () => lastHour.readAt,
    load: async (cursor) => {
      await lastHour.look(view.signal);
      return get("/v1/endpoints", { limit: 100, cursor }, view.signal);
    },
    show: (rows) =>
      rows.length === 0
        ? empty(
          "No endpoint yet",
          "An endpoint is a subscriber's URL. Make one here, ",
          'or add it to "endpoints" of the configuration and reload that with SIGHUP.',
        )
        : h("div", { class: "cards" }, rows.map((row) => card(view, row, () => list.refresh()))),
  });
  const why = whyNot(view);
  replace(
    view.place,
    heading(
      "Endpoints",
      !why && action("New endpoint…", () => create(() => list.restart()), { "data-key": "new-endpoint" }),
    ),
    why && h("p", { class: "hint" }, why),
    list.element,
  );
  await list.restart();
  return () => list.refresh();
}

function card(view, row, refresh) {
  return h(
    "section",
    { class: "card", "aria-label": `Endpoint ${row.id}` },
    h(
      "h2",
      {},
      h("a", { href: `#/endpoints/${segment(row.id)}`, "data-key": `c-${row.id}` }, row.id),
      " ",
      badge(row.rejecting ? "rejecting" : row.state),
    ),
    h("p", { class: "url" }, row.url),
    h("p", { class: "hint" }, sentence(row.disabled?.meaning ?? row.rejecting?.meaning ?? endpointMeaning[row.state])),
    facts([
      ["Waiting", bounded(row.backlog.pending)],
      ["Dead", bounded(row.backlog.dead)],
      ["Skipped", bounded(row.backlog.skipped)],
      ["Last success", time(row.lastSuccess), "wide"],
    ]),
    sparkline(
      lastHour.of(row.id, "delivered"),
      `${number(lastHour.total(row.id, "delivered"))} deliveries to ${row.id}, ${lastHour.span}`,
      { width: 300 },
    ),
    h("p", { class: "hint" }, `${number(lastHour.total(row.id, "delivered"))} delivered in the ${lastHour.span}`),
    buttons(view, row, refresh),
  );
}

export async function showOne(view) {
  const why = whyNot(view);
  const refresh = async () => redraw(await get(`/v1/endpoints/${segment(view.id)}`, {}, view.signal));
  const redraw = whenChanged((row) =>
    replace(
      view.place,
      heading(row.id, badge(row.state), row.rejecting && badge("rejecting")),
      !row.disabled && h("p", {}, endpointMeaning[row.state]),
      row.disabled &&
        notice("bad", sentence(row.disabled.meaning), row.disabled.since && [" Since ", time(row.disabled.since), "."]),
      row.rejecting && notice("warn", sentence(row.rejecting.meaning), " Since ", time(row.rejecting.since), "."),
      why && h("p", { class: "hint" }, why),
      buttons(view, row, refresh, { all: true }),
      h("h2", {}, "How it is doing"),
      facts(health(row)),
      h("h2", {}, "Settings"),
      row.managedBy === "config" && h(
        "p",
        { class: "hint" },
        "They belong to the configuration file: change them there and reload it with SIGHUP.",
      ),
      facts(settings(row)),
    )
  );
  await refresh();
  return refresh;
}

function health(row) {
  const link = (path, count) => h("a", { href: `${path}endpoint=${segment(row.id)}` }, bounded(count));
  return [
    ["Waiting", link("#/deliveries?state=pending&", row.backlog.pending)],
    ["Dead", link("#/dead?", row.backlog.dead)],
    ["Skipped", link("#/dead?state=skipped&", row.backlog.skipped)],
    ["Being sent", number(row.inFlight)],
    ["Oldest due", time(row.backlog.oldestDue)],
    ["Last success", time(row.lastSuccess)],
    ["Last failure", row.lastFailure ? [outcomeLabel(row.lastFailure.outcome), " ", time(row.lastFailure.at)] : "none"],
    ["Failing since", time(row.failingSince)],
    row.parkedUntil && ["Next try", time(row.parkedUntil)],
  ];
}

function settings(row) {
  const list = (values) => (values.length === 0 ? "none" : values.join(", "));
  const all = (values, what) => (values.includes("*") ? `all ${what}` : list(values));
  const until = row.secrets.filter((secret) => secret.until);
  return [
    ["URL", copyable(row.url), "wide"],
    ["Events", all(row.events, "events")],
    ["Shops", all(row.shops, "shops")],
    ["Signature", [row.signature, ...row.signatureStyles].join(", ")],
    ["Secrets", [
      number(row.secrets.length),
      until.length > 0 && [", an old one until ", time(until[0].until)],
    ]],
    ["Order", row.ordering === "perObject" ? "one after the other for each payment" : "as it comes"],
    ["Requests at once", number(row.maxInFlight)],
    ["At most, a second", row.ratePerSecond === null ? "no limit" : number(row.ratePerSecond)],
    ["Timeout", row.timeout],
    ["Tries again after", list(row.schedule), "wide"],
    ["Raw callback", row.includeRaw ? "sent along" : "left out"],
    ["Filter", row.hasFilter ? "has further conditions" : "none"],
    ["Shape", row.hasShape ? "its own" : "the whole event"],
    ["Own headers", list(row.headers)],
    ["Sign-in", row.auth ?? "none"],
    row.version && ["Version", number(row.version)],
  ];
}
