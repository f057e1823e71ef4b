// The table of verdicts and its filters.

function setUpVerdicts(data) {
  byId("summary").replaceChildren(...data.summary.map((line) => element("p", {}, line)));
  const ordered = data.results.toSorted((a, b) => urgency(a) - urgency(b));
  const rows = ordered.map((result) => ({ result, row: verdictRow(data, result) }));
  byId("table").tBodies[0].replaceChildren(...rows.map(({ row }) => row));
  offer(
    byId("filter-word"),
    data.results.map((result) => result.verdict),
  );
  offer(
    byId("filter-variant"),
    data.results.map((result) => result.variant),
  );
  byId("filter-odd").parentElement.hidden = !data.results.some((result) => result.odd);
  const filter = () => applyFilters(rows);
  byId("filters").addEventListener("input", filter);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  filter();
}

/** What is not as expected comes first, then what is not settled; the order of the run otherwise. */
function urgency(result) {
  if (result.odd) return 0;
  return ["DISAGREE", "INCONCLUSIVE"].includes(result.verdict) ? 1 : 2;
}

function offer(select, values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const [value, count] of counts)
    select.append(element("option", { value }, `${value} (${count})`));
}

function applyFilters(rows) {
  const words = byId("filter-text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [word, variant] = [byId("filter-word").value, byId("filter-variant").value];
  const [traced, odd] = [byId("filter-trace").checked, byId("filter-odd").checked];
  let shown = 0;
  for (const { result, row } of rows) {
    const text =
      `${result.property} ${result.meaning} ${result.variant} ${result.verdict}`.toLowerCase();
    row.hidden = !(
      words.every((one) => text.includes(one)) &&
      (!word || result.verdict === word) &&
      (!variant || result.variant === variant) &&
      (!traced || result.trace !== null) &&
      (!odd || result.odd)
    );
    if (!row.hidden) shown += 1;
  }
  byId("shown").textContent = `${shown} of ${plural(rows.length, "verdict")}`;
}

function verdictRow(data, result) {
  return element(
    "tr",
    { class: result.odd && "odd" },
    element(
      "td",
      {},
      wordLabel(result.verdict),
      result.odd && element("p", { class: "expected" }, `expected ${result.expected}`),
    ),
    element("th", { scope: "row" }, verdictDetails(data, result)),
    element("td", { class: "wide" }, result.variant),
    element("td", { class: "wide how" }, how(result)),
    element("td", { class: "go" }, result.trace !== null && traceLink(data, result)),
  );
}

function traceLink(data, result) {
  const steps = data.traces[result.trace].steps.length;
  const told = `Trace of ${result.property} on ${result.variant}, ${plural(steps, "step")}`;
  return element(
    "a",
    { href: traceAddress(result.trace, 0), "aria-label": told },
    plural(steps, "step"),
  );
}

/** The method of the first engine that has the verdict; where none has it, what each says. */
function how(result) {
  const best = result.answers.find((answer) => answer.verdict === result.verdict);
  if (best) return best.method;
  return (
    result.answers.map((answer) => `${answer.engine}: ${answer.verdict}`).join("; ") ||
    "no engine answered"
  );
}

function verdictDetails(data, result) {
  const item = (name, ...what) => [
    element("dt", {}, name),
    ...what.map((one) => element("dd", {}, one)),
  ];
  const answers = result.answers.map(
    ({ engine, verdict, method, narrower }) =>
      `${engine}: ${verdict}, ${method}${narrower ? ` (${narrower})` : ""}`,
  );
  return element(
    "details",
    {},
    element(
      "summary",
      {},
      element("span", { class: "property" }, result.property),
      result.variant !== "rfc9293" && element("span", { class: "narrow" }, ` on ${result.variant}`),
      element("span", { class: "meaning" }, result.meaning),
    ),
    element(
      "dl",
      {},
      item("Kind", result.kind),
      item("Source", result.citation),
      item("Variant", result.title ? `${result.variant}: ${result.title}` : result.variant),
      item("Decided by", ...answers),
      result.notes.length > 0 && item("Assuming", ...result.notes.map((note) => data.notes[note])),
      item("Scope", data.scopes[result.scope]),
      item("Expected", result.expected ?? "nothing, on this variant"),
      item("Again", element("code", {}, result.command)),
    ),
  );
}
