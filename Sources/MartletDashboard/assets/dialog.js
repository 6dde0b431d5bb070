// SPDX-License-Identifier: Apache-2.0
// Questions before something happens, and what has to be read before going on.
import { h, replace } from "./dom.js";
import { problem, toast } from "./parts.js";

/**
 * Asks before something happens; the answer is null if it is not to, otherwise the values of its fields by name, or what
 * `work` made of them. While `work` fails the question stays open and says why, with all that was typed. Once `work` has
 * begun there is no way back: its result is given even if the page was left meanwhile.
 *
 * The dialog is the browser's own: it keeps the focus, closes with Escape and gives the focus back.
 */
export function ask({ title, text, content = [], confirm, danger = false, work = async (values) => values }) {
  const answer = h("div", { role: "alert" });
  const submit = h("button", { type: "submit", class: danger ? "danger" : "primary" }, confirm);
  const cancel = h("button", { type: "button" }, "Cancel");
  return show({ title, text, content: [content, answer], buttons: [cancel, submit] }, (dialog, form, close) => {
    const fail = (error) => {
      if (!dialog.open) {
        // Nobody is there to read it in its place; that somebody has to sign in again is said already.
        if (error.status !== 401) toast(error.message, "bad");
        return close(null);
      }
      replace(answer, problem(error));
      const named = error.field && form.elements.namedItem(error.field);
      (named instanceof HTMLElement ? named : submit).focus();
    };
    cancel.addEventListener("click", () => isBusy(dialog) || close(null));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (isBusy(dialog)) return;
      begin(dialog, [cancel, submit]);
      try {
        const result = await work(Object.fromEntries(new FormData(form)));
        end(dialog, [cancel, submit]);
        close(result);
      } catch (error) {
        end(dialog, [cancel, submit]);
        fail(error);
      }
    });
  });
}

const isBusy = (dialog) => dialog.hasAttribute("aria-busy");

/** From here on Escape does not close it, nor do its buttons. */
function begin(dialog, buttons) {
  dialog.setAttribute("aria-busy", "true");
  dialog.setAttribute("closedby", "none");
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
}

function end(dialog, buttons) {
  dialog.removeAttribute("aria-busy");
  dialog.removeAttribute("closedby");
  for (const button of buttons) button.removeAttribute("aria-disabled");
}

/** Shows something until it is put away. `isOnce`: it is not to be had again, so Escape alone does not lose it. */
export function tell({ title, text, content = [], confirm = "Close", isOnce = false }) {
  const button = h("button", { type: "submit", class: "primary" }, confirm);
  return show({ title, text, content, buttons: [button] }, (dialog, form, close) => {
    if (isOnce) {
      dialog.setAttribute("closedby", "none");
      dialog.dataset.once = "yes";
      dialog.addEventListener("cancel", (event) => event.preventDefault());
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      close(true);
    });
  });
}

/** Without an answer: whoever asked has gone. What is not to be had again stays until it is put away. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]:not([data-once])")) dialog.close();
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
    dialog.addEventListener("cancel", (event) => isBusy(dialog) && event.preventDefault());
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (!isBusy(dialog)) resolve(result);
    });
    listen(dialog, form, (value) => {
      result = value;
      if (dialog.open) dialog.close();
      else resolve(value);
    });
    document.body.append(dialog);
    dialog.showModal();
    (form.querySelector("input, textarea, select") ?? form.querySelector("button")).focus();
  });
}
