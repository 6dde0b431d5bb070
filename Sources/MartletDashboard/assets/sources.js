// SPDX-License-Identifier: Apache-2.0
// Providers' accounts: what they send, what is refused, and the daily comparison with their lists.
import { h, replace } from "./dom.js";
import { getIfServed, post } from "./api.js";
import { action, badge, empty, heading, notice } from "./parts.js";
import { bounded, number, time } from "./format.js";
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
      getIfServed("/v1/sources", {}, view.signal),
      getIfServed("/v1/sweeps", {}, view.signal),
    ]);
    const rows = served?.data ?? counted();
    replace(
      body,
      served === null &&
        notice(
          "warn",
          "Counted since the gateway started; this gateway does not say yet when each source was last heard of.",
        ),
      rows.length === 0
        ? empty("No callback yet", "Give the provider the address /hooks/PROVIDER/ID of the ingest listener.")
        : sourceTable(rows),
      warningList(rows),
    );
    const list = swept?.data ?? [];
    replace(
      sweeps,
      list.length > 0 && [h("h2", {}, "Daily comparison with the provider's list"), sweepTable(view, list, refresh)],
    );
  }
  await refresh();
  return refresh;
}

/** What the counters say, where the gateway has no list of sources. */
function counted() {
  const found = new Map();
  const of = (id) => {
    if (!found.has(id)) found.set(id, { id, outcomes: {}, quarantine: { count: 0 } });
    return found.get(id);
  };
  for (const { name, labels, value } of metrics.samples) {
    if (name === "martlet_ingest_requests_total" && labels.provider !== "-") {
      of(`${labels.provider}/${labels.source}`).outcomes[labels.outcome] = value;
    }
    if (name === "martlet_quarantine") of(labels.source).quarantine.count = value;
  }
  return [...found.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}

const list = (counts) => {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.length === 0
    ? "none"
    : some.map(([name, count]) => `${name.replaceAll("_", " ")} ${number(count)}`).join(", ");
};

const link = (row) =>
  h("a", { href: `#/events?source=${encodeURIComponent(row.id)}`, "data-key": `s-${row.id}` }, row.id);

const quarantined = (row) =>
  h("a", {
    href: `#/quarantine?source=${encodeURIComponent(row.id)}`,
    "aria-label": `${number(row.quarantine.count)} of ${row.id} in quarantine`,
  }, number(row.quarantine.count));

function sourceTable(rows) {
  const isCounted = rows.some((row) => row.outcomes);
  const columns = isCounted
    ? [
      { title: "Source", cell: link },
      { title: "Callbacks", cell: (row) => list(row.outcomes) },
      { title: "In quarantine", kind: "num", cell: quarantined },
    ]
    : [
      {
        title: "Source",
        cell: (
          row,
        ) => [
          link(row),
          row.hold && h("p", { class: "hint" }, badge("held"), " ", row.hold.reason, " since ", time(row.hold.since)),
        ],
      },
      { title: "Last heard of", cell: (row) => time(row.lastHeardAt) },
      { title: "Last event", cell: (row) => time(row.lastEventAt) },
      {
        title: "Refused in a day",
        cell: (
          row,
        ) => [
          list(row.refusals.lastDay),
          list(row.refusals.lastHour) !== "none" &&
          h("p", { class: "hint" }, `in the last hour: ${list(row.refusals.lastHour)}`),
        ],
      },
      { title: "In quarantine", kind: "num", cell: quarantined },
      { title: "Watches", cell: (row) => list(row.watches) },
      { title: "Poll faults", kind: "num", cell: (row) => bounded(row.pollFaults) },
    ];
  return table({ caption: "Sources", rows, key: (row) => row.id, columns });
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
            try {
              await post("/v1/sweeps", { source: row.source });
              toast(`${row.source} is being compared.`);
            } catch (error) {
              toast(error.message, "bad");
            }
            await refresh();
          }, { "data-key": `sweep-${row.source}`, "aria-label": `Compare ${row.source} now` }),
      },
    ].filter(Boolean),
  });
}
