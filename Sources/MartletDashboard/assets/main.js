// SPDX-License-Identifier: Apache-2.0
// The frame around the pages: which page, who is signed in, what is live, and the keys that work everywhere.
import { h, replace } from "./dom.js";
import { keepHintsFresh } from "./format.js";
import { Live } from "./live.js";
import { lastHour } from "./lasthour.js";
import { problem, toast } from "./parts.js";
import { current, signInForm, signOut } from "./session.js";
import { closeDialogs } from "./dialog.js";
import * as overview from "./overview.js";
import * as events from "./events.js";
import * as event from "./event.js";
import * as deliveries from "./deliveries.js";
import * as replays from "./replays.js";
import * as endpoints from "./endpoints.js";
import * as quarantine from "./quarantine.js";
import * as watches from "./watches.js";
import * as sources from "./sources.js";
import * as keys from "./keys.js";
import * as audit from "./audit.js";

/** `role`: who may see it at all; for all shops then. */
const pages = [
  { path: "", title: "Overview", show: overview.show },
  { path: "events", title: "Events", show: events.show, one: event.show },
  { path: "deliveries", title: "Deliveries", show: deliveries.show, one: deliveries.showOne },
  { path: "dead", title: "Dead letters", show: deliveries.showDead },
  { path: "replays", title: "Replays", show: replays.show, one: replays.showOne },
  { path: "endpoints", title: "Endpoints", show: endpoints.show, one: endpoints.showOne },
  { path: "quarantine", title: "Quarantine", show: quarantine.show, one: quarantine.showOne },
  { path: "watches", title: "Watches", show: watches.show, one: watches.showOne },
  { path: "sources", title: "Sources", show: sources.show },
  { path: "keys", title: "Keys", show: keys.show, role: "admin" },
  { path: "audit", title: "Audit", show: audit.show, role: "operator" },
];

const byId = (id) => document.getElementById(id);
const content = byId("content");
const nav = byId("nav");
let session = null;
let leave = new AbortController();
let refresh = null;
let isRefreshing = false;
/** Tells the other tabs of this browser, which share the cookie, that somebody has signed in or out. */
const tabs = new BroadcastChannel("martlet-session");

/** `#/events?order=X` is `{ path: "events", id: null, parameters }`. */
function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const slash = path.indexOf("/");
  return {
    path: slash < 0 ? path : path.slice(0, slash),
    id: slash < 0 ? null : decoded(path.slice(slash + 1)),
    parameters: new URLSearchParams(query ?? ""),
  };
}

/** An address that somebody has typed need not be one. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function open() {
  leave.abort();
  closeDialogs();
  leave = new AbortController();
  refresh = null;
  if (session === null) return;
  const { path, id, parameters } = route();
  const page = pages.find((each) => each.path === path) ?? pages[0];
  drawNav(page);
  closeMenu();
  // The search belongs to the list of events.
  if ((page.path !== "events" || id !== null) && document.activeElement !== byId("q")) byId("q").value = "";
  document.title = `${id ?? page.title} – Martlet`;
  const view = {
    session,
    id,
    parameters,
    signal: leave.signal,
    place: h("div", { class: `page page-${page.path || "overview"}` }),
    /** Changes the filters in the address without opening the page anew. */
    remember(values) {
      const search = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
      history.replaceState(null, "", `#/${page.path}${search.size ? `?${search}` : ""}`);
    },
  };
  replace(content, view.place);
  window.scrollTo(0, 0);
  const { signal } = view;
  try {
    const again = await (id !== null && page.one ? page.one : page.show)(view);
    if (!signal.aborted) refresh = again ?? null;
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    replace(view.place, h("h1", { tabindex: "-1" }, id ?? page.title), problem(error));
  }
  // Whoever is typing a search goes on typing.
  const isBusy = document.activeElement === byId("q") || content.contains(document.activeElement);
  if (!signal.aborted && !isBusy) {
    (content.querySelector("h1") ?? content).focus({ preventScroll: true });
  }
}

