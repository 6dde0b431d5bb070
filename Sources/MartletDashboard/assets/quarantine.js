// SPDX-License-Identifier: Apache-2.0
// Callbacks that were refused: why, what they said, and the way out.
import { h, replace } from "./dom.js";
import { get, post, remove, segment } from "./api.js";
import {
  action,
  bodyView,
  choice,
  copyable,
  empty,
  facts,
  field,
  filters,
  headerLines,
  heading,
  notice,
  plain,
  toast,
} from "./parts.js";
import { number, time } from "./format.js";
import { PagedList, table } from "./list.js";
import { ask } from "./dialog.js";
import { reasons } from "./words.js";

export async function show(view) {
  const filter = { reason: view.parameters.get("reason") ?? "", source: view.parameters.get("source") ?? "" };
  const report = h("div", { role: "status", "aria-live": "polite" });
  const list = new PagedList({
    key: (row) => row.id,
    load: (cursor) => get("/v1/quarantine", { ...filter, limit: 50, cursor }, view.signal),
    show: (
      rows,
    ) => (rows.length === 0
      ? empty(
        "Nothing in quarantine",
        "Callbacks that are refused for a known source are kept here with their reason. None matches now.",
      )
      : table({
        caption: "Refused callbacks, newest first",
        rows,
        key: (row) => row.id,
        columns: [
          {
            title: "Callback",
            cell: (row) =>
              h("a", { href: `#/quarantine/${segment(row.id)}`, "data-key": `q-${row.id}` }, row.id),
          },
          { title: "Source", cell: (row) => row.source },
          {
            title: "Reason",
            kind: "wide",
            cell: (
              row,
            ) => [
              h("span", { class: "type" }, row.reason),
              h("p", { class: "hint" }, reasons[row.reason] ?? row.detail),
            ],
          },
          { title: "From", cell: (row) => row.sourceAddress },
          { title: "Bytes", kind: "num", cell: (row) => number(row.bytes) },
          { title: "Received", cell: (row) => time(row.receivedAt) },
        ],
      })),
  });
  const source = h("input", {
    value: filter.source,
    placeholder: "cryptomus/main",
    autocomplete: "off",
    "data-key": "source",
  });
  const reason = choice([["", "all reasons"], ...Object.keys(reasons).map((each) => [each, each.replaceAll("_", " ")])], filter.reason, {
    "data-key": "reason",
  });
  for (const [name, control] of Object.entries({ source, reason })) {
    control.addEventListener("change", () => {
      filter[name] = control.value.trim();
      view.remember(filter);
      list.restart();
    });
  }
  replace(
    view.place,
    heading(
      "Quarantine",
      view.session.may("operator") &&
        action("Release all that match…", () => releaseMany(view, filter, report, list), {
          "data-key": "release-many",
        }),
    ),
    h(
      "p",
      { class: "intro" },
      "Nothing of this was delivered. After the cause is mended, a release judges it again by today's settings.",
    ),
    filters(field("Source", source), field("Reason", reason)),
    report,
    list.element,
  );
  await list.restart();
  return () => list.refresh();
}

/** The gateway looks at up to 500 for each call, so this goes on until there is no more, or the page is left. */
async function releaseMany(view, filter, report, list) {
  const answer = await ask({
    title: "Release all that match?",
    confirm: "Release",
    text:
      "Each is judged again by today's settings. What is genuine now is delivered; what is refused still stays here.",
  });
  if (answer === null) return;
  const body = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ""));
  const sums = { released: 0, withheld: 0, duplicates: 0, hints: 0, refused: 0 };
  const said = () =>
    `${number(sums.released)} released, ${number(sums.refused)} refused still, ` +
    `${number(sums.duplicates)} known before, ${number(sums.withheld)} kept but not delivered.`;
  let cursor = null;
  do {
    let result;
    try {
      result = await post("/v1/quarantine/release", cursor === null ? body : { ...body, cursor });
    } catch (error) {
      replace(report, notice("bad", `${error.message} Until then: ${said()}`));
      break;
    }
    for (const name of ["released", "withheld", "duplicates", "hints"]) sums[name] += result[name];
    sums.refused += Object.values(result.stillRefused).reduce((total, each) => total + each, 0);
    cursor = result.more ? result.nextCursor : null;
    replace(
      report,
      notice(
        cursor === null ? "good" : "busy",
        said(),
        result.failure && ` It stopped: ${result.failure}.`,
      ),
    );
    if (result.failure) break;
  } while (cursor !== null && !view.signal.aborted);
  if (!view.signal.aborted) return list.restart();
  if (cursor !== null) toast(`The page was left before all were released: ${said()}`, "warn");
}

export async function showOne(view) {
  const row = await get(`/v1/quarantine/${segment(view.id)}`, {}, view.signal);
  const outcome = h("div", { role: "status", "aria-live": "polite" });
  const mayAct = view.session.may("operator");
  const actions = h(
    "div",
    { class: "buttons" },
    mayAct && action("Release", release, { class: "primary", "data-key": "release" }),
    mayAct && action("Force…", force, { "data-key": "force" }),
    mayAct && action("Drop…", drop, { class: "danger", "data-key": "drop" }),
  );

  const isReleased = (result) => {
    actions.replaceChildren();
    replace(
      outcome,
      notice(
        "good",
        `${result.outcome}: ${result.meaning}. `,
        result.event && h("a", { href: `#/events/${segment(result.event)}` }, "See the event"),
      ),
    );
  };
  const path = `/v1/quarantine/${segment(view.id)}`;

  async function release() {
    try {
      isReleased(await post(`${path}/release`, {}));
    } catch (error) {
      replace(outcome, notice("bad", error.message));
    }
  }

  async function force() {
    const result = await ask({
      title: "Deliver it although nothing proves it?",
      confirm: "Force",
      danger: true,
      text:
        "Do this only if you know from elsewhere that it is true, such as from the provider's own pages. Subscribers see that it was forced.",
      content: [
        field(
          "Why you believe it",
          h("textarea", { name: "reason", required: true, maxlength: 500, rows: 3 }),
          "It is kept with the event and in the audit log.",
        ),
      ],
      work: ({ reason }) => post(`${path}/release`, { force: true, reason }),
    });
    if (result !== null) isReleased(result);
  }

  async function drop() {
    const answer = await ask({
      title: `Drop ${view.id} for good?`,
      confirm: "Drop",
      danger: true,
      text: "It cannot be had back from here.",
      work: () => remove(path),
    });
    if (answer === null) return;
    toast(`${view.id} is dropped.`);
    location.hash = "#/quarantine";
  }

  replace(
    view.place,
    heading(view.id, h("span", { class: "type" }, row.reason)),
    reasons[row.reason] && h("p", {}, reasons[row.reason]),
    h("p", { class: "hint" }, row.detail),
    !mayAct && notice("warn", view.session.whyNot("operator")),
    outcome,
    actions,
    facts([
      ["Callback", copyable(row.id)],
      ["Source", row.source],
      ["Received", time(row.receivedAt)],
      ["From", copyable(row.sourceAddress)],
      ["Media type", row.mediaType],
      ["Bytes", number(row.bytes)],
    ]),
    h("h2", {}, "As it came"),
    row.request
      ? [
        plain("Headers of the callback", `${row.request.method}\n`, headerLines(row.request.headers)),
        bodyView(row.request.body ?? row.request.bodyBase64 ?? "", "Body of the callback"),
      ]
      : notice("warn", `${row.requestNote ?? "It is not shown."}`),
  );
  return null;
}
