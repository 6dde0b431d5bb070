// SPDX-License-Identifier: Apache-2.0
// Replays that the gateway carries out by itself: how far each is, and pause, resume, cancel.
import { h, replace } from "./dom.js";
import { get, getIfServed, post, segment } from "./api.js";
import { action, badge, copyable, empty, facts, heading, missing } from "./parts.js";
import { number, time } from "./format.js";
import { PagedList, table } from "./list.js";
import { toast } from "./dialog.js";

/** What needs nothing more: delivered, or seen to be unneeded, gone, dead again or cancelled. */
const ended = (replay) => replay.delivered + replay.dead + replay.cancelled + replay.gone + replay.unneeded + replay.otherShop;

export async function show(view) {
  const first = await getIfServed("/v1/replays", { limit: 50 }, view.signal);
  if (first === null) {
    replace(
      view.place,
      heading("Replays"),
      missing("replays"),
      h("p", {}, h("a", { href: "#/dead" }, "Dead letters"), " can be sent again from their page meanwhile."),
    );
    return null;
  }
  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/replays", { limit: 50, cursor }, view.signal),
    show: (
      rows,
    ) => (rows.length === 0
      ? empty(
        "No replay yet",
        "After an outage, choose what is to be sent again among the ",
        h("a", { href: "#/dead" }, "dead letters"),
        ".",
      )
      : table({
        caption: "Replays, newest first",
        rows,
        key: (row) => row.id,
        columns: [
          {
            title: "Replay",
            cell: (row) =>
              h("a", { href: `#/replays/${encodeURIComponent(row.id)}`, "data-key": `r-${row.id}` }, row.id),
          },
          { title: "State", cell: (row) => badge(row.state) },
          { title: "Progress", cell: (row) => bar(row) },
          { title: "Why", cell: (row) => row.reason ?? "–" },
          { title: "Begun", cell: (row) => time(row.createdAt) },
        ],
      })),
  });
  replace(view.place, heading("Replays"), list.element);
  await list.restart();
  return () => list.refresh();
}

function bar(replay) {
  return h(
    "span",
    { class: "progress" },
    h("progress", { max: Math.max(1, replay.total), value: ended(replay), "aria-label": `Progress of ${replay.id}` }),
    ` ${number(ended(replay))} of ${number(replay.total)}`,
  );
}

export async function showOne(view) {
  const title = heading(`Replay ${view.id}`);
  const body = h("div", { role: "status", "aria-live": "polite" });
  replace(view.place, title, body);
  async function refresh() {
    const replay = await get(`/v1/replays/${segment(view.id)}`, {}, view.signal);
    const verb = (name, label) =>
      view.session.may("operator") && action(label, async () => {
        try {
          await post(`/v1/replays/${segment(view.id)}/${name}`);
        } catch (error) {
          toast(error.message, "bad");
        }
        await refresh();
      }, { "data-key": name });
    const deliveries = (state, count) =>
      h("a", { href: `#/deliveries?replay=${encodeURIComponent(replay.id)}&state=${state}` }, number(count));
    replace(
      body,
      h("p", {}, badge(replay.state), " ", bar(replay)),
      facts([
        ["Delivered", deliveries("delivered", replay.delivered)],
        ["On the way", deliveries("pending", replay.waiting)],
        ["Not made yet", number(replay.left)],
        ["Dead again", deliveries("dead", replay.dead)],
        ["Cancelled", number(replay.cancelled)],
        ["Not needed any more", number(replay.unneeded)],
        ["Removed by retention", number(replay.gone)],
        ["Of a shop that the endpoint no longer gets", number(replay.otherShop)],
      ]),
      facts([
        ["Replay", copyable(replay.id)],
        ["Why", replay.reason],
        ["By", replay.createdBy],
        ["Each second", number(replay.ratePerSecond)],
        ["Begun", time(replay.createdAt)],
        ["Ended", time(replay.finishedAt)],
      ]),
      h(
        "div",
        { class: "buttons" },
        replay.state === "running" && verb("pause", "Pause"),
        replay.state === "paused" && verb("resume", "Resume"),
        ["running", "paused"].includes(replay.state) && verb("cancel", "Cancel"),
      ),
    );
  }
  await refresh();
  return refresh;
}
