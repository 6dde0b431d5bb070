// SPDX-License-Identifier: Apache-2.0
// Events in a table, for the overview and their own page.
import { h } from "./dom.js";
import { segment } from "./api.js";
import { empty } from "./parts.js";
import { amount, time } from "./format.js";
import { table } from "./list.js";
import { flags, moneyOf } from "./words.js";

export function eventTable(rows, mark = "") {
  if (rows.length === 0) {
    return empty(
      "No event yet",
      "When a provider's callback has been verified, its event is here within a second. ",
      h("p", {}, "To try it: ", h("code", {}, "martlet trigger PROVIDER/ID --status paid"), "."),
    );
  }
  return table({
    caption: "Events, newest first",
    rows,
    key: (row) => row.id,
    columns: [
      {
        title: "Order",
        cell: (row) =>
          h(
            "a",
            { href: `#/events/${segment(row.id)}`, "data-key": `ev-${row.id}` },
            marked(nameOf(row, mark), mark),
          ),
      },
      {
        title: "Type",
        cell: (row) => [
          h("span", { class: "type" }, row.type),
          row.flags.map(flagOf),
        ],
      },
      { title: "Amount", kind: "num", cell: (row) => amount(moneyOf(row)) },
      { title: "Source", cell: (row) => row.source },
      { title: "Shop", cell: (row) => row.shop || "–" },
      { title: "Received", cell: (row) => time(row.receivedAt) },
    ],
  });
}

/** The gateway's own news have no number but their id, whose beginning is enough where it was not searched for. */
const nameOf = (row, mark) =>
  row.merchantOrderId ?? row.providerObjectId ?? (mark === "" ? `${row.id.slice(0, 12)}…` : row.id);

function marked(text, mark) {
  const at = mark === "" ? -1 : text.toLowerCase().indexOf(mark.toLowerCase());
  if (at < 0) return text;
  return [text.slice(0, at), h("mark", {}, text.slice(at, at + mark.length)), text.slice(at + mark.length)];
}

/** A word beside an event, with what it means. */
export const flagOf = (flag) => h("span", { class: "flag", title: flags[flag] }, flag.replaceAll("_", " "));
