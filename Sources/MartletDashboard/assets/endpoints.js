// SPDX-License-Identifier: Apache-2.0
// Subscribers: how each is doing, what waits for it, and its switches.
import { h, replace } from "./dom.js";
import { get, post, Problem, segment } from "./api.js";
import { action, badge, copyable, empty, facts, heading, notice, problem, sparkline } from "./parts.js";
import { bounded, duration, number, time } from "./format.js";
import { PagedList } from "./list.js";
import { ask, toast } from "./dialog.js";
import { endpointMeaning, outcomeLabel } from "./words.js";
import { metrics } from "./metrics.js";

export async function show(view) {
  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/endpoints", { limit: 100, cursor }, view.signal),
    show: (
      rows,
    ) => (rows.length === 0
      ? empty(
        "No endpoint yet",
        'An endpoint is a subscriber\'s URL. Add one to "endpoints" of the configuration and reload it with SIGHUP.',
      )
      : h("div", { class: "cards" }, rows.map((row) => card(view, row, () => list.refresh())))),
  });
  replace(view.place, heading("Endpoints"), list.element);
  await list.restart();
  return () => list.refresh();
}

function card(view, row, refresh) {
  const good = (entry) => entry.endpoints[row.id]?.good ?? 0;
  return h(
    "section",
    { class: "card", "aria-label": `Endpoint ${row.id}` },
    h(
      "h2",
      {},
      h("a", { href: `#/endpoints/${encodeURIComponent(row.id)}`, "data-key": `c-${row.id}` }, row.id),
      " ",
      badge(row.state),
    ),
    h("p", { class: "url" }, row.url),
    h("p", { class: "hint" }, sentence(row.disabled?.meaning ?? row.rejecting?.meaning ?? endpointMeaning[row.state])),
    facts([
      ["Waiting", bounded(row.backlog.pending)],
      ["Dead", bounded(row.backlog.dead)],
      ["Skipped", bounded(row.backlog.skipped)],
      ["Last success", time(row.lastSuccess), "wide"],
    ]),
    sparkline(metrics.growth(good), `Deliveries to ${row.id} over ${metrics.span}`, { width: 300 }),
    buttons(view, row, refresh),
  );
}

/** The API's words begin small and have no full stop. */
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;

/** Why a button is not there is said, rather than leaving a person to guess. */
function buttons(view, row, refresh) {
  const why = view.session.whyNot("admin", { allShops: true });
  if (why) return h("p", { class: "hint" }, why);
  const key = (name) => ({ "data-key": `${name}-${row.id}`, "aria-label": `${name} ${row.id}` });
  const isOff = row.state === "disabled";
  return h(
    "div",
    { class: "buttons" },
    isOff
      ? row.enabled && action("Enable…", () => enable(row, refresh), key("Enable"))
      : action("Disable…", () => disable(row, refresh), key("Disable")),
    action("Send a test", () => test(row), key("Test")),
    action("Rotate secret…", () => rotate(row, refresh), key("Rotate secret of")),
  );
}

async function enable(row, refresh) {
  const skipped = row.backlog.skipped;
  const answer = await ask({
    title: `Enable ${row.id}?`,
    confirm: "Enable",
    text: "What waits is sent, slowly at first.",
    content: skipped.count > 0
      ? [
        h(
          "label",
          { class: "check" },
          h("input", { type: "checkbox", name: "offerSkipped", value: "yes" }),
          `Also send the ${bounded(skipped)} deliveries that were skipped while it was disabled`,
        ),
      ]
      : [],
  });
  if (answer === null) return;
  await attempt(async () => {
    const result = await post(`/v1/endpoints/${segment(row.id)}/enable`, {
      offerSkipped: answer.offerSkipped === "yes",
    });
    toast(
      `${row.id} is enabled${result.offered > 0 ? `; ${number(result.offered)} skipped deliveries are offered` : ""}.`,
    );
  }, refresh);
}

async function disable(row, refresh) {
  const answer = await ask({
    title: `Disable ${row.id}?`,
    confirm: "Disable",
    danger: true,
    text:
      "Nothing more is sent to it. What waits goes on waiting; what comes meanwhile is skipped and can be offered later.",
  });
  if (answer === null) return;
  await attempt(async () => {
    await post(`/v1/endpoints/${segment(row.id)}/disable`);
    toast(`${row.id} is disabled.`);
  }, refresh);
}

