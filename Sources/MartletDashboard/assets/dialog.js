// SPDX-License-Identifier: Apache-2.0
// Questions before something happens, and short words after it did.
import { h } from "./dom.js";

/** Says something in passing, to eyes and screen readers. */
export function toast(text, tone = "good") {
  const place = document.getElementById("toasts");
  const item = h("div", { class: `toast ${tone}` }, text);
  place.append(item);
  setTimeout(() => item.remove(), 7000);
}

/**
 * Asks before something happens; the answer is null if it is not to, otherwise the values of its fields by name.
 * The dialog is the browser's own: it keeps the focus, closes with Escape and gives the focus back.
 */
export function ask({ title, text, content = [], confirm, danger = false }) {
  return new Promise((resolve) => {
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      text && h("p", {}, text),
      content,
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", value: "", on: { click: () => dialog.close("") } }, "Cancel"),
        h("button", { type: "submit", value: "yes", class: danger ? "danger" : "primary" }, confirm),
      ),
    );
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
    dialog.addEventListener("close", () => {
      const values = dialog.returnValue === "yes" ? Object.fromEntries(new FormData(form)) : null;
      dialog.remove();
      resolve(values);
    });
    document.body.append(dialog);
    dialog.showModal();
    (form.querySelector("input, textarea, select") ?? form.querySelector("button")).focus();
  });
}
