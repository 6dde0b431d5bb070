// SPDX-License-Identifier: Apache-2.0
// Building nodes. Data becomes text and attributes, never markup.

/** What cannot be seen, and what turns the direction of the text around it: callbacks and answers can hold any of it. */
const unseen = new RegExp(
  "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f" +
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\r(?!\n)",
  "g",
);

/** Text with a sign for each character that would not be seen: "⟨U+202E⟩". */
export const visible = (text) =>
  text.replace(unseen, (character) => `⟨U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

const svgSpace = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : visible(String(child)));
  }
  return element;
}

/** An element with attributes, listeners (`on`) and children; texts are text, and all of it is seen. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(svgSpace, tag), properties, children);
}

/** What is pressed at the moment, and what waits for its release: a click needs the same node at both ends. */
let pressed = null;
let pressedAt = 0;
/** Of a press that ends outside of the window nobody may hear the end. */
const longestPress = 3000;
const waiting = new Map();
document.addEventListener("pointerdown", (event) => {
  pressed = event.target;
  pressedAt = performance.now();
}, true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    // After the click that follows.
    setTimeout(() => {
      pressed = null;
      const late = [...waiting];
      waiting.clear();
      for (const [container, nodes] of late) replace(container, ...nodes);
    });
  }, true);
}

/** Draws again only where the data are others: what is selected stays selected. */
export function whenChanged(draw) {
  let shown = null;
  return (...data) => {
    const picture = JSON.stringify(data);
    if (picture === shown) return;
    shown = picture;
    draw(...data);
  };
}

/**
 * Puts other nodes into a container, as a live page does every few seconds: what has the focus and what is unfolded stay
 * so, if there is a node with the same `data-key` again.
 */
export function replace(container, ...nodes) {
  if (pressed !== null && performance.now() - pressedAt < longestPress && container.contains(pressed)) {
    waiting.set(container, nodes);
    return;
  }
  waiting.delete(container);
  const active = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const unfolded = new Map();
  for (const details of container.querySelectorAll("details[data-key]")) {
    unfolded.set(details.dataset.key, details.open);
  }
  container.replaceChildren(
    ...nodes.flat(Infinity).filter((node) => node !== undefined && node !== null && node !== false),
  );
  for (const details of container.querySelectorAll("details[data-key]")) {
    const open = unfolded.get(details.dataset.key);
    if (open !== undefined) details.open = open;
  }
  if (active !== undefined) {
    const again = [...container.querySelectorAll("[data-key]")].find((node) => node.dataset.key === active);
    again?.focus({ preventScroll: true });
  }
}
