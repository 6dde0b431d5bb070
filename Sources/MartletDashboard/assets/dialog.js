// SPDX-License-Identifier: Apache-2.0
// Questions before something happens, and what has to be read before going on.
import { h, replace } from "./dom.js";
import { problem } from "./parts.js";

/**
 * Asks before something happens; the answer is null if it is not to, otherwise the values of its fields by name, or what
 * `work` made of them. While `work` fails the question stays open and says why, with all that was typed.
 *
 * The dialog is the browser's own: it keeps the focus, closes with Escape and gives the focus back.
 */
export function ask({ title, text, content = [], confirm, danger = false, work = async (values) => values }) {
  const answer = h("div", { role: "alert" });
  const submit = h("button", { type: "submit", class: danger ? "danger" : "primary" }, confirm);
  const cancel = h("button", { type: "button" }, "Cancel");
  return show({ title, text, content: [content, answer], buttons: [cancel, submit] }, (dialog, form, close) => {
    cancel.addEventListener("click", () => close(null));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (submit.getAttribute("aria-disabled") === "true") return;
      submit.setAttribute("aria-disabled", "true");
      try {
        close(await work(Object.fromEntries(new FormData(form))));
      } catch (error) {
        replace(answer, problem(error));
        const named = error.field && form.elements.namedItem(error.field);
        (named instanceof HTMLElement ? named : submit).focus();
        submit.removeAttribute("aria-disabled");
      }
    });
  });
}

/** Shows something until it is put away. `isOnce`: it is not to be had again, so Escape alone does not lose it. */
export function tell({ title, text, content = [], confirm = "Close", isOnce = false }) {
  const button = h("button", { type: "submit", class: "primary" }, confirm);
  return show({ title, text, content, buttons: [button] }, (dialog, form, close) => {
    if (isOnce) {
      dialog.setAttribute("closedby", "none");
      dialog.addEventListener("cancel", (event) => event.preventDefault());
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      close(true);
    });
  });
}

/** Without an answer: whoever asked has gone. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

function show({ title, text, content, buttons }, listen) {
  return new Promise((resolve) => {
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      text && h("p", {}, text),
      content,
      h("div", { class: "buttons" }, buttons),
    );
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
    let result = null;
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    listen(dialog, form, (value) => {
      result = value;
      dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
    (form.querySelector("input, textarea, select") ?? form.querySelector("button")).focus();
  });
}
