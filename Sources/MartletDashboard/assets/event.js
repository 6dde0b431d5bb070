// SPDX-License-Identifier: Apache-2.0
// One event's story: what came, what it was taken for, who got it and what they answered.
import { h, replace, whenChanged } from "./dom.js";
import { create, get, post, remove, segment } from "./api.js";
import {
  action,
  badge,
  bodyView,
  copyable,
  facts,
  field,
  headerLines,
  heading,
  jsonView,
  notice,
  plain,
  toast,
} from "./parts.js";
import { amount, clock, duration, plural, time } from "./format.js";
import { ask } from "./dialog.js";
import { asItCame, howItCame } from "./callback.js";
import { flagOf } from "./eventtable.js";
import { finality, flags, methods, moneyOf, outcome, sentence } from "./words.js";

/** Deliveries whose attempts are read; an event has one for each endpoint. */
const readAtMost = 50;

export async function show(view) {
  const redraw = whenChanged((event, details) => draw(view, event, details, refresh));
  async function refresh() {
    const event = await get(`/v1/events/${segment(view.id)}`, {}, view.signal);
    const details = await Promise.all(
      event.deliveries.slice(0, readAtMost).map((delivery) =>
        get(`/v1/deliveries/${segment(delivery.id)}`, {}, view.signal)
      ),
    );
    redraw(event, details);
  }
  await refresh();
  return refresh;
}

function draw(view, event, deliveries, refresh) {
  const data = event.body?.data;
  replace(
    view.place,
    heading(
      event.merchantOrderId ?? event.providerObjectId ?? event.type,
      h("span", { class: "type" }, event.type),
      event.flags.map(flagOf),
      view.session.may("operator") && !event.expunged &&
        action("Replay this event…", () => replayEvent(event, refresh), { "data-key": "replay" }),
      view.session.may("admin") && !event.expunged &&
        action("Remove personal data…", () => expunge(event, refresh), { "data-key": "expunge" }),
    ),
    event.expunged && notice(
      "warn",
      `${event.expunged.by} removed what it said of people: “${event.expunged.reason}”. `,
      time(event.expunged.at),
    ),
    event.flags.filter((flag) => flags[flag]).map((flag) => h("p", { class: "hint" }, flags[flag])),
    facts([
      ["Order", copyable(event.merchantOrderId)],
      ["Amount", amount(moneyOf(event))],
      ["Source", event.source],
      ["Shop", event.shop || "–"],
      ["Event", copyable(event.id), "wide"],
      [`Number at ${data?.provider ?? "the provider"}`, copyable(event.providerObjectId), "wide"],
      ["Status at the provider", event.providerStatus ?? "–"],
      ["Final", finality[data?.finality] ?? "–"],
      event.traceId && ["Trace", copyable(event.traceId), "wide"],
    ]),
    h("h2", {}, "Timeline"),
    h(
      "ol",
      { class: "timeline" },
      received(event),
      verified(event),
      normalised(event, deliveries),
      steps(view, deliveries, refresh),
    ),
    h("h2", {}, "Callback and event"),
    h(
      "div",
      { class: "sides" },
      h("section", { "aria-labelledby": "raw" }, h("h3", { id: "raw" }, "As it came"), asItCame(event)),
      h(
        "section",
        { "aria-labelledby": "normalised" },
        h("h3", { id: "normalised" }, "As subscribers get it"),
        jsonView(event.body, "Normalised event"),
      ),
    ),
  );
}

function step(moment, tone, shape, title, ...body) {
  return h(
    "li",
    { class: `step ${tone}` },
    h("span", { class: "dot", "aria-hidden": "true" }, shape),
    h("div", { class: "step-body" }, h("p", { class: "step-title" }, title, " ", moment && time(moment)), body),
  );
}

function received(event) {
  return step(
    event.raw?.received_at ?? event.receivedAt,
    "good",
    "↓",
    howItCame(event),
    event.body?.data?.occurred_at &&
      h("p", { class: "hint" }, "The provider dates the change ", time(event.body.data.occurred_at), "."),
  );
}

function verified(event) {
  const verification = event.body?.data?.verification;
  if (!verification) return null;
  const isForced = verification.method === "forced";
  const uncovered = verification.uncovered_fields ?? [];
  return step(
    null,
    isForced ? "warn" : "good",
    isForced ? "!" : "✓",
    isForced ? "Not verified" : "Verified",
    h("p", {}, methods[verification.method] ?? verification.method, "."),
    event.raw?.forced && h("p", {}, `Forced by ${event.raw.forced.by}: “${event.raw.forced.reason}”.`),
    uncovered.length > 0 && h("p", { class: "hint" }, `The proof does not protect ${uncovered.join(", ")}.`),
  );
}

function normalised(event, deliveries) {
  const withheld = event.flags.includes("out_of_order") || event.flags.includes("already_known");
  const text = withheld
    ? `Kept and not delivered: ${event.flags.join(", ").replaceAll("_", " ")}.`
    : deliveries.length === 0
    ? "No endpoint wanted it at that time. A replay sends it to the endpoints of today."
    : `Stored with ${plural(deliveries.length, "delivery", "deliveries")}, then acknowledged.`;
  return step(event.receivedAt, withheld ? "warn" : "good", "◆", `Became ${event.type}`, h("p", {}, text));
}

