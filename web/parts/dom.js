// Elements from data. A string becomes a text node, so that nothing in it is ever markup.

const SVG = "http://www.w3.org/2000/svg";

function byId(id) {
  return document.getElementById(id);
}

/** An HTML element with these attributes; `on` holds its listeners, false leaves one out. */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
function drawing(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  for (const [event, listener] of Object.entries(on)) made.addEventListener(event, listener);
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return made;
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The address of a step, readable where a name allows it. */
function traceAddress(id, step) {
  return `#trace/${encodeURIComponent(id).replaceAll("%40", "@")}/${step}`;
}

/** A verdict's word as a label whose colour says what kind of word it is. */
function wordLabel(word) {
  const kinds = { PROVED: "good", WITNESS: "good", UNREACHABLE: "good", REFUTED: "bad" };
  return element(
    "span",
    { class: `word ${Object.hasOwn(kinds, word) ? kinds[word] : "open"}` },
    word,
  );
}
