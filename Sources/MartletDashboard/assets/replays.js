// SPDX-License-Identifier: Apache-2.0
// Replays that the gateway carries out by itself: how far each is, and pause, resume, cancel.
import { h, replace } from "./dom.js";
import { get, getIfServed, post, segment } from "./api.js";
import { action, badge, copyable, empty, facts, heading, missing } from "./parts.js";
import { number, time } from "./format.js";
import { PagedList, table } from "./list.js";
import { toast } from "./dialog.js";

/** How many there are to make, are made, and have come to an end. */
function counts(replay) {
  const given = replay.counts ?? replay;
  return { total: given.total ?? 0, made: given.made ?? 0, delivered: given.delivered ?? 0, failed: given.failed ?? 0 };
}

export async function show(view) {
  const first = await getIfServed("/v1/replays", { limit: 50 }, view.signal);
  if (first === null) {
    replace(view.place, heading("Replays"), missing("replays"),
      h("p", {}, h("a", { href: "#/dead" }, "Dead letters"), " can be sent again from their page meanwhile."));
    return null;
  }
  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/replays", { limit: 50, cursor }, view.signal),
    show: (rows) => (rows.length === 0
      ? empty("No replay yet", "After an outage, choose what is to be sent again among the ", h("a", { href: "#/dead" }, "dead letters"), ".")
      : table({
        caption: "Replays, newest first", rows, key: (row) => row.id,
        columns: [
          { title: "Replay", cell: (row) => h("a", { href: `#/replays/${encodeURIComponent(row.id)}`, "data-key": `r-${row.id}` }, row.id) },
          { title: "State", cell: (row) => badge(row.state) },
          { title: "Progress", cell: (row) => bar(counts(row)) },
          { title: "Why", cell: (row) => row.reason ?? "–" },
          { title: "Begun", cell: (row) => time(row.createdAt) },
        ],
      })),
  });
  replace(view.place, heading("Replays"), list.element);
  await list.restart();
  return () => list.refresh();
}

function bar({ total, made }) {
  return h("span", { class: "progress" },
    h("progress", { max: Math.max(1, total), value: made, "aria-label": "Deliveries made" }), ` ${number(made)} of ${number(total)}`);
}

export async function showOne(view) {
  const title = heading(`Replay ${view.id}`);
  const body = h("div", { role: "status", "aria-live": "polite" });
  replace(view.place, title, body);
  async function refresh() {
    const replay = await get(`/v1/replays/${segment(view.id)}`, {}, view.signal);
    const all = counts(replay);
    const verb = (name, label) => view.session.may("operator") && action(label, async () => {
      try { await post(`/v1/replays/${segment(view.id)}/${name}`); } catch (error) { toast(error.message, "bad"); }
      await refresh();
    }, { "data-key": name });
    replace(body, h("p", {}, badge(replay.state), " ", bar(all)),
      facts([["Replay", copyable(replay.id)], ["Delivered", number(all.delivered)], ["Failed so far", number(all.failed)],
        ["Why", replay.reason], ["Begun", time(replay.createdAt)]]),
      h("div", { class: "buttons" }, replay.state === "running" && verb("pause", "Pause"),
        replay.state === "paused" && verb("resume", "Resume"),
        ["running", "paused"].includes(replay.state) && verb("cancel", "Cancel")));
  }
  await refresh();
  return refresh;
}
