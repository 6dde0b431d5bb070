// SPDX-License-Identifier: Apache-2.0
// Building nodes. Data becomes text and attributes, never markup.

const svgSpace = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "text") {
      element.textContent = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child);
  }
  return element;
}

/** An element with attributes, listeners (`on`) and children; texts are text. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(svgSpace, tag), properties, children);
}

/**
 * Puts other nodes into a container, as a live page does every few seconds: what has the focus and what is unfolded stay
 * so, if there is a node with the same `data-key` again.
 */
export function replace(container, ...nodes) {
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
