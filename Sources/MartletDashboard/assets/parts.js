// SPDX-License-Identifier: Apache-2.0
// The small pieces that every page is made of.
import { h, svg, visible } from "./dom.js";
import { states } from "./words.js";
import { Problem } from "./api.js";

/** A state by shape and word. */
export function badge(state, more) {
  const known = states[state] ?? { shape: "•", tone: "idle", word: state ?? "unknown" };
  return h(
    "span",
    { class: `badge ${known.tone}` },
    h("span", { class: "shape", "aria-hidden": "true" }, known.shape),
    known.word,
    more && ` ${more}`,
  );
}

/** Text that can be copied with a button beside it. */
export function copyable(text, label = "Copy") {
  if (!text) return h("span", { class: "faint" }, "–");
  const code = h("code", {}, text);
  const button = h("button", {
    type: "button",
    class: "copy",
    "aria-label": `${label} ${text}`,
    "data-key": `copy-${text}`,
    title: label,
    on: {
      click: async () => {
        try {
          await navigator.clipboard.writeText(text);
          button.textContent = "copied";
        } catch {
          // The clipboard is not there on plain HTTP beyond loopback.
          getSelection().selectAllChildren(code);
          button.textContent = "selected";
        }
        setTimeout(() => {
          button.textContent = "copy";
        }, 2000);
      },
    },
  }, "copy");
  return h("span", { class: "copyable" }, code, button);
}

/** Where there is nothing: what would be here, and what to do. Words become one paragraph, paragraphs stay. */
export function empty(title, ...content) {
  const isParagraph = (part) => part instanceof HTMLParagraphElement;
  return h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, title),
    h("p", {}, content.filter((part) => !isParagraph(part))),
    content.filter(isParagraph),
  );
}

export function notice(tone, ...content) {
  const word = { bad: "Problem", warn: "Note", good: "Done", busy: "Note" }[tone] ?? "Note";
  return h(
    "div",
    { class: `notice ${tone}`, role: tone === "bad" ? "alert" : null },
    h("strong", {}, `${word}: `),
    content,
  );
}

/** What went wrong, in the gateway's own words. */
export function problem(error) {
  if (error instanceof Problem) return notice("bad", error.message);
  return notice("bad", `This page failed: ${error.message}. Reload it; if it stays so, report it.`);
}

/** Names with their values; a third element `wide` gives one the room of two. */
export function facts(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs.filter((pair) => pair).map(([name, value, width]) =>
      h("div", { class: width }, h("dt", {}, name), h("dd", {}, value ?? "–"))
    ),
  );
}

export function field(label, control, hint) {
  const id = control.id || `f-${Math.random().toString(36).slice(2)}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    control,
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
  );
}

export function choice(values, chosen, properties = {}) {
  return h(
    "select",
    properties,
    values.map(([value, text]) => h("option", { value, selected: value === (chosen ?? "") }, text)),
  );
}

const longestToast = 300;

/** Says something in passing, to eyes and screen readers; what went wrong stays twice as long. */
export function toast(text, tone = "good") {
  const item = h("div", { class: `toast ${tone}` }, text.slice(0, longestToast));
  document.getElementById("toasts").append(item);
  setTimeout(() => item.remove(), tone === "good" ? 7000 : 14000);
}

/** A button that cannot be pressed twice while its work is under way; what goes wrong is said. */
export function action(label, work, properties = {}) {
  const button = h("button", { type: "button", ...properties }, label);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try {
      await work(button);
    } catch (error) {
      // The page was left meanwhile, or somebody has to sign in again, which is said already.
      if (error.name !== "AbortError" && error.status !== 401) toast(error.message, "bad");
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  return button;
}

/** Filters above a list. */
export const filters = (...fields) =>
  h(
    "form",
    { class: "filters", "aria-label": "Filters", on: { submit: (event) => event.preventDefault() } },
    fields,
  );

/** Text as it came, in lines. */
export const plain = (label, ...content) =>
  h("pre", { class: "json", tabindex: "0", role: "region", "aria-label": label }, content);

/** Fields of a message, one a line. */
export const headerLines = (fields) => (fields ?? []).map(([name, value]) => `${name}: ${value}\n`);

export function heading(text, ...beside) {
  return h("div", { class: "heading" }, h("h1", { tabindex: "-1" }, text), h("div", { class: "beside" }, beside));
}

/** JSON for people: indented, one line a member, names and kinds told apart. */
export function jsonView(value, label) {
  const pre = plain(label);
  write(pre, value, "");
  return pre;
}

function write(pre, value, indent) {
  const span = (name, text) => h("span", { class: name }, text);
  if (value === null || typeof value === "boolean") return pre.append(span("j-word", String(value)));
  if (typeof value === "number") return pre.append(span("j-number", String(value)));
  if (typeof value === "string") return pre.append(span("j-text", JSON.stringify(value)));
  const isList = Array.isArray(value);
  const entries = isList ? value.map((item) => [null, item]) : Object.entries(value);
  if (entries.length === 0) return pre.append(isList ? "[]" : "{}");
  pre.append(isList ? "[\n" : "{\n");
  entries.forEach(([name, item], index) => {
    pre.append(`${indent}  `);
    if (name !== null) pre.append(span("j-name", JSON.stringify(name)), ": ");
    write(pre, item, `${indent}  `);
    pre.append(index + 1 < entries.length ? ",\n" : "\n");
  });
  pre.append(indent + (isList ? "]" : "}"));
}

/**
 * A body as it came: JSON on lines of its own, anything else as text.
 *
 * Laid out by its tokens and not by its value, so that 15.00 stays 15.00, long numbers keep every digit, and a member that
 * stands twice is seen twice.
 */
export function bodyView(text, label) {
  const pre = plain(label);
  try {
    const value = JSON.parse(text);
    if (value === null || typeof value !== "object") throw new SyntaxError("no object");
  } catch {
    pre.append(text === "" ? "(empty)" : visible(text));
    return pre;
  }
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g);
  const opening = "{[";
  const closing = "}]";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (opening.includes(token)) {
      depth += 1;
      pre.append(token, closing.includes(next) ? "" : line());
    } else if (closing.includes(token)) {
      depth -= 1;
      pre.append(opening.includes(tokens[index - 1]) ? "" : line(), token);
    } else if (token === ",") {
      pre.append(token, line());
    } else if (token === ":") {
      pre.append(": ");
    } else {
      const kind = token[0] === '"'
        ? (next === ":" ? "j-name" : "j-text")
        : /^[-\d]/.test(token)
        ? "j-number"
        : "j-word";
      pre.append(h("span", { class: kind }, token));
    }
  });
  return pre;
}

/** A line of numbers over time; `label` says in words what it shows. */
export function sparkline(values, label, { tone = "", width = 160, height = 36 } = {}) {
  const picture = svg("svg", {
    class: `spark ${tone}`,
    role: "img",
    "aria-label": label,
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: "none",
  });
  // What was counted in one step began with nothing.
  if (values.length === 1) values = [0, ...values];
  const top = Math.max(1, ...values);
  if (values.every((value) => value === 0)) picture.classList.add("flat");
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const points = values.map((value, index) =>
    `${(index * step).toFixed(1)},${(height - 2 - (value / top) * (height - 5)).toFixed(1)}`
  );
  if (points.length > 1) {
    picture.append(
      svg("polygon", { class: "area", points: `0,${height} ${points.join(" ")} ${width},${height}` }),
      svg("polyline", { class: "line", points: points.join(" ") }),
    );
  } else {
    picture.append(svg("line", { class: "line", x1: 0, x2: width, y1: height - 2, y2: height - 2 }));
  }
  return picture;
}