/** Deliveries with their attempts, in the order in which things happened. */
function steps(view, deliveries, refresh) {
  const all = [];
  for (const delivery of deliveries) {
    for (const attempt of delivery.attempts) all.push({ at: attempt.startedAt, node: attemptStep(delivery, attempt) });
    all.push({ at: endOf(delivery), node: standing(view, delivery, refresh) });
  }
  return all.sort((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0)).map((each) => each.node);
}

/** Where it stands comes after its last attempt. */
function endOf(delivery) {
  const last = delivery.attempts.at(-1);
  return last ? `${last.startedAt}~` : delivery.createdAt;
}

function attemptStep(delivery, attempt) {
  const isGood = attempt.status >= 200 && attempt.status < 300;
  const key = `${delivery.id}-${attempt.number}`;
  return step(
    attempt.startedAt,
    isGood ? "good" : "bad",
    isGood ? "✓" : "✕",
    [
      h("strong", {}, delivery.endpoint),
      ` attempt ${attempt.number}: ${outcome(attempt)} in ${duration(attempt.durationMs)}`,
    ],
    attempt.detail && h("p", { class: "hint" }, attempt.detail),
    (attempt.headers.length > 0 || attempt.body !== "") &&
      h(
        "details",
        { "data-key": `d-${key}` },
        h("summary", { "data-key": `s-${key}` }, "Its answer"),
        attempt.headers.length > 0 && plain("Headers of the answer", headerLines(attempt.headers)),
        bodyView(attempt.body, "Body of the answer"),
      ),
  );
}

function standing(view, delivery, refresh) {
  const isOpen = delivery.state === "pending";
  const mayRetry = view.session.may("operator") && ["pending", "dead", "skipped", "cancelled"].includes(delivery.state);
  const tone = { delivered: "good", dead: "bad", skipped: "warn", cancelled: "idle" }[delivery.state] ?? "wait";
  return h(
    "li",
    { class: `step ${tone} standing` },
    h("span", { class: "dot", "aria-hidden": "true" }, "•"),
    h(
      "div",
      { class: "step-body" },
      h(
        "p",
        { class: "step-title" },
        h("a", { href: `#/endpoints/${segment(delivery.endpoint)}` }, delivery.endpoint),
        " ",
        badge(delivery.state),
        " ",
        isOpen && delivery.dueAt && ["next attempt ", time(delivery.dueAt)],
      ),
      isOpen && delivery.waits && h("p", {}, sentence(`it waits: ${delivery.waits.meaning}`)),
      h(
        "p",
        { class: "hint" },
        delivery.id,
        `, ${plural(delivery.attemptCount, "attempt", "attempts")}, made ${clock(delivery.createdAt)}`,
        delivery.replay && [", by replay ", h("a", { href: `#/replays/${segment(delivery.replay)}` }, delivery.replay)],
      ),
      mayRetry &&
        h(
          "div",
          { class: "buttons" },
          action("Send now", () => change(delivery, "retry", refresh), {
            "data-key": `retry-${delivery.id}`,
            "aria-label": `Send ${delivery.id} to ${delivery.endpoint} now`,
          }),
          isOpen &&
            action("Cancel", () => change(delivery, "cancel", refresh), {
              "data-key": `cancel-${delivery.id}`,
              "aria-label": `Cancel ${delivery.id} to ${delivery.endpoint}`,
            }),
        ),
    ),
  );
}

async function change(delivery, verb, refresh) {
  try {
    const answer = await post(`/v1/deliveries/${segment(delivery.id)}/${verb}`);
    toast(`${delivery.id}: ${answer.meaning ?? answer.outcome}.`);
  } finally {
    await refresh();
  }
}

async function replayEvent(event, refresh) {
  const replay = await ask({
    title: "Replay this event?",
    text: "It goes again with the same webhook-id, so subscribers that remember ids can tell that it is the same.",
    confirm: "Replay",
    content: field("Why", h("input", { name: "reason", required: true, maxlength: 500 }), "It is kept in the audit log."),
    work: ({ reason }) => create(`/v1/events/${segment(event.id)}/replay`, { reason }),
  });
  if (replay === null) return;
  toast(`${replay.id}: the event is being delivered again.`);
  await refresh();
}

async function expunge(event, refresh) {
  const waits = event.deliveries.some((each) => each.state === "pending");
  const answer = await ask({
    title: "Remove what it says of people?",
    text:
      "The callback as it came and the members that name people are removed for good. What is left proves that it came.",
    confirm: "Remove",
    danger: true,
    content: [
      field(
        "Why",
        h("input", { name: "reason", required: true, maxlength: 500 }),
        "It is kept with the event and in the audit log.",
      ),
      waits && h(
        "label",
        { class: "check" },
        h("input", { type: "checkbox", name: "cancelPending", value: "yes" }),
        "Cancel the deliveries that still wait",
      ),
    ],
    work: ({ reason, cancelPending }) =>
      remove(`/v1/events/${segment(event.id)}/personal-data`, { reason, ...(cancelPending && { cancelPending: true }) }),
  });
  if (answer === null) return;
  toast("What it said of people is removed.");
  await refresh();
}
