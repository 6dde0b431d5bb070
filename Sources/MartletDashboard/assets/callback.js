// SPDX-License-Identifier: Apache-2.0
// What came, as it came: a callback, a provider's answer, or both.
import { h } from "./dom.js";
import { bodyView, headerLines, notice, plain } from "./parts.js";

/** What was asked for by the gateway itself is kept as the bare answer. */
const isCallback = (raw) => Array.isArray(raw?.headers);

/** The first line of an event's story. */
export function howItCame(event) {
  const { raw } = event;
  if (raw?.forced) return "Callback taken out of quarantine by force";
  if (isCallback(raw)) return `Callback received from ${raw.source_address}, ${raw.media_type}`;
  const method = event.body?.data?.verification?.method;
  if (method === "internal") return "Noticed by the gateway itself";
  return ["fetched", "polled"].includes(method) ? "The provider was asked and answered" : "Callback received";
}

/** The bytes that came, for a person. */
export function asItCame(event) {
  const { raw } = event;
  if (!raw) return notice("warn", `${event.rawNote ?? "The raw callback is not there."}`);
  if (!isCallback(raw)) {
    const answer = typeof raw === "string" ? raw : JSON.stringify(raw);
    return [h("p", { class: "hint" }, "No callback: this is what the provider answered."), bodyView(answer, "Answer")];
  }
  return [
    h("p", { class: "hint" }, raw.method, " · ", raw.media_type, " · from ", raw.source_address),
    h(
      "details",
      { "data-key": "raw-headers" },
      h("summary", { "data-key": "raw-headers-s" }, "Headers"),
      plain("Headers of the callback", headerLines(raw.headers)),
    ),
    raw.body_base64 ? bodyView(raw.body_base64, "Callback as it came, Base64") : formOrBody(raw),
    raw.fetched !== undefined && [
      h("p", { class: "hint" }, "The callback proves nothing by itself; asked about it, the provider answered:"),
      bodyView(raw.fetched, "Answer"),
    ],
  ];
}

function formOrBody(raw) {
  if (raw.media_type.includes("form-urlencoded")) {
    const lines = [...new URLSearchParams(raw.body)].map(([name, value]) => `${name} = ${value}\n`);
    return plain("Callback as it came, one member a line", lines);
  }
  return bodyView(raw.body, "Callback as it came");
}
