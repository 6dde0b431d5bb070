// SPDX-License-Identifier: Apache-2.0
// Who changed what, and when.
import { h, replace } from "./dom.js";
import { get } from "./api.js";
import { badge, empty, field, filters, heading, notice } from "./parts.js";
import { time } from "./format.js";
import { PagedList, table } from "./list.js";

export async function show(view) {
  const why = view.session.whyNot("operator", { allShops: true });
  if (why) return replace(view.place, heading("Audit"), notice("warn", why));
  const filter = { actor: view.parameters.get("actor") ?? "", object: view.parameters.get("object") ?? "" };
  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/audit", { ...filter, limit: 50, cursor }, view.signal),
    show: (
      rows,
    ) => (rows.length === 0
      ? empty(
        "Nothing here",
        "Every change through the API, the command line and this dashboard has a line. None matches.",
      )
      : lines(rows)),
  });
  const controls = Object.keys(filter).map((name) => {
    const input = h("input", {
      value: filter[name],
      autocomplete: "off",
      "data-key": name,
      placeholder: name === "actor" ? "ops" : "ledger",
    });
    input.addEventListener("change", () => {
      filter[name] = input.value.trim();
      view.remember(filter);
      list.restart();
    });
    return field(name === "actor" ? "Who" : "Of what", input);
  });
  replace(
    view.place,
    heading("Audit"),
    filters(controls),
    list.element,
  );
  await list.restart();
  return () => list.refresh();
}

function lines(rows) {
  return table({
    caption: "Changes, newest first",
    rows,
    key: (row) => row.id,
    columns: [
      { title: "When", cell: (row) => [time(row.at), h("p", { class: "hint" }, row.id)] },
      { title: "Who", kind: "name", cell: (row) => [row.actor ?? "–", row.address && h("p", { class: "hint" }, row.address)] },
      { title: "What", cell: (row) => h("code", {}, row.action) },
      {
        title: "Of",
        cell: (row) => [row.object ?? "–", row.created && h("p", { class: "hint" }, `made ${row.created}`)],
      },
      {
        title: "Details",
        kind: "wide",
        cell: (row) => (row.detail ? h("code", {}, JSON.stringify(row.detail)) : "–"),
      },
      { title: "Outcome", cell: (row) => [badge(row.outcome), row.status && h("p", { class: "hint" }, row.status)] },
    ],
  });
}
