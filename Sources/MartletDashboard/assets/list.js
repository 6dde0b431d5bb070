// SPDX-License-Identifier: Apache-2.0
// A list that is read page by page: a table on wide screens, cards on narrow ones. Arrow keys go from row to row.
import { h, replace } from "./dom.js";
import { problem } from "./parts.js";

/** One table. `columns`: `{ title, cell, kind }`; the cell that is a link opens the row. */
export function table({ caption, columns, rows, key, rowClass }) {
  // What names a row is its first column, a box to tick aside.
  const naming = columns.findIndex((column) => !column.isPlain);
  const body = h(
    "tbody",
    { role: "rowgroup" },
    rows.map((row) =>
      h(
        "tr",
        { role: "row", class: rowClass?.(row), "data-row": key(row) },
        columns.map((column, index) =>
          h(index === naming ? "th" : "td", {
            role: index === naming ? "rowheader" : "cell",
            scope: index === naming ? "row" : null,
            class: column.kind,
            "data-label": column.title,
          }, column.cell(row))
        ),
      )
    ),
  );
  body.addEventListener("keydown", moveByArrows);
  // Roles are given, since a table that is laid out as cards would lose them.
  return h(
    "div",
    { class: "scroller" },
    h(
      "table",
      { role: "table", class: "list" },
      h("caption", { class: "visually-hidden" }, caption),
      h(
        "thead",
        { role: "rowgroup" },
        h(
          "tr",
          { role: "row" },
          columns.map((column) => h("th", { role: "columnheader", scope: "col", class: column.kind }, column.title)),
        ),
      ),
      body,
    ),
  );
}

const inRow = "a, button, input";

function moveByArrows(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const row = event.target.closest("tr");
  const column = [...row.querySelectorAll(inRow)].indexOf(event.target.closest(inRow));
  const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
  const targets = next ? [...next.querySelectorAll(inRow)] : [];
  const target = targets[Math.min(Math.max(column, 0), targets.length - 1)];
  if (!target) return;
  event.preventDefault();
  target.focus();
}

/**
 * A list of the API below a page's filters.
 *
 * `load(cursor)` gives `{ data, nextCursor }`; `show(rows)` gives nodes. Refreshing reads the newest page again and keeps
 * what was read of older ones.
 */
export class PagedList {
  constructor({ load, show, key }) {
    this.load = load;
    this.show = show;
    this.key = key;
    this.element = h("div", { class: "paged" });
    this.rows = [];
    this.nextCursor = null;
    this.turn = 0;
    this.shown = null;
  }

  /** From the beginning, with other filters. */
  async restart() {
    this.rows = [];
    this.shown = null;
    this.element.setAttribute("aria-busy", "true");
    await this.refresh();
    this.element.removeAttribute("aria-busy");
  }

  async refresh() {
    const turn = ++this.turn;
    try {
      const page = await this.load(null);
      if (turn !== this.turn) return;
      const fresh = new Set(page.data.map(this.key));
      const oldest = this.rows.length > page.data.length ? this.rows.filter((row) => !fresh.has(this.key(row))) : [];
      const isLonger = oldest.length > 0 && this.hasMore;
      this.rows = isLonger ? [...page.data, ...oldest] : page.data;
      if (!isLonger) this.nextCursor = page.nextCursor;
      this.draw();
    } catch (error) {
      if (turn !== this.turn || error.name === "AbortError") return;
      // While the gateway is not reached, what was read last is worth more than an error.
      if (error.status === 0 && this.shown !== null) return;
      this.shown = null;
      replace(this.element, problem(error));
    }
  }

  async more() {
    const page = await this.load(this.nextCursor);
    const known = new Set(this.rows.map(this.key));
    this.hasMore = true;
    this.rows = [...this.rows, ...page.data.filter((row) => !known.has(this.key(row)))];
    this.nextCursor = page.nextCursor;
    this.draw();
  }

  draw() {
    const picture = JSON.stringify([this.rows, this.nextCursor]);
    if (picture === this.shown) return;
    this.shown = picture;
    const more = this.nextCursor && h("button", {
      type: "button",
      class: "more",
      "data-key": "more",
      on: { click: () => this.more().catch((error) => this.element.append(problem(error))) },
    }, "Show older ones");
    replace(this.element, this.show(this.rows), more);
  }

  redraw() {
    this.shown = null;
    this.draw();
  }
}
