// SPDX-License-Identifier: Apache-2.0
// Providers' accounts: what they send, what is refused, and the daily comparison with their lists.
import { h, replace } from "./dom.js";
import { getIfServed, post } from "./api.js";
import { action, badge, empty, heading, notice } from "./parts.js";
import { number, time } from "./format.js";
import { table } from "./list.js";
import { toast } from "./dialog.js";
import { metrics } from "./metrics.js";

export async function show(view) {
  const body = h("div", {});
  const sweeps = h("div", {});
  replace(view.place, heading("Sources"), body, sweeps);

  async function refresh() {
    await metrics.look();
    const [served, swept] = await Promise.all([
      getIfServed("/v1/sources", {}, view.signal), getIfServed("/v1/sweeps", {}, view.signal),
    ]);
    const rows = served?.data ?? counted();
    replace(body, served === null && notice("warn", "Counted since the gateway started; this gateway does not say yet when each source was last heard of."),
      rows.length === 0
        ? empty("No callback yet", "Give the provider the address /hooks/PROVIDER/ID of the ingest listener.")
        : sourceTable(rows));
    const list = swept?.data ?? [];
    replace(sweeps, list.length > 0 && [h("h2", {}, "Daily comparison with the provider's list"), sweepTable(view, list, refresh)]);
  }
  await refresh();
  return refresh;
}

/** What the counters say, where the gateway has no list of sources. */
function counted() {
  const found = new Map();
  const of = (id) => {
    if (!found.has(id)) found.set(id, { id, counts: {}, quarantine: 0 });
    return found.get(id);
  };
  for (const { name, labels, value } of metrics.samples) {
    if (name === "martlet_ingest_requests_total" && labels.provider !== "-") {
      of(`${labels.provider}/${labels.source}`).counts[labels.outcome] = value;
    }
    if (name === "martlet_quarantine") of(labels.source).quarantine = value;
  }
  return [...found.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}

function sourceTable(rows) {
  const nameOf = (row) => row.id ?? row.source;
  const accepted = (row) => row.counts?.accepted;
  return table({
    caption: "Sources", rows, key: nameOf,
    columns: [
      { title: "Source", cell: (row) => h("a", { href: `#/events?source=${encodeURIComponent(nameOf(row))}`, "data-key": `s-${nameOf(row)}` }, nameOf(row)) },
      rows.some((row) => row.counts) && { title: "Accepted", kind: "num", cell: (row) => number(accepted(row) ?? 0) },
      rows.some((row) => row.lastCallback !== undefined) && { title: "Last callback", cell: (row) => time(row.lastCallback) },
      rows.some((row) => row.counts) && {
        title: "Others", cell: (row) => {
          const others = Object.entries(row.counts ?? {}).filter(([name, count]) => name !== "accepted" && count > 0);
          return others.length === 0 ? "none" : others.map(([name, count]) => `${name.replaceAll("_", " ")} ${number(count)}`).join(", ");
        },
      },
      {
        title: "In quarantine", kind: "num", cell: (row) => h("a", { href: `#/quarantine?source=${encodeURIComponent(nameOf(row))}` },
          number(typeof row.quarantine === "object" ? row.quarantine?.count : row.quarantine)),
      },
    ].filter(Boolean),
  });
}

function sweepTable(view, rows, refresh) {
  return table({
    caption: "Sweeps", rows, key: (row) => row.source,
    columns: [
      { title: "Source", cell: (row) => row.source },
      { title: "State", cell: (row) => badge(row.state) },
      { title: "Last run", cell: (row) => time(row.last?.finishedAt) },
      { title: "Listed", kind: "num", cell: (row) => number(row.last?.listed) },
      { title: "Had been missed", kind: "num", cell: (row) => number(row.last?.missed) },
      { title: "Next", cell: (row) => time(row.nextAt) },
      view.session.may("operator") && {
        title: "Action", isPlain: true, cell: (row) => action("Compare now", async () => {
          try { await post("/v1/sweeps", { source: row.source }); toast(`${row.source} is being compared.`); } catch (error) { toast(error.message, "bad"); }
          await refresh();
        }, { "data-key": `sweep-${row.source}`, "aria-label": `Compare ${row.source} now` }),
      },
    ].filter(Boolean),
  });
}
