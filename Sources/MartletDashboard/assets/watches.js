// SPDX-License-Identifier: Apache-2.0
// Orders that the gateway follows by asking their provider.
import { h, replace, whenChanged } from "./dom.js";
import { get, post, remove, segment } from "./api.js";
import { action, badge, choice, copyable, empty, facts, field, filters, heading, notice, toast } from "./parts.js";
import { number, time } from "./format.js";
import { PagedList, table } from "./list.js";
import { ask } from "./dialog.js";
import { sentence } from "./words.js";

const stateChoices = [["", "all states"], ["open", "open"], ["held", "held"], ["overdue", "overdue"], [
  "closed",
  "closed",
]];

export async function show(view) {
  const filter = { state: view.parameters.get("state") ?? "" };
  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/watches", { ...filter, limit: 50, cursor }, view.signal),
    show: (
      rows,
    ) => (rows.length === 0
      ? empty(
        filter.state === "" ? "No watch yet" : "No watch in this state",
        "A watch makes up for callbacks that never come: the gateway asks the provider. ",
        "Register one with POST /v1/watches or ",
        h("code", {}, "martlet watches add"),
        ".",
      )
      : table({
        caption: "Watches, newest first",
        rows,
        key: (row) => row.id,
        columns: [
          {
            title: "Watch",
            cell: (row) =>
              h("a", { href: `#/watches/${segment(row.id)}`, "data-key": `w-${row.id}` }, row.id),
          },
          { title: "Subject", cell: (row) => row.subject },
          { title: "Source", cell: (row) => row.source },
          {
            title: "State",
            cell: (row) => [badge(row.state), row.sourceHeld && h("span", { class: "flag" }, "source held")],
          },
          { title: "Last answer", cell: (row) => row.lastOutcome ?? "–" },
          { title: "Next poll", cell: (row) => (row.state === "open" ? time(row.nextPollAt) : "–") },
          { title: "Deadline", cell: (row) => time(row.deadline) },
        ],
      })),
  });
  const state = choice(stateChoices, filter.state, { "data-key": "state" });
  state.addEventListener("change", () => {
    filter.state = state.value;
    view.remember(filter);
    list.restart();
  });
  replace(
    view.place,
    heading("Watches"),
    filters(field("State", state)),
    list.element,
  );
  await list.restart();
  return () => list.refresh();
}

export async function showOne(view) {
  const path = `/v1/watches/${segment(view.id)}`;
  const does = (work, said) => async () => {
    try {
      await work();
      toast(said);
    } finally {
      await refresh();
    }
  };
  const close = () =>
    ask({
      title: `Close ${view.id}?`,
      confirm: "Close",
      danger: true,
      text: "Its provider is not asked any more. Callbacks are still taken.",
      work: does(() => remove(path), `${view.id} is closed.`),
    });

  const refresh = async () => redraw(await get(path, {}, view.signal));
  const redraw = whenChanged((row) => {
    const why = view.session.whyNot("operator");
    replace(
      view.place,
      heading(row.subject ?? row.id, badge(row.state)),
      row.note && notice(row.state === "open" ? "busy" : "warn", sentence(row.note)),
      why && h("p", { class: "hint" }, why),
      !why && h(
        "div",
        { class: "buttons" },
        row.state === "open" &&
          action("Poll now", does(() => post(`${path}/poll`), "Its provider is being asked."), {
            "data-key": "poll",
          }),
        (row.state !== "open" || row.sourceHeld) &&
          action("Resume", does(() => post(`${path}/resume`), "It is open again."), { "data-key": "resume" }),
        row.state !== "closed" && action("Close…", close, { class: "danger", "data-key": "close" }),
      ),
      facts([
        ["Watch", copyable(row.id)],
        ["Source", row.source],
        ["Shop", row.shop],
        ["Polls", number(row.polls)],
        ["Next poll", row.state === "open" ? time(row.nextPollAt) : "–"],
        ["Deadline", time(row.deadline)],
        ["Registered", time(row.createdAt)],
      ]),
      h("h2", {}, "What the provider said"),
      row.history.length === 0 ? empty("Not asked yet", "The first poll shows here.") : table({
        caption: "Polls, newest first",
        rows: row.history,
        key: (poll) => poll.number,
        columns: [
          { title: "Poll", kind: "num", cell: (poll) => number(poll.number) },
          { title: "When", cell: (poll) => time(poll.at) },
          { title: "Outcome", cell: (poll) => poll.outcome },
          { title: "Note", cell: (poll) => poll.note ?? "–" },
          {
            title: "Events",
            cell: (
              poll,
            ) => (poll.events.length === 0
              ? "none"
              : poll.events.map((id) => h("a", { href: `#/events/${segment(id)}` }, `${id.slice(0, 12)}…`))),
          },
        ],
      }),
    );
  });
  await refresh();
  return refresh;
}
