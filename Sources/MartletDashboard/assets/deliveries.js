// SPDX-License-Identifier: Apache-2.0
// Deliveries by state and endpoint; the dead ones with the way to send many again.
import { h, replace } from "./dom.js";
import { get, Problem, segment } from "./api.js";
import { action, badge, choice, empty, field, heading, notice, problem } from "./parts.js";
import { number, time } from "./format.js";
import { ask, toast } from "./dialog.js";
import { PagedList, table } from "./list.js";
import { beginReplay, collect, dryRun, RetryRun, sayCount } from "./bulk.js";
import { outcomeLabel } from "./words.js";
import { metrics } from "./metrics.js";

const stateChoices = [
  ["", "all states"],
  ["pending", "pending"],
  ["in_flight", "being sent"],
  ["delivered", "delivered"],
  ["dead", "dead"],
  ["skipped", "skipped"],
  ["cancelled", "cancelled"],
];

export const show = (view) =>
  page(view, { title: "Deliveries", states: stateChoices, state: view.parameters.get("state") ?? "" });

export const showDead = (view) =>
  page(view, {
    title: "Dead letters",
    states: [["dead", "dead"], ["skipped", "skipped"], ["cancelled", "cancelled"]],
    state: view.parameters.get("state") ?? "dead",
    intro:
      "Their schedule is used up and nothing more is tried. Mend the endpoint first, then send them again: by the boxes, or all that match the filter.",
  });

/** A delivery has no page of its own: it is part of its event's story. */
export async function showOne(view) {
  const delivery = await get(`/v1/deliveries/${segment(view.id)}`, {}, view.signal);
  location.replace(`#/events/${encodeURIComponent(delivery.event)}`);
}

