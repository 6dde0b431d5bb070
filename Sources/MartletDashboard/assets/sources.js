// SPDX-License-Identifier: Apache-2.0
// Providers' accounts: what they send, what is refused, and the daily comparison with their lists.
import { h, replace, whenChanged } from "./dom.js";
import { create, get, segment } from "./api.js";
import { action, badge, empty, heading, toast } from "./parts.js";
import { bounded, number, time } from "./format.js";
import { PagedList, table } from "./list.js";

export async function show(view) {
  const sweeps = h("div", {});
  const list = new PagedList({
    key: (row) => row.id,
    moreLabel: "Show more",
    load: (cursor) => get("/v1/sources", { limit: 100, cursor }, view.signal),
    show: (rows) => [
      rows.length === 0
        ? empty(
          "No source",
          'A source is an account at a provider. Add one to "sources" of the configuration, ',
          "and give the provider the address /hooks/PROVIDER/ID of the ingest listener.",
        )
        : sourceTable(rows),
      warningList(rows),
    ],
  });
  replace(view.place, heading("Sources"), list.element, sweeps);

  async function refresh() {
    const [{ data }] = await Promise.all([get("/v1/sweeps", {}, view.signal), list.refresh()]);
    redraw(data);
  }
  const redraw = whenChanged((data) =>
    replace(
      sweeps,
      data.length > 0 && [h("h2", {}, "Daily comparison with the provider's list"), sweepTable(view, data, refresh)],
    )
  );
  await refresh();
  return refresh;
}

const said = (counts) => {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.length === 0
    ? "none"
    : some.map(([name, count]) => `${name.replaceAll("_", " ")} ${number(count)}`).join(", ");
};

const link = (row) =>
  h("a", { href: `#/events?source=${segment(row.id)}`, "data-key": `s-${row.id}` }, row.id);

const quarantined = (row) =>
  h("a", {
    href: `#/quarantine?source=${segment(row.id)}`,
    "aria-label": `${number(row.quarantine.count)} of ${row.id} in quarantine`,
  }, number(row.quarantine.count));

function sourceTable(rows) {
  return table({
    caption: "Sources",
    rows,
    key: (row) => row.id,
    columns: [
      {
        title: "Source",
        cell: (row) => [
          link(row),
          row.hold && h("p", { class: "hint" }, badge("held"), " ", row.hold.reason, " since ", time(row.hold.since)),
        ],
      },
      { title: "Last heard of", cell: (row) => time(row.lastHeardAt) },
      { title: "Last event", cell: (row) => time(row.lastEventAt) },
      {
        title: "Refused in a day",
        cell: (row) => [
          said(row.refusals.lastDay),
          said(row.refusals.lastHour) !== "none" &&
          h("p", { class: "hint" }, `in the last hour: ${said(row.refusals.lastHour)}`),
        ],
      },
      { title: "In quarantine", kind: "num", cell: quarantined },
      { title: "Watches", cell: (row) => said(row.watches) },
      { title: "Polls that failed", kind: "num", cell: (row) => bounded(row.pollFaults) },
    ],
  });
}

/** What `martlet check` says of a source. */
function warningList(rows) {
  const warned = rows.filter((row) => row.warnings?.length > 0);
  return warned.length > 0 &&
    [
      h("h2", {}, "What the configuration warns of"),
      h("ul", {}, warned.flatMap((row) => row.warnings.map((each) => h("li", {}, `${row.id}: ${each}`)))),
    ];
}

function sweepTable(view, rows, refresh) {
  return table({
    caption: "Sweeps",
    rows,
    key: (row) => row.source,
    columns: [
      { title: "Source", cell: (row) => row.source },
      { title: "State", cell: (row) => badge(row.state) },
      { title: "Last run", cell: (row) => time(row.last?.finishedAt) },
      { title: "Listed", kind: "num", cell: (row) => number(row.last?.listed) },
      { title: "Had been missed", kind: "num", cell: (row) => number(row.last?.missed) },
      { title: "Next", cell: (row) => time(row.nextAt) },
      view.session.may("operator") && {
        title: "Action",
        isPlain: true,
        cell: (row) =>
          action("Compare now", async () => {
            await create("/v1/sweeps", { source: row.source });
            toast(`${row.source} is being compared.`);
            await refresh();
          }, { "data-key": `sweep-${row.source}`, "aria-label": `Compare ${row.source} now` }),
      },
    ].filter(Boolean),
  });
}