async function news() {
  if (refresh === null || isRefreshing || session === null) return;
  isRefreshing = true;
  try {
    await refresh();
  } catch {
    /* The next look may succeed; what is shown stays. */
  } finally {
    isRefreshing = false;
  }
}

const live = new Live(news, (state, text) => {
  const place = byId("live");
  place.dataset.state = state;
  // A screen reader is told of changes only.
  if (place.textContent !== text) place.textContent = text;
});

function drawNav(page) {
  replace(
    nav,
    h(
      "ul",
      {},
      pages.filter(({ role }) => !role || session.whyNot(role, { allShops: true }) === null).map((each) =>
        h(
          "li",
          {},
          h("a", {
            href: `#/${each.path}`,
            "aria-current": each === page ? "page" : null,
            "data-key": `nav-${each.path}`,
          }, each.title),
        )
      ),
    ),
  );
}

function showFrame(isSignedIn) {
  byId("top").hidden = !isSignedIn;
  nav.hidden = !isSignedIn;
  document.body.classList.toggle("signed-in", isSignedIn);
}

function enter(entered) {
  session = entered;
  showFrame(true);
  const word = session.shops.length === 1 ? "shop" : "shops";
  const shops = session.hasAllShops ? "" : `, ${word} ${session.shops.join(", ")}`;
  byId("who").textContent = `${session.name} (${session.role}${shops})`;
  byId("who").title = byId("who").textContent;
  live.start();
  lastHour.clear();
  open();
}

function leaveFor(why) {
  if (session === null && why) return;
  session = null;
  leave.abort();
  live.stop();
  closeDialogs();
  showFrame(false);
  document.title = "Sign in – Martlet";
  signInForm(content, (entered) => {
    enter(entered);
    tabs.postMessage("changed");
  }, why);
}

/** Somebody has signed in or out in another tab: this one has the same cookie. */
async function followOtherTabs() {
  const now = await current();
  if (now === null) leaveFor("You signed out in another tab.");
  else if (session === null || now.name !== session.name || now.role !== session.role) enter(now);
}

const themes = ["auto", "light", "dark"];

function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = `Theme: ${theme}`;
  try {
    localStorage.setItem("martlet-theme", theme);
  } catch { /* For this page only. */ }
}

function savedTheme() {
  try {
    const saved = localStorage.getItem("martlet-theme");
    return themes.includes(saved) ? saved : "auto";
  } catch {
    return "auto";
  }
}

function closeMenu() {
  nav.classList.remove("open");
  byId("menu").setAttribute("aria-expanded", "false");
}

function listen() {
  window.addEventListener("hashchange", () => open());
  window.addEventListener("reach", (event) => live.reach(event.detail));
  window.addEventListener("signed-out", () => leaveFor("Your session is over. Sign in again to go on where you were."));
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    content.focus();
  });
  byId("menu").addEventListener("click", () => {
    const isOpen = nav.classList.toggle("open");
    byId("menu").setAttribute("aria-expanded", String(isOpen));
  });
  byId("theme").addEventListener("click", () => {
    useTheme(themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length]);
  });
  byId("sign-out").addEventListener("click", async () => {
    try {
      await signOut();
    } catch (error) {
      // Still signed in: saying otherwise would leave the page open to whoever comes next.
      if (error.status !== 401) return toast(`Not signed out. ${error.message}`, "bad");
    }
    leaveFor();
    tabs.postMessage("changed");
  });
  tabs.addEventListener("message", () => followOtherTabs().catch(() => {}));
  byId("search").addEventListener("submit", (event) => event.preventDefault());
  byId("q").addEventListener("input", () => {
    const text = byId("q").value.trim();
    if (route().path === "events" && route().id === null && events.search(text)) return;
    if (text !== "") location.hash = `#/events?q=${encodeURIComponent(text)}`;
  });
  byId("q").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    content.querySelector("tbody a")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || session === null) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    event.preventDefault();
    byId("q").focus();
    byId("q").select();
  });
}

useTheme(savedTheme());
listen();
keepHintsFresh();
try {
  const session = await current();
  if (session) enter(session);
  else leaveFor();
} catch (error) {
  showFrame(false);
  replace(content, problem(error));
}