async function page(view, { title, states, state, intro }) {
  const filter = { state, endpoint: view.parameters.get("endpoint") ?? "", since: "", until: "" };
  // Those of one replay, from its page.
  const replay = view.parameters.get("replay") ?? "";
  const chosen = new Set();
  let takesAll = false;
  const mayReplay = view.session.may("operator");
  const known = await get("/v1/endpoints", { limit: 500 }, view.signal);
  const progress = h("div", {});
  const bar = h("div", { class: "bulk" });

  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/deliveries", { ...filter, replay, limit: 50, cursor }, view.signal),
    show: (rows) => {
      for (const id of [...chosen]) if (!rows.some((row) => row.id === id)) chosen.delete(id);
      drawBar(rows);
      return rows.length === 0 ? nothing(filter.state) : deliveryTable(rows);
    },
  });

  function deliveryTable(rows) {
    const box = (row) =>
      h("input", {
        type: "checkbox",
        "aria-label": `Select ${row.id}`,
        "data-key": `box-${row.id}`,
        checked: takesAll || chosen.has(row.id),
        disabled: takesAll,
        on: {
          change: (event) => {
            event.target.checked ? chosen.add(row.id) : chosen.delete(row.id);
            drawBar(rows);
          },
        },
      });
    return table({
      caption: `${title}, newest first`,
      rows,
      key: (row) => row.id,
      columns: [
        mayReplay && { title: "Select", isPlain: true, kind: "box", cell: box },
        {
          title: "Delivery",
          cell: (row) =>
            h("a", { href: `#/events/${encodeURIComponent(row.event)}`, "data-key": `dl-${row.id}` }, row.id),
        },
        { title: "Event", cell: (row) => h("span", { class: "type" }, row.eventType) },
        { title: "Endpoint", cell: (row) => row.endpoint },
        { title: "State", cell: (row) => badge(row.state) },
        { title: "Last answer", cell: (row) => outcomeLabel(row.lastOutcome) },
        { title: "Attempts", kind: "num", cell: (row) => number(row.attemptCount) },
        { title: "Made", cell: (row) => time(row.createdAt) },
      ].filter(Boolean),
    });
  }

  function drawBar(rows) {
    if (!mayReplay || !["dead", "skipped", "cancelled"].includes(filter.state)) return replace(bar);
    const all = h(
      "label",
      { class: "check" },
      h("input", {
        type: "checkbox",
        checked: takesAll,
        "data-key": "all",
        on: {
          change: (event) => {
            takesAll = event.target.checked;
            chosen.clear();
            list.redraw();
          },
        },
      }),
      `All ${filter.state} deliveries that match the filter, on later pages too`,
    );
    const count = takesAll ? null : chosen.size;
    const label = takesAll ? "Replay all that match…" : count > 0 ? `Replay ${sayCount(count)}…` : "Replay…";
    const button = action(label, () => (takesAll ? replayAll() : replayChosen()), {
      class: "primary",
      "data-key": "replay",
      disabled: rows.length === 0 || count === 0,
    });
    replace(bar, all, button);
  }

  async function replayChosen() {
    const ids = [...chosen];
    const answer = await ask({
      title: `Send ${sayCount(ids.length)} again?`,
      confirm: "Replay",
      text: "Each is due at once and begins its schedule anew.",
    });
    if (answer !== null) run(ids);
  }

  /** What the gateway can do by itself it does: its replays go on when this page is closed. */
  async function replayAll() {
    const line = h("p", { role: "status" }, "Counting…");
    replace(progress, line);
    let counted;
    try {
      counted = await dryRun(filter);
    } catch (error) {
      if (!(error instanceof Problem && error.isMissingRoute)) return replace(progress, problem(error));
      const ids = await collect(filter, (count) => {
        line.textContent = `Counting: ${sayCount(count)}…`;
      }, view.signal);
      replace(progress);
      const answer = await ask({
        title: `Send ${sayCount(ids.length)} again?`,
        confirm: "Replay",
        text:
          "This gateway has no replays yet, so this page asks for one after the other: keep it open until it is done.",
      });
      if (answer !== null) run(ids);
      return;
    }
    replace(progress);
    if (counted.total === 0) {
      return replace(
        progress,
        notice("warn", "Nothing of this can be replayed: it is on its way, or has arrived, by another delivery."),
      );
    }
    const answer = await ask({
      title: `Replay ${sayCount(counted.total)}?`,
      confirm: "Replay",
      text: counted.endpoints.map(({ endpoint, total, state }) =>
        `${endpoint}: ${number(total)}${state === "active" || !state ? "" : ` (${state})`}`
      ).join(", "),
      content: [
        field(
          "Why",
          h("input", { name: "reason", required: true, maxlength: 500 }),
          "It is kept with the replay and in the audit log.",
        ),
        field(
          "At most, each second",
          h("input", { name: "ratePerSecond", type: "number", min: 1, max: 1000, value: 100 }),
          "So that an endpoint that has just come back is not flooded.",
        ),
      ],
    });
    if (answer === null) return;
    try {
      const replay = await beginReplay(filter, answer);
      location.hash = `#/replays/${encodeURIComponent(replay.id)}`;
    } catch (error) {
      replace(progress, problem(error));
    }
  }

  function run(ids) {
    const work = new RetryRun(ids, () => {
      toast(`${sayCount(work.counts.due)} sent again.`);
      metrics.look();
      list.restart();
    }, view.signal);
    chosen.clear();
    takesAll = false;
    replace(progress, work.element);
    work.start();
    list.redraw();
  }

  function changed() {
    takesAll = false;
    chosen.clear();
    view.remember({ state: filter.state, endpoint: filter.endpoint, replay });
    list.restart();
  }
  const control = (name, element) => {
    element.addEventListener("change", () => {
      filter[name] = name === "since" || name === "until" ? moment(element.value) : element.value;
      changed();
    });
    return element;
  };
  replace(
    view.place,
    heading(replay === "" ? title : `Deliveries of ${replay}`),
    intro && h("p", { class: "intro" }, intro),
    h(
      "form",
      { class: "filters", "aria-label": "Filters", on: { submit: (event) => event.preventDefault() } },
      field("State", control("state", choice(states, filter.state, { "data-key": "state" }))),
      field(
        "Endpoint",
        control(
          "endpoint",
          choice([["", "all endpoints"], ...known.data.map(({ id }) => [id, id])], filter.endpoint, {
            "data-key": "endpoint",
          }),
        ),
      ),
      field("Since (UTC)", control("since", h("input", { type: "datetime-local", "data-key": "since" }))),
      field("Until (UTC)", control("until", h("input", { type: "datetime-local", "data-key": "until" }))),
    ),
    !mayReplay && notice("warn", view.session.whyNot("operator")),
    bar,
    progress,
    list.element,
  );
  await list.restart();
  return () => list.refresh();
}

/** A field without zone, read as UTC like every time of the dashboard. */
const moment = (text) => (text === "" ? "" : `${text.length === 16 ? `${text}:00` : text}Z`);

function nothing(state) {
  if (state === "dead") return empty("No dead letters", "Every delivery has been made or is still on its schedule.");
  return empty("No delivery with these filters", "Choose another state or endpoint, or a wider time.");
}
