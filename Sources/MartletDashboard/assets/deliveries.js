// SPDX-License-Identifier: Apache-2.0
// Deliveries by state and endpoint; the dead ones with the way to send many again.
import { h, replace } from "./dom.js";
import { get, segment } from "./api.js";
import { action, badge, choice, empty, field, filters, heading, notice, toast } from "./parts.js";
import { duration, number, time } from "./format.js";
import { ask } from "./dialog.js";
import { PagedList, table } from "./list.js";
import { beginReplay, dryRun, RetryRun, sayCount } from "./bulk.js";
import { outcomeLabel, states as words } from "./words.js";

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
    intros: {
      dead: "Every attempt of their schedule has failed, and nothing more is tried. Mend the endpoint first, " +
        "then send them again: by the boxes, or all that match.",
      skipped: "They came while their endpoint was disabled. Enabling it can offer them; a replay sends them as well.",
      cancelled: "Somebody cancelled them, or their endpoint was deleted.",
    },
  });

const left = " What a replay has delivered stays in this list and is left out next time.";

/** A delivery has no page of its own: it is part of its event's story. */
export async function showOne(view) {
  const delivery = await get(`/v1/deliveries/${segment(view.id)}`, {}, view.signal);
  location.replace(`#/events/${segment(delivery.event)}`);
  return null;
}

async function page(view, { title, states, state, intros }) {
  const given = (name) => view.parameters.get(name) ?? "";
  const filter = { state, endpoint: given("endpoint"), since: given("since"), until: given("until") };
  // Those of one replay, from its page.
  const replay = given("replay");
  const chosen = new Set();
  let takesAll = false;
  // Among the dead letters, or those of a replay, the other states are beside the point.
  const isWhole = !intros && replay === "";
  const mayReplay = view.session.may("operator");
  const known = await get("/v1/endpoints", { limit: 500 }, view.signal);
  const progress = h("div", {});
  const counts = h("p", { class: "counts" });
  const bar = h("div", { class: "bulk" });
  const intro = h("p", { class: "intro" });
  const drawIntro = () => intros && replace(intro, `${intros[filter.state] ?? ""}${left}`);

  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/deliveries", { ...filter, replay, limit: 50, cursor }, view.signal),
    show: (rows) => {
      for (const id of [...chosen]) if (!rows.some((row) => row.id === id)) chosen.delete(id);
      drawBar(rows);
      return rows.length === 0 ? nothing(filter.state) : deliveryTable(rows);
    },
  });

  const isReplayable = () => mayReplay && ["dead", "skipped", "cancelled"].includes(filter.state);

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
        isReplayable() && { title: "Select", isPlain: true, kind: "box", cell: box },
        {
          title: "Delivery",
          cell: (row) =>
            h("a", { href: `#/events/${segment(row.event)}`, "data-key": `dl-${row.id}` }, row.id),
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
    if (!isReplayable()) return replace(bar);
    // A replay has no filter for those of another one, so it would take more than is listed.
    const all = replay === "" && h(
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

  /** The gateway does it by itself: it goes on when this page is closed. */
  async function replayAll() {
    // What is counted is what is replayed, whatever is chosen above meanwhile.
    const wanted = { ...filter };
    replace(progress, h("p", { role: "status" }, "Counting…"));
    let counted;
    try {
      counted = await dryRun(wanted);
    } finally {
      replace(progress);
    }
    if (counted.total === 0) {
      return replace(
        progress,
        notice("warn", "Nothing of this can be replayed: it is on its way, or has arrived, by another delivery."),
      );
    }
    const begun = await ask({
      title: `Replay ${sayCount(counted.total)}?`,
      confirm: "Replay",
      text: counted.endpoints.map(({ endpoint, total, state }) =>
        `${endpoint}: ${number(total)}${state === "active" || !state ? "" : ` (${words[state]?.word ?? state})`}`
      ).join(", "),
      content: [
        field(
          "Why",
          h("input", { name: "reason", required: true, maxlength: 500 }),
          "It is kept with the replay and in the audit log.",
        ),
        field(
          "At most, a second",
          h("input", { name: "ratePerSecond", type: "number", min: 1, max: 1000, value: 100, required: true }),
          "So that an endpoint that has just come back is not flooded." +
            (counted.total > 500 ? ` At 100 it takes ${duration(counted.total * 10)}.` : ""),
        ),
      ],
      work: (values) => beginReplay(wanted, values),
    });
    if (begun !== null) location.hash = `#/replays/${segment(begun.id)}`;
  }

  function run(ids) {
    const work = new RetryRun(ids, () => {
      toast(`${sayCount(work.counts.due)} sent again.`);
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
    view.remember({ ...filter, replay });
    drawIntro();
    list.restart();
  }
  const control = (name, element) => {
    element.addEventListener("change", () => {
      filter[name] = name === "since" || name === "until" ? moment(element.value) : element.value.trim();
      changed();
    });
    return element;
  };
  drawIntro();
  replace(
    view.place,
    heading(replay === "" ? title : `Deliveries of ${replay}`),
    intros && intro,
    counts,
    filters(
      field("State", control("state", choice(states, filter.state, { "data-key": "state" }))),
      field("Endpoint", control("endpoint", endpointChoice(known, filter.endpoint))),
      field("Since (UTC)", control("since", momentField("since", filter.since))),
      field("Until (UTC)", control("until", momentField("until", filter.until))),
    ),
    !mayReplay && notice("warn", view.session.whyNot("operator")),
    bar,
    progress,
    list.element,
  );
  async function refresh() {
    await Promise.all([list.refresh(), isWhole && countStates()]);
  }
  /** How many there are in each state, of the whole gateway; a key that is limited to shops is not told. */
  async function countStates() {
    const { deliveries } = await get("/v1/stats", {}, view.signal);
    if (!deliveries) return;
    replace(
      counts,
      Object.entries(deliveries).filter(([, count]) => count > 0).map(([name, count]) => [
        h(
          "a",
          { href: `#/deliveries?state=${name}`, "data-key": `count-${name}` },
          `${number(count)} ${words[name]?.word ?? name}`,
        ),
        " ",
      ]),
    );
  }
  await Promise.all([list.restart(), isWhole && countStates()]);
  return refresh;
}

/** A list to choose from while it is short enough for that. */
function endpointChoice({ data, nextCursor }, chosen) {
  if (nextCursor !== null) {
    return h("input", { value: chosen, placeholder: "all endpoints", autocomplete: "off", "data-key": "endpoint" });
  }
  const ids = data.map(({ id }) => id);
  // One that has been deleted has deliveries still.
  const all = chosen === "" || ids.includes(chosen) ? ids : [...ids, chosen];
  return choice([["", "all endpoints"], ...all.map((id) => [id, id])], chosen, { "data-key": "endpoint" });
}

const momentField = (name, value) =>
  h("input", { type: "datetime-local", "data-key": name, value: value.replace(/Z$/, "") });

/** A field without zone, read as UTC like every time of the dashboard. */
const moment = (text) => (text === "" ? "" : `${text.length === 16 ? `${text}:00` : text}Z`);

function nothing(state) {
  if (state === "dead") return empty("No dead letters", "Every delivery has arrived or is still on its schedule.");
  return empty("No delivery with these filters", "Choose another state or endpoint, or a wider time.");
}
