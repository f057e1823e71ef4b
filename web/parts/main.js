// What the address asks for: the verdicts, or a step of a trace.

const data = JSON.parse(byId("data").textContent);
const showTrace = setUpTrace(data);
const explorer = typeof setUpExplorer === "function" ? setUpExplorer(data, showTrace) : null;
setUpVerdicts(data);

/** Show one section; where it was not yet there, its heading gets the focus. */
function showSection(id, title) {
  document.title = `${title} · tcpmc`;
  const changed = byId(id).hidden;
  for (const section of document.querySelectorAll("main > section"))
    section.hidden = section.id !== id;
  if (changed && arrived) {
    scrollTo(0, 0);
    byId(`${id}-title`).focus({ preventScroll: true });
  }
}

function openTrace(id, step) {
  const trace = data.traces[id];
  const number = Math.min(Math.max(0, Number.parseInt(step ?? "0", 10) || 0), trace.steps.length);
  const result = data.results.find((one) => one.trace === id);
  showSection("trace", `${result.property} on ${result.variant}`);
  byId("trace-title").replaceChildren(
    wordLabel(result.verdict),
    ` ${result.property} `,
    element("small", {}, `on ${result.variant}`),
  );
  byId("trace-about").replaceChildren(
    trace.shows ?? `${result.meaning}.`,
    " ",
    element("span", { class: "source" }, `(${result.citation})`),
  );
  byId("key").replaceChildren("Again: ", element("code", {}, result.command));
  explorer?.leave(id, number);
  showTrace(trace, number, (to) => {
    openTrace(id, to); // now, and not when the address has changed: the next key may come before
    location.replace(traceAddress(id, to));
  });
}

function route() {
  const [view, id, ...rest] = parts(location.hash);
  if (view === "trace" && Object.hasOwn(data.traces, id ?? "")) openTrace(id, rest[0]);
  else if (view === "explore" && explorer) explorer.open([id, ...rest], showSection);
  else if (explorer && data.results.length === 0) explorer.open([], showSection);
  else {
    showSection("verdicts", "Verdicts");
    if (view === "trace")
      byId("shown").textContent = `There is no trace named ${id ?? ""} on this page.`;
  }
}

function parts(hash) {
  try {
    return hash.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return [""];
  }
}

let arrived = false;
addEventListener("hashchange", route);
route();
arrived = true;

// On paper nothing can be opened: whatever is closed is opened first, and closed again.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});