async function test(row) {
  await attempt(async () => {
    const result = await post(`/v1/endpoints/${segment(row.id)}/test`, {});
    const said = result.status ? `answered ${result.status}` : outcomeLabel(result.error);
    toast(`${row.id} ${said} in ${duration(result.durationMs)}.`, result.succeeded ? "good" : "bad");
  });
}

async function rotate(row, refresh) {
  const answer = await ask({
    title: `Make a new secret for ${row.id}?`,
    confirm: "Rotate",
    danger: true,
    text: "The old secret signs along for 24 hours, so that its owner can put the new one in place.",
  });
  if (answer === null) return;
  await attempt(async () => {
    const result = await post(`/v1/endpoints/${segment(row.id)}/rotate-secret`, {});
    await ask({
      title: "The new secret",
      confirm: "I have kept it",
      text: "It is shown this once only.",
      content: (result.secrets ?? []).map(({ scheme, secret }) => h("p", {}, `${scheme}: `, copyable(secret))),
    });
  }, refresh);
}

async function attempt(work, refresh = async () => {}) {
  try {
    await work();
  } catch (error) {
    const isMissing = error instanceof Problem && error.isMissingRoute;
    toast(
      isMissing ? "This gateway cannot do that yet: its API has no such call." : error.message,
      isMissing ? "warn" : "bad",
    );
  }
  await refresh();
}

export async function showOne(view) {
  async function refresh() {
    const row = await get(`/v1/endpoints/${segment(view.id)}`, {}, view.signal);
    const list = (values) => (values.length === 0 ? "none" : values.join(", "));
    replace(
      view.place,
      heading(row.id, badge(row.state)),
      h("p", {}, endpointMeaning[row.state]),
      row.disabled &&
        notice("bad", sentence(row.disabled.meaning), row.disabled.since && [" Since ", time(row.disabled.since), "."]),
      row.rejecting && notice("warn", sentence(row.rejecting.meaning), " Since ", time(row.rejecting.since), "."),
      buttons(view, row, refresh),
      h("h2", {}, "How it is doing"),
      facts([
        [
          "Waiting",
          h(
            "a",
            { href: `#/deliveries?state=pending&endpoint=${encodeURIComponent(row.id)}` },
            bounded(row.backlog.pending),
          ),
        ],
        ["Dead", h("a", { href: `#/dead?endpoint=${encodeURIComponent(row.id)}` }, bounded(row.backlog.dead))],
        [
          "Skipped",
          h("a", { href: `#/dead?state=skipped&endpoint=${encodeURIComponent(row.id)}` }, bounded(row.backlog.skipped)),
        ],
        ["Being sent", number(row.inFlight)],
        ["Oldest due", time(row.backlog.oldestDue)],
        ["Last success", time(row.lastSuccess)],
        [
          "Last failure",
          row.lastFailure ? [outcomeLabel(row.lastFailure.outcome), " ", time(row.lastFailure.at)] : "none",
        ],
        ["Failing since", time(row.failingSince)],
        ["Parked until", time(row.parkedUntil)],
      ]),
      h("h2", {}, "Settings"),
      facts([
        ["URL", copyable(row.url)],
        ["Belongs to", row.managedBy === "config" ? "the configuration file" : "the API"],
        ["Events", list(row.events)],
        ["Shops", list(row.shops)],
        ["Signature", row.signature],
        ["Ordering", row.ordering],
        ["At once", number(row.maxInFlight)],
        ["Each second", row.ratePerSecond === null ? "no limit" : number(row.ratePerSecond)],
        ["Timeout", row.timeout],
        ["Schedule", list(row.schedule)],
        ["Raw callback", row.includeRaw ? "included" : "left out"],
        ["Own headers", list(row.headers)],
        ["Sign-in", row.auth ?? "none"],
      ]),
    );
  }
  await refresh().catch((error) => replace(view.place, heading(view.id), problem(error)));
  return refresh;
}
