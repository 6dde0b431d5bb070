// SPDX-License-Identifier: Apache-2.0
// An endpoint's settings in fields, and what of them is different.
import { h } from "./dom.js";
import { Problem } from "./api.js";
import { choice, field } from "./parts.js";

const signatures = [["v1", "v1, a shared secret"], ["v1a", "v1a, a public key"], ["v1+v1a", "both at once"]];
const orderings = [["none", "as it comes"], ["perObject", "in turn for each payment"]];

const input = (name, value, more = {}) => h("input", { name, value, autocomplete: "off", spellcheck: "false", ...more });
const list = (values) => values.join(", ");

/** `row`: the endpoint as it is; null for one that is to be made. */
export function fields(row) {
  return [
    row === null &&
    field(
      "Id",
      input("id", "", { required: true, maxlength: 64, placeholder: "ledger" }),
      "Small letters, digits, - and _. It stays as it is.",
    ),
    field(
      "URL",
      input("url", row?.url ?? "", { required: true, type: "url", placeholder: "https://ledger.example/hooks" }),
    ),
    h(
      "div",
      { class: "pair" },
      field("Events", input("events", list(row?.events ?? ["*"])), "* for all, payment.*, or types, with commas"),
      field("Shops", input("shops", list(row?.shops ?? ["*"])), "* for all, or ids, with commas"),
      field("Signature", choice(signatures, row?.signature ?? "v1", { name: "signature" })),
      field("Order", choice(orderings, row?.ordering ?? "none", { name: "ordering" })),
      field(
        "Requests at once",
        input("maxInFlight", row?.maxInFlight ?? 16, { type: "number", min: 1, max: 256, required: true }),
      ),
      field(
        "At most, a second",
        input("ratePerSecond", row?.ratePerSecond ?? "", { type: "number", min: 0.001, max: 10000, step: "any" }),
        "Empty: no limit",
      ),
      field("Timeout", input("timeout", row?.timeout ?? "", { placeholder: "the gateway's" }), "Such as 10s"),
      field(
        "Tries again after",
        input("schedule", row ? list(row.schedule) : "", { placeholder: "the gateway's schedule" }),
        "Such as 5s, 5m, 1h",
      ),
    ),
    h(
      "label",
      { class: "check" },
      h("input", { type: "checkbox", name: "includeRaw", value: "yes", checked: row?.includeRaw ?? false }),
      "Send the provider's raw callback along; it may hold personal data",
    ),
    h(
      "details",
      {},
      h("summary", {}, "More settings"),
      field(
        "As JSON",
        h("textarea", {
          name: "more",
          rows: 4,
          spellcheck: "false",
          placeholder: '{ "headers": { "x-team": "ledger" } }',
        }),
        "headers, auth, tls, filter, shape, signatureStyles and what else an endpoint of the configuration has; " +
          "it counts before the fields above.",
      ),
    ),
  ];
}

const words = (text) => text.split(",").map((each) => each.trim()).filter((each) => each !== "");
const isSame = (left, right) => JSON.stringify(left) === JSON.stringify(right);

/** What the gateway is asked for: what is set, or of an endpoint that exists, what differs. */
export function body(values, row) {
  const wanted = {
    url: values.url.trim(),
    events: words(values.events),
    shops: words(values.shops).sort(),
    signature: values.signature,
    ordering: values.ordering,
    maxInFlight: Number(values.maxInFlight),
    ratePerSecond: values.ratePerSecond === "" ? null : Number(values.ratePerSecond),
    timeout: values.timeout.trim() || null,
    schedule: words(values.schedule),
    includeRaw: values.includeRaw === "yes",
  };
  if (wanted.schedule.length === 0) wanted.schedule = null;
  const isNews = ([name, value]) => (row === null ? value !== null : !isSame(value, row[name]));
  const entries = Object.entries(wanted).filter(isNews);
  return { ...(row === null && { id: values.id.trim() }), ...Object.fromEntries(entries), ...more(values.more) };
}

function more(text) {
  if (text.trim() === "") return {};
  let object;
  try {
    object = JSON.parse(text);
  } catch (error) {
    throw new Problem(400, { field: "more", detail: `"More settings" is no JSON: ${error.message}` });
  }
  if (object === null || typeof object !== "object" || Array.isArray(object)) {
    const detail = '"More settings" must be a JSON object, such as { "headers": { "x-team": "ledger" } }';
    throw new Problem(400, { field: "more", detail });
  }
  return object;
}
