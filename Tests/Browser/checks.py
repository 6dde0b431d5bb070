# SPDX-License-Identifier: Apache-2.0
"""What a person who cannot see, or has no mouse, needs of a page; each check gives back what is wrong with it."""

CONTROLS = {
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "spinbutton",
    "DisclosureTriangle",
    "menuitem",
    "progressbar",
    "ProgressIndicator",
    "image",
    "img",
    "dialog",
    "navigation",
    "Date",
    "DateTime",
}

# Text against what is behind it (WCAG 2.2, 1.4.3): 4.5, or 3 for large text.
CONTRAST = r"""
(() => {
  const colour = (text) => {
    const canvas = colour.canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = ([red, green, blue]) => {
    const part = (value) => { value /= 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const behind = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.push(colour(getComputedStyle(each).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const wrong = [];
  let looked = 0;
  const check = (element, words, ink) => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || style.visibility !== "visible" || !element.checkVisibility({ opacityProperty: true })) return;
    if (box.right < 0 || element.closest(".visually-hidden, [hidden]")) return;
    looked += 1;
    const ground = behind(element);
    const text = over(colour(ink ?? style.color), ground);
    const [low, high] = [light(text), light(ground)].sort((left, right) => left - right);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) wrong.push(`contrast ${ratio.toFixed(2)}: "${words.slice(0, 40)}" in ${element.tagName} ${element.className}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.data.trim();
    const parent = walker.currentNode.parentElement;
    if (words !== "" && parent && !["SCRIPT", "NOSCRIPT", "OPTION"].includes(parent.tagName)) check(parent, words);
  }
  for (const input of document.querySelectorAll("input, select, textarea")) {
    if (input.placeholder) check(input, input.placeholder, getComputedStyle(input, "::placeholder").color);
    else if (input.type !== "checkbox") check(input, input.value || input.type);
  }
  return { wrong, looked };
})()
"""

# Ids, headings, landmarks, pictures and labels.
STRUCTURE = r"""
(() => {
  const wrong = [];
  const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 0;
  if (!document.documentElement.lang) wrong.push("the page has no language");
  if (!document.title) wrong.push("the page has no title");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids.filter((each, index) => ids.indexOf(each) !== index)) wrong.push(`id ${id} stands twice`);
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      for (const id of element.getAttribute(name).split(/\s+/)) if (!document.getElementById(id)) wrong.push(`${name}="${id}" leads nowhere`);
    }
  }
  if (document.querySelectorAll("main").length !== 1) wrong.push("there is not exactly one main");
  const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter(seen);
  if (headings.filter((element) => element.tagName === "H1").length !== 1) wrong.push("there is not exactly one h1");
  headings.forEach((element, index) => {
    const level = Number(element.tagName[1]);
    if (index > 0 && level > Number(headings[index - 1].tagName[1]) + 1) wrong.push(`"${element.textContent}" skips a level`);
  });
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) wrong.push("an image has no alt");
  for (const element of document.querySelectorAll("[tabindex]")) if (element.tabIndex > 0) wrong.push("a tabindex above 0");
  for (const input of document.querySelectorAll("input, select, textarea")) {
    if (seen(input) && input.labels.length === 0 && !input.getAttribute("aria-label")) wrong.push(`no label: ${input.outerHTML.slice(0, 80)}`);
  }
  for (const table of document.querySelectorAll("table")) if (!table.caption) wrong.push("a table has no caption");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`it is ${document.documentElement.scrollWidth} wide, not ${innerWidth}`);
  if (document.querySelector("[style]") && [...document.querySelectorAll("[style]")].length > 0) wrong.push("an inline style");
  return wrong;
})()
"""

FOCUS = r"""
(() => {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement) return null;
  const all = window.focusOrder ??= new Map();
  if (!all.has(element)) all.set(element, all.size);
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const every = [...document.querySelectorAll("*")];
  return {
    number: all.get(element), place: every.indexOf(element), inMain: !!element.closest("main"),
    name: (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 40) || element.id || element.tagName,
    top: box.top + scrollY, bottom: box.bottom + scrollY, left: box.left, right: box.right,
    isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
  };
})()
"""

TABBABLE = r"""
[...document.querySelectorAll("a[href], button, input, select, textarea, summary, pre[tabindex='0']")]
  .filter((element) => !element.disabled && element.tabIndex >= 0 && element.checkVisibility()).length
"""


def names(browser):
    """Every control has a name, by the browser's own accessibility tree."""
    wrong, looked = [], 0
    for node in browser.send("Accessibility.getFullAXTree")["nodes"]:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in CONTROLS:
            continue
        looked += 1
        if not node.get("name", {}).get("value", "").strip():
            wrong.append(f"{role} without a name")
    return wrong, looked


def focus_order(browser, at_most=400):
    """Tab goes through every control once, as the page reads, each is marked, and none keeps the focus."""
    wrong, visited = [], 0
    browser.run(
        "document.activeElement?.blur(); window.focusOrder = new Map(); window.getSelection().removeAllRanges(); true"
    )
    browser.run("(document.querySelector('#skip').focus(), true)")
    previous = browser.run(FOCUS)
    seen = {previous["number"]}
    for _ in range(at_most):
        browser.press("Tab")
        current = browser.run(FOCUS)
        if current is None or (current["number"] in seen and current["number"] != previous["number"]):
            break
        if current["number"] == previous["number"]:
            # Fields with parts, such as a date, are one control with several stops.
            continue
        seen.add(current["number"])
        visited += 1
        if current["place"] < previous["place"]:
            wrong.append(f'focus goes back from "{previous["name"]}" to "{current["name"]}"')
        goes_up = current["bottom"] <= previous["top"] and current["left"] < previous["right"]
        if goes_up and current["inMain"] and previous["inMain"]:
            wrong.append(f'focus goes up from "{previous["name"]}" to "{current["name"]}"')
        if not current["isMarked"]:
            wrong.append(f'focus is not seen on "{current["name"]}"')
        previous = current
    else:
        wrong.append("the focus did not come back to the beginning")
    expected = browser.run(TABBABLE)
    if len(seen) < expected:
        wrong.append(f"Tab reached {len(seen)} of {expected} controls")
    return wrong, visited


def check(browser, counts, with_focus=True):
    """Every check of the page as it is; gives back what is wrong."""
    contrast = browser.run(CONTRAST)
    named, controls = names(browser)
    wrong = contrast["wrong"] + browser.run(STRUCTURE) + named
    counts["texts"] += contrast["looked"]
    counts["controls"] += controls
    if with_focus:
        order, stops = focus_order(browser)
        wrong += order
        counts["stops"] += stops
    counts["pages"] += 1
    return wrong
