// SPDX-License-Identifier: Apache-2.0
// What can be done to an endpoint, and the questions before it.
import { h } from "./dom.js";
import * as api from "./api.js";
import { action, copyable, facts, plain, toast } from "./parts.js";
import { bounded, duration, number, plural, time } from "./format.js";
import { ask, tell } from "./dialog.js";
import { body as wish, fields } from "./endpointform.js";
import { outcomeLabel, sentence } from "./words.js";

const path = (row, verb) => `/v1/endpoints/${api.segment(row.id)}${verb ? `/${verb}` : ""}`;
const deliveries = (count) => plural(count, "delivery", "deliveries");

const nothing = new api.Problem(400, { detail: "Nothing is different from before." });

/** Says what was done, and what of it was not. */
const done = (text, { note }) => toast(note ? `${text} ${sentence(note)}` : text, note ? "warn" : "good");

/** Why the key may change no endpoint; null if it may. */
export const whyNot = (view) => view.session.whyNot("admin", { allShops: true });

/** `all`: those too that have their place on an endpoint's own page. What the file owns is changed in the file. */
export function buttons(view, row, refresh, { all = false } = {}) {
  if (whyNot(view)) return null;
  const named = (name, label, work, more = {}) =>
    action(label, work, { "data-key": `${name}-${row.id}`, "aria-label": `${name} ${row.id}`, ...more });
  const isOfAPI = row.managedBy === "api";
  return h(
    "div",
    { class: "buttons" },
    row.state === "disabled"
      ? row.enabled && named("Enable", "Enable…", () => enable(row, refresh), { class: "primary" })
      : named("Disable", "Disable…", () => disable(row, refresh)),
    named("Test", "Send a test", () => test(row)),
    isOfAPI && named("Rotate secret of", "Rotate secret…", () => rotate(row, refresh)),
    all && isOfAPI && named("Change", "Change…", () => change(row, refresh)),
    all && isOfAPI && named("Delete", "Delete…", () => remove(row), { class: "danger" }),
  );
}

async function enable(row, refresh) {
  const { skipped } = row.backlog;
  const result = await ask({
    title: `Enable ${row.id}?`,
    confirm: "Enable",
    text: `What waits (${bounded(row.backlog.pending)}) is sent, slowly at first.`,
    content: skipped.count > 0 && h(
      "label",
      { class: "check" },
      h("input", { type: "checkbox", name: "offerSkipped", value: "yes" }),
      `Also send what was skipped while it was disabled (${bounded(skipped)})`,
    ),
    work: ({ offerSkipped }) => api.post(path(row, "enable"), { offerSkipped: offerSkipped === "yes" }),
  });
  if (result === null) return;
  done(`${row.id} is enabled${result.offered > 0 ? `; ${number(result.offered)} skipped are offered to it` : ""}.`, result);
  await refresh();
}

async function disable(row, refresh) {
  const result = await ask({
    title: `Disable ${row.id}?`,
    confirm: "Disable",
    danger: true,
    text:
      "Nothing more is sent to it. What waits goes on waiting; what comes meanwhile is skipped and can be offered later.",
    work: () => api.post(path(row, "disable")),
  });
  if (result === null) return;
  toast(`${row.id} is disabled.`);
  await refresh();
}

async function test(row) {
  const result = await api.post(path(row, "test"), {});
  await tell({
    title: result.succeeded ? `${row.id} accepts` : `${row.id} does not accept`,
    text: "An event of the type endpoint.test was sent, signed as deliveries are. Nothing of it is stored.",
    content: [
      facts([
        ["Answer", result.status ?? outcomeLabel(result.error)],
        ["Time", duration(result.durationMs)],
        ["Event", copyable(result.event), "wide"],
      ]),
      result.detail && h("p", { class: "hint" }, sentence(result.detail)),
      result.body !== "" && plain("Body of the answer", result.body),
    ],
  });
}

/** The one place where a secret is seen. */
function showSecrets(title, { secrets = [], oldSecretsUntil, warnings = [], note }) {
  return tell({
    title,
    isOnce: secrets.length > 0,
    confirm: secrets.length > 0 ? "I have kept it" : "Close",
    text: secrets.length > 0
      ? "It is shown this once only. Give it to whoever runs the endpoint, on a safe way."
      : note,
    content: [
      secrets.map(({ scheme, secret, publicKey }) =>
        h(
          "div",
          { class: "secret" },
          h("p", { class: "hint" }, scheme === "v1" ? "Secret" : "Public key"),
          copyable(secret ?? publicKey),
        )
      ),
      oldSecretsUntil && h("p", {}, "The old one signs along until ", time(oldSecretsUntil), "."),
      warnings.map((each) => h("p", { class: "hint" }, sentence(each))),
    ],
  });
}

async function rotate(row, refresh) {
  const result = await ask({
    title: `Make a new secret for ${row.id}?`,
    confirm: "Rotate",
    danger: true,
    text: "The old secret signs along for 24 hours, so that its owner can put the new one in place.",
    work: () => api.create(path(row, "rotate-secret"), {}),
  });
  if (result === null) return;
  await showSecrets(`The new secret of ${row.id}`, result);
  await refresh();
}

export async function create(done) {
  const result = await ask({
    title: "New endpoint",
    confirm: "Make it",
    content: fields(null),
    work: (values) => api.create("/v1/endpoints", wish(values, null)),
  });
  if (result === null) return;
  await showSecrets(`The secret of ${result.id}`, result);
  await done();
}

async function change(row, refresh) {
  const result = await ask({
    title: `Change ${row.id}`,
    confirm: "Change",
    content: fields(row),
    work: async (values) => {
      const changes = wish(values, row);
      if (Object.keys(changes).length === 0) throw nothing;
      return api.patch(path(row), changes, row.version);
    },
  });
  if (result === null) return;
  if (result.secrets?.length > 0) {
    await showSecrets(`The secret of ${row.id}`, result);
  } else {
    const said = [`${row.id} is changed.`, ...result.warnings.map(sentence)].join(" ");
    toast(said, result.warnings.length > 0 ? "warn" : "good");
  }
  await refresh();
}

async function remove(row) {
  const { pending } = row.backlog;
  const result = await ask({
    title: `Delete ${row.id}?`,
    confirm: "Delete",
    danger: true,
    text: "Its events and deliveries stay to be looked at. Its secret is gone for good.",
    content: pending.count > 0 && h(
      "label",
      { class: "check" },
      h("input", { type: "checkbox", name: "cancel", value: "yes" }),
      `Cancel what waits for it (${bounded(pending)})`,
    ),
    work: ({ cancel }) => api.remove(api.query(path(row), { pending: cancel === "yes" ? "cancel" : "" })),
  });
  if (result === null) return;
  done(`${row.id} is deleted${result.cancelled > 0 ? `, ${deliveries(result.cancelled)} cancelled` : ""}.`, result);
  location.hash = "#/endpoints";
}
