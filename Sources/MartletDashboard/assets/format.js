// SPDX-License-Identifier: Apache-2.0
// How times, numbers and durations are written: times in UTC, with how long ago beside them.
import { h } from "./dom.js";

const grouping = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

export const number = (value) => (Number.isFinite(value) ? grouping.format(value) : "–");

/** A count that stops somewhere: "1,000+". */
export const bounded = (count) => (count ? number(count.count) + (count.atLeast ? "+" : "") : "–");

export const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return "–";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 60) return `${Math.floor(minutes)} min ${Math.floor(seconds % 60)} s`;
  const hours = minutes / 60;
  if (hours < 48) return `${Math.floor(hours)} h ${Math.floor(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** "3 min ago", "in 20 s". */
function relative(moment, now = Date.now()) {
  const seconds = Math.round((now - moment) / 1000);
  const size = Math.abs(seconds);
  const text = size < 60
    ? `${size} s`
    : size < 3600
    ? `${Math.floor(size / 60)} min`
    : size < 48 * 3600
    ? `${Math.floor(size / 3600)} h`
    : `${Math.floor(size / 86400)} days`;
  if (size < 3) return "now";
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

const two = (value) => String(value).padStart(2, "0");

/** "2026-11-21 19:11:00", in UTC; today's without the date. */
export function clock(moment, now = new Date()) {
  const date = new Date(moment);
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  const today = `${now.getUTCFullYear()}-${two(now.getUTCMonth() + 1)}-${two(now.getUTCDate())}`;
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return day === today ? time : `${day} ${time}`;
}

/** A moment with its relative hint, which goes on by itself; the full text is in `title`. */
export function time(text, { hint = true } = {}) {
  if (!text) return h("span", { class: "faint" }, "–");
  const moment = Date.parse(text);
  return h(
    "time",
    { datetime: text, title: text },
    h("span", { class: "clock" }, clock(moment)),
    " ",
    hint && h("span", { class: "hint", "data-moment": moment }, relative(moment)),
  );
}

export function keepHintsFresh() {
  setInterval(() => {
    for (const hint of document.querySelectorAll("[data-moment]")) {
      const text = relative(Number(hint.dataset.moment));
      if (hint.textContent !== text) hint.textContent = text;
    }
  }, 5000);
}

/** An amount as the provider wrote it: "15 USDT". */
export const amount = (value) => (value ? [value.amount, value.currency].filter(Boolean).join(" ") : "–");
