// SPDX-License-Identifier: Apache-2.0
// What has been taken in, with a search that answers while it is typed.
import { h, replace } from "./dom.js";
import { get, Problem, segment } from "./api.js";
import { choice, empty, field, filters as filterForm, heading } from "./parts.js";
import { plural } from "./format.js";
import { PagedList } from "./list.js";
import { eventTable } from "./eventtable.js";

const types = [
  "payment.created",
  "payment.awaiting",
  "payment.pending",
  "payment.paid",
  "payment.underpaid",
  "payment.late",
  "payment.expired",
  "payment.failed",
  "payment.cancelled",
  "payment.on_hold",
  "payment.refund_pending",
  "payment.refunded",
  "payment.refund_failed",
  "payment.test",
  "payment.unrecognised",
  "payout.processing",
  "payout.paid",
  "payout.failed",
  "payout.cancelled",
  "payout.unrecognised",
  "provider.fault",
];
const patience = 200;
const keptFor = 4000;
let open = null;
let newest = null;

/** The search field of the frame; false while this page is not shown. */
export function search(text) {
  if (open === null) return false;
  open(text);
  return true;
}

export async function show(view) {
  const filters = {
    q: view.parameters.get("q") ?? "",
    type: view.parameters.get("type") ?? "",
    source: view.parameters.get("source") ?? "",
    shop: view.parameters.get("shop") ?? "",
  };
  const input = document.getElementById("q");
  if (input.value.trim() !== filters.q) input.value = filters.q;
  const status = h("p", { class: "hint", role: "status" });
  const type = choice([["", "all types"], ...types.map((each) => [each, each])], filters.type, { "data-key": "type" });
  const source = h("input", {
    value: filters.source,
    placeholder: "cryptomus/main",
    "data-key": "source",
    autocomplete: "off",
  });
  const shop = h("input", { value: filters.shop, placeholder: "all", "data-key": "shop", autocomplete: "off" });
  let timer = null;

  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => load(filters, cursor, view.signal),
    show: (rows) => {
      status.textContent = filters.q === "" ? "" : `${plural(rows.length, "event", "events")} for “${filters.q}”`;
      return rows.length === 0 && Object.values(filters).some((each) => each !== "")
        ? nothing(filters)
        : eventTable(rows, filters.q);
    },
  });

  function changed() {
    view.remember(filters);
    clearTimeout(timer);
    timer = setTimeout(() => list.restart(), patience);
  }
  open = (text) => {
    filters.q = text;
    changed();
  };
  view.signal.addEventListener("abort", () => {
    clearTimeout(timer);
    open = null;
  });
  for (const [name, control] of Object.entries({ type, source, shop })) {
    control.addEventListener("input", () => {
      filters[name] = control.value.trim();
      changed();
    });
  }
  replace(
    view.place,
    heading("Events", status),
    filterForm(field("Type", type), field("Source", source), field("Shop", shop)),
    list.element,
  );
  await list.restart();
  return () => list.refresh();
}

/** Exact matches come from the gateway's indexes; what only contains the text is found among the newest events. */
async function load({ q, type, source, shop }, cursor, signal) {
  const filter = { type, source, shop };
  if (q === "") return get("/v1/events", { ...filter, limit: 50, cursor }, signal);
  if (q.startsWith("evt_")) {
    const event = await one(q, signal);
    if (event) return { data: [event], nextCursor: null };
  }
  const [byOrder, byObject, recent] = await Promise.all([
    get("/v1/events", { ...filter, order: q, limit: 100 }, signal),
    get("/v1/events", { ...filter, object: q, limit: 100 }, signal),
    newestOf(filter, signal),
  ]);
  const needle = q.toLowerCase();
  const near = recent.data.filter((row) =>
    [row.merchantOrderId, row.providerObjectId, row.id].some((text) => text?.toLowerCase().includes(needle))
  );
  const found = new Map([...byOrder.data, ...byObject.data, ...near].map((row) => [row.id, row]));
  return { data: [...found.values()], nextCursor: null };
}

/** The newest events of a filter, read once for all that is typed within a few seconds. */
async function newestOf(filter, signal) {
  const key = JSON.stringify(filter);
  if (newest?.key !== key || performance.now() - newest.at > keptFor) {
    newest = { key, at: performance.now(), page: await get("/v1/events", { ...filter, limit: 500 }, signal) };
  }
  return newest.page;
}

async function one(id, signal) {
  try {
    return await get(`/v1/events/${segment(id)}`, {}, signal);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

function nothing({ q }) {
  return empty(
    q === "" ? "No event with these filters" : `No event for “${q}”`,
    "A whole order number, provider's number or event id is found however old it is; ",
    "part of one among the newest 500 events. ",
    h(
      "p",
      {},
      "If the provider says that it sent a callback, look in ",
      h("a", { href: "#/quarantine" }, "quarantine"),
      " for what was refused and at its ",
      h("a", { href: "#/sources" }, "source"),
      ".",
    ),
  );
}
