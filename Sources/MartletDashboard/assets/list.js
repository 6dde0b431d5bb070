// SPDX-License-Identifier: Apache-2.0
// A list that is read page by page: a table on wide screens, cards on narrow ones. Arrow keys go from row to row.
import { h, replace } from "./dom.js";
import { action, problem } from "./parts.js";

/** So many rows may news add to those that somebody has asked for; then the list begins anew with its newest page. */
const room = 1000;

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
        columns.map((column, index) => cell(column, row, index === naming)),
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

/** A name longer than this is broken where it must be: order numbers are whatever a shop made up. */
const long = 40;

function cell(column, row, isName) {
  const element = h(isName ? "th" : "td", {
    role: isName ? "rowheader" : "cell",
    scope: isName ? "row" : null,
    class: column.kind,
    "data-label": column.title,
  }, column.cell(row));
  if (isName && element.textContent.length > long) element.classList.add("long");
  return element;
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
 * `load(cursor)` gives `{ data, nextCursor }`; `show(rows)` gives nodes, of what `beside` gives as well: it is drawn again
 * when either is another. Refreshing reads the newest page again, and one of the older ones that are shown, in turn.
 */
export class PagedList {
  constructor({ load, show, key, beside = () => null, moreLabel = "Show older ones" }) {
    this.moreLabel = moreLabel;
    this.load = load;
    this.show = show;
    this.key = key;
    this.beside = beside;
    this.element = h("div", { class: "paged" });
    this.rows = [];
    this.nextCursor = null;
    this.hasMore = false;
    this.most = room;
    /** The older page to be read again next: its cursor, and the key of the row before it. */
    this.older = null;
    this.turn = 0;
    this.generation = 0;
    this.shown = null;
  }

  /** From the beginning, with other filters. */
  async restart() {
    this.generation += 1;
    this.rows = [];
    this.hasMore = false;
    this.older = null;
    this.shown = null;
    this.element.setAttribute("aria-busy", "true");
    await this.refresh();
    this.element.removeAttribute("aria-busy");
  }

  async refresh() {
    const turn = ++this.turn;
    try {
      const page = await this.load(null);
      // An answer that was overtaken by a newer question.
      if (turn !== this.turn) return;
      this.take(page);
      this.draw();
      if (this.older === null) return;
      await this.takeOlder(turn);
      this.draw();
    } catch (error) {
      if (turn !== this.turn || error.name === "AbortError") return;
      // While the gateway is not reached, what was read last is worth more than an error.
      if (error.status === 0 && this.shown !== null) return;
      this.shown = null;
      replace(this.element, problem(error));
    }
  }

  /** Older pages stay below the newest one as long as the two overlap: there is no gap between them then. */
  take(page) {
    const fresh = new Set(page.data.map(this.key));
    const last = this.rows.findLastIndex((row) => fresh.has(this.key(row)));
    const rows = [...page.data, ...this.rows.slice(last + 1)];
    if (this.hasMore && last >= 0 && page.nextCursor !== null && rows.length <= this.most) {
      this.rows = rows;
      if (this.older === null || this.placeAfter(this.older.after) === 0) this.older = this.pageAfter(page);
    } else {
      this.rows = page.data;
      this.nextCursor = page.nextCursor;
      this.hasMore = false;
      this.older = null;
    }
  }

  /** Where the rows after one begin; 0 if that one has gone. */
  placeAfter(key) {
    return this.rows.findIndex((row) => this.key(row) === key) + 1;
  }

  /** Null at the end of what is shown. */
  pageAfter({ data, nextCursor }) {
    if (nextCursor === null || data.length === 0) return null;
    const after = this.key(data.at(-1));
    const place = this.placeAfter(after);
    return place === 0 || place === this.rows.length ? null : { cursor: nextCursor, after };
  }

  /** What has gone, or is another now, goes or changes on older pages too. */
  async takeOlder(turn) {
    const { cursor, after } = this.older;
    const page = await this.load(cursor);
    const start = this.placeAfter(after);
    if (turn !== this.turn || start === 0) return;
    const fresh = new Set(page.data.map(this.key));
    const last = this.rows.findLastIndex((row) => fresh.has(this.key(row)));
    const isWithin = page.nextCursor !== null && last >= start && last < this.rows.length - 1;
    const rest = isWithin ? this.rows.slice(last + 1) : [];
    this.rows = [...this.rows.slice(0, start), ...page.data, ...rest];
    if (!isWithin) this.nextCursor = page.nextCursor;
    this.older = this.pageAfter(page);
  }

  async more() {
    const { generation } = this;
    let cursor, page;
    do {
      cursor = this.nextCursor;
      page = await this.load(cursor);
      if (generation !== this.generation) return;
      // News have come meanwhile, and the newest page ends elsewhere now.
    } while (cursor !== this.nextCursor && this.nextCursor !== null);
    const known = new Set(this.rows.map(this.key));
    this.hasMore = true;
    this.rows = [...this.rows, ...page.data.filter((row) => !known.has(this.key(row)))];
    this.nextCursor = page.nextCursor;
    this.most = this.rows.length + room;
    this.draw();
  }

  draw() {
    const picture = JSON.stringify([this.rows, this.nextCursor, this.beside()]);
    if (picture === this.shown) return;
    this.shown = picture;
    const more = this.nextCursor && action(this.moreLabel, () => this.more(), { class: "more", "data-key": "more" });
    replace(this.element, this.show(this.rows), more);
  }

  redraw() {
    this.shown = null;
    this.draw();
  }
}
