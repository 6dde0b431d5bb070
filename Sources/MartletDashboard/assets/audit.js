// SPDX-License-Identifier: Apache-2.0
// Who changed what, and when.
import { h, replace } from "./dom.js";
import { get, getIfServed } from "./api.js";
import { empty, heading, missing } from "./parts.js";
import { time } from "./format.js";
import { PagedList, table } from "./list.js";

export async function show(view) {
  if ((await getIfServed("/v1/audit", { limit: 1 }, view.signal)) === null) {
    replace(view.place, heading("Audit"), missing("audit log"),
      h("p", {}, "Changes are in the gateway's own log meanwhile: look for “operator's request”."));
    return null;
  }
  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/audit", { limit: 50, cursor }, view.signal),
    show: (rows) => (rows.length === 0 ? empty("Nothing was changed yet", "Every change through the API, the command line and this dashboard is here.") : table({
      caption: "Changes, newest first", rows, key: (row) => row.id,
      columns: [
        { title: "When", cell: (row) => time(row.at) },
        { title: "Who", cell: (row) => text(row.actor ?? row.key) },
        { title: "What", cell: (row) => h("code", {}, text(row.action ?? row.route)) },
        { title: "Of", cell: (row) => text(row.object) },
        { title: "Details", cell: (row) => text(row.summary ?? row.what) },
        { title: "Outcome", cell: (row) => text(row.outcome ?? row.status) },
      ],
    })),
  });
  replace(view.place, heading("Audit"), list.element);
  await list.restart();
  return () => list.refresh();
}

/** Anything as text: members of the answer may be objects. */
function text(value) {
  if (value === null || value === undefined || value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
