// SPDX-License-Identifier: Apache-2.0
// Replays that the gateway carries out by itself: how far each is, and pause, resume, cancel.
import { h, replace, whenChanged } from "./dom.js";
import { get, post, segment } from "./api.js";
import { action, badge, copyable, empty, facts, heading, toast } from "./parts.js";
import { duration, number, time } from "./format.js";
import { PagedList, table } from "./list.js";
import { ask } from "./dialog.js";

/** What needs nothing more: delivered, or seen to be unneeded, gone, dead again or cancelled. */
const ended = (replay) => replay.delivered + replay.dead + replay.cancelled + replay.gone + replay.unneeded + replay.otherShop;

export async function show(view) {
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
              h("a", { href: `#/replays/${segment(row.id)}`, "data-key": `r-${row.id}` }, row.id),
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
  const body = h("div", {});
  const spoken = h("p", { class: "visually-hidden", role: "status" });
  replace(view.place, title, spoken, body);
  const refresh = async () => redraw(await get(`/v1/replays/${segment(view.id)}`, {}, view.signal));
  const redraw = whenChanged((replay) => {
    // A screen reader is told every tenth, not every one.
    const tenths = Math.floor((ended(replay) / Math.max(1, replay.total)) * 10);
    const said = `${view.id} is ${replay.state}, ${tenths * 10} % have ended.`;
    if (spoken.textContent !== said) spoken.textContent = said;
    const path = `/v1/replays/${segment(view.id)}`;
    const does = (name, said) => async () => {
      try {
        await post(`${path}/${name}`);
        toast(`${view.id} ${said}.`);
      } finally {
        await refresh();
      }
    };
    const cancel = () =>
      ask({
        title: `Cancel ${view.id}?`,
        confirm: "Cancel the replay",
        danger: true,
        text: `What has been made goes on. The ${number(replay.left)} that were not made yet are not sent again.`,
        work: does("cancel", "is cancelled"),
      });
    const mayAct = view.session.may("operator");
    const deliveries = (state, count) =>
      h("a", { href: `#/deliveries?replay=${segment(replay.id)}&state=${state}` }, number(count));
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
        ["At most, a second", number(replay.ratePerSecond)],
        replay.state === "running" && replay.left > 0 &&
        ["Made in about", duration((replay.left / replay.ratePerSecond) * 1000)],
        ["Begun", time(replay.createdAt)],
        ["Ended", time(replay.finishedAt)],
      ]),
      h(
        "div",
        { class: "buttons" },
        mayAct && replay.state === "running" && action("Pause", does("pause", "is paused"), { "data-key": "pause" }),
        mayAct && replay.state === "paused" &&
          action("Resume", does("resume", "goes on"), { "data-key": "resume", class: "primary" }),
        mayAct && ["running", "paused"].includes(replay.state) &&
          action("Cancel…", cancel, { "data-key": "cancel", class: "danger" }),
      ),
    );
  });
  await refresh();
  return refresh;
}
