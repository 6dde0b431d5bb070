// SPDX-License-Identifier: Apache-2.0
// Signing in and out. The key goes to the gateway once; what the browser keeps is a cookie that no script can read.
import { h, replace } from "./dom.js";
import { get, remove, request, useToken } from "./api.js";
import { field, problem } from "./parts.js";

const ranks = { viewer: 0, operator: 1, admin: 2 };

class Session {
  constructor(document) {
    this.name = document.name;
    this.role = document.role;
    this.shops = document.shops;
    useToken(document.csrfToken);
  }

  get hasAllShops() {
    return this.shops.includes("*");
  }

  may(role) {
    return ranks[this.role] >= ranks[role];
  }

  /** Null if it may, otherwise why not. */
  whyNot(role, { allShops = false } = {}) {
    if (!this.may(role)) return `This needs a key with the role ${role}; yours has the role ${this.role}.`;
    if (allShops && !this.hasAllShops) return "This concerns all shops; your key is limited to some.";
    return null;
  }
}

/** The session that the browser has; null without one. */
export async function current() {
  try {
    return new Session(await get("/v1/session"));
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}

export async function signOut() {
  await remove("/v1/session");
  useToken(null);
}

/** The form; `onDone` gets the session. `why` says what ended the one before. */
export function signInForm(place, onDone, why) {
  const key = h("input", {
    type: "password",
    name: "key",
    autocomplete: "current-password",
    required: true,
    spellcheck: "false",
    "data-key": "key",
  });
  const answer = h("div", { role: "alert" });
  const button = h("button", { type: "submit", class: "primary" }, "Sign in");
  const form = h(
    "form",
    { class: "sign-in", on: { submit } },
    h("img", { src: "/assets/icon.svg", alt: "", width: 44, height: 44 }),
    h("h1", { tabindex: "-1" }, "Sign in to Martlet"),
    why && h("p", { class: "notice warn" }, why),
    field("API key", key, "One of admin.keys in the gateway’s configuration, or a key made with the API."),
    answer,
    button,
    h(
      "p",
      { class: "faint small" },
      "The key is sent once. The browser keeps a session that ends after 12 hours without use, after a week, ",
      "when you sign out, and when the gateway restarts.",
    ),
  );

  async function submit(event) {
    event.preventDefault();
    button.setAttribute("aria-disabled", "true");
    try {
      const session = new Session(await request("POST", "/v1/session", { body: { key: key.value } }));
      key.value = "";
      onDone(session);
    } catch (error) {
      replace(answer, problem(error));
      key.select();
      key.focus();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }
  replace(place, form);
  key.focus();
  // A secret that is shown once stays in front until it is put away.
  document.querySelector("dialog[open]")?.addEventListener("close", () => key.focus());
}
