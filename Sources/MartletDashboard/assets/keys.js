// SPDX-License-Identifier: Apache-2.0
// Who may use the gateway's API: keys, made and taken away.
import { h, replace } from "./dom.js";
import { create, get, remove, segment } from "./api.js";
import { action, badge, choice, copyable, field, heading, notice, toast } from "./parts.js";
import { time } from "./format.js";
import { PagedList, table } from "./list.js";
import { ask, tell } from "./dialog.js";

const roles = [["viewer", "viewer: sees"], ["operator", "operator: also retries, replays, releases"], [
  "admin",
  "admin: also endpoints and keys",
]];
const lives = [["", "never"], ["1d", "in a day"], ["30d", "in 30 days"], ["90d", "in 90 days"], ["365d", "in a year"]];

export async function show(view) {
  const why = view.session.whyNot("admin", { allShops: true });
  if (why) return replace(view.place, heading("Keys"), notice("warn", why));
  const list = new PagedList({
    key: (row) => row.id ?? row.name,
    load: (cursor) => get("/v1/keys", { limit: 100, cursor }, view.signal),
    show: (rows) => keyTable(rows, list),
  });
  replace(
    view.place,
    heading("Keys", action("New key…", () => make(list), { "data-key": "new-key" })),
    h(
      "p",
      { class: "intro" },
      "A key for each person and each script: it can be taken away without touching the others, ",
      "and the audit log tells them apart.",
    ),
    list.element,
  );
  await list.restart();
  return () => list.refresh();
}

function keyTable(rows, list) {
  return table({
    caption: "Keys",
    rows,
    key: (row) => row.id ?? row.name,
    columns: [
      { title: "Name", cell: (row) => row.name },
      { title: "Role", cell: (row) => row.role },
      { title: "Shops", cell: (row) => (row.shops.includes("*") ? "all" : row.shops.join(", ")) },
      { title: "State", cell: (row) => badge(row.state) },
      {
        title: "Made",
        cell: (row) =>
          row.managedBy === "config"
            ? h("span", { class: "hint" }, "in the configuration file")
            : [time(row.createdAt), h("p", { class: "hint" }, `by ${row.createdBy}`)],
      },
      { title: "Ends", cell: (row) => (row.expiresAt ? time(row.expiresAt) : "never") },
      { title: "Last used", cell: (row) => time(row.lastUsedAt) },
      {
        title: "Action",
        isPlain: true,
        cell: (row) =>
          row.managedBy === "api" && row.state === "active"
            ? action("Revoke…", () => revoke(row, list), {
              class: "danger",
              "data-key": `revoke-${row.id}`,
              "aria-label": `Revoke ${row.name}`,
            })
            : null,
      },
    ],
  });
}

async function make(list) {
  const made = await ask({
    title: "New key",
    confirm: "Make it",
    content: [
      field(
        "Name",
        h("input", { name: "name", required: true, maxlength: 64, autocomplete: "off", placeholder: "nightly-report" }),
        "Small letters, digits, - and _",
      ),
      field("Role", choice(roles, "viewer", { name: "role" })),
      field("Shops", h("input", { name: "shops", value: "*", required: true }), "* for all, or ids, with commas"),
      field("Ends", choice(lives, "90d", { name: "expiresIn" })),
    ],
    work: ({ name, role, shops, expiresIn }) =>
      create("/v1/keys", {
        name: name.trim(),
        role,
        shops: shops.split(",").map((each) => each.trim()).filter((each) => each !== ""),
        ...(expiresIn !== "" && { expiresIn }),
      }),
  });
  if (made === null) return;
  await tell({
    title: `The key ${made.name}`,
    text: made.key ? "It is shown this once only, and the gateway does not keep it." : made.note,
    content: made.key && h("div", { class: "secret" }, copyable(made.key)),
    confirm: made.key ? "I have kept it" : "Close",
    isOnce: Boolean(made.key),
  });
  await list.restart();
}

async function revoke(row, list) {
  const answer = await ask({
    title: `Revoke ${row.name}?`,
    confirm: "Revoke",
    danger: true,
    text: "The next request with it is refused, and whoever is signed in with it is signed out. It cannot be undone.",
    work: () => remove(`/v1/keys/${segment(row.id)}`),
  });
  if (answer === null) return;
  toast(`${row.name} is revoked.`);
  await list.restart();
}
