// The message ladder: a list of steps, with the arrows of the segments drawn behind it.

const LABEL_SIZE = 11; // of a segment on the wire, in pixels; a letter is about 0.6 of it wide

/** Fill `place` with the ladder of `trace`. `choose` is called with the number of a step that was
 *  chosen. Returns what marks a step as the current one. */
function drawLadder(place, trace, choose) {
  const rows = trace.states.map((_, step) => ladderRow(trace, step, choose));
  const wires = drawing("svg", { class: "wires", "aria-hidden": "true" });
  const list = element(
    "div",
    { class: "rows", role: "listbox", tabindex: "0", "aria-label": "Steps" },
    rows,
  );
  place.replaceChildren(wires, list);
  let current = 0;
  let width = 0;

  const redraw = () => {
    drawWires(wires, rows, trace);
    markWires(wires, current);
  };
  new ResizeObserver(() => {
    if (place.clientWidth !== width && place.clientWidth > 0) {
      width = place.clientWidth;
      redraw();
    }
  }).observe(place);

  function select(step) {
    current = step;
    rows.forEach((row, number) => {
      row.setAttribute("aria-selected", number === step);
      row.classList.toggle("future", number > step);
    });
    list.setAttribute("aria-activedescendant", rows[step].id);
    if (width > 0) markWires(wires, step);
    rows[step].scrollIntoView({ block: "nearest" });
  }
  return { select, list };
}

function ladderRow(trace, step, choose) {
  const classes = ["row"];
  if (step > 0 && trace.steps[step - 1].kind === "tick") classes.push("tick");
  if (trace.loop !== null && step > trace.loop) classes.push("again");
  return element(
    "div",
    {
      class: classes.join(" "),
      role: "option",
      id: `row-${step}`,
      "aria-label": spoken(trace, step),
      on: { click: () => choose(step) },
    },
    element("span", { class: "number" }, String(step)),
    element("span", { class: "end a" }, said(trace, step, 0)),
    element("span", { class: "wire" }, step > 0 && trace.steps[step - 1].kind === "tick" && "tick"),
    element("span", { class: "end b" }, said(trace, step, 1)),
  );
}

/** What stands beside an end's line: the call or timeout, the state where it changes, an error. */
function said(trace, step, which) {
  const state = trace.states[step].states[which];
  if (step === 0) return [element("b", {}, state)];
  const { kind, end, signals } = trace.steps[step - 1];
  const lines = [];
  const network = ["deliver", "lose", "duplicate", "expire", "tick"];
  if (end === which && !network.includes(kind)) lines.push(element("span", {}, kind));
  if (state !== trace.states[step - 1].states[which]) lines.push(element("b", {}, state));
  const errors = end === which ? signals.filter((signal) => signal.startsWith("error")) : [];
  return [...lines, ...errors.map((error) => element("em", {}, error.replace(/^error: /, "")))];
}

function drawWires(wires, rows, trace) {
  const first = rows[0].querySelector(".wire");
  const last = rows.at(-1);
  const [left, right] = [first.offsetLeft, first.offsetLeft + first.offsetWidth];
  const at = rows.map((row) => row.offsetTop + row.offsetHeight / 2);
  const bottom = last.offsetTop + last.offsetHeight;
  wires.setAttribute("height", bottom);
  wires.replaceChildren(
    ...[left, right].map((x) =>
      drawing("line", { class: "life", x1: x, x2: x, y1: at[0], y2: bottom }),
    ),
    ...trace.steps.flatMap((step, index) =>
      step.kind === "tick" ? tickLines(left, right, at[index + 1]) : [],
    ),
  );
  const flows = trace.flows.map((flow) => drawFlow(flow, trace, { left, right, at, bottom }));
  wires.append(...flows.map(([lines]) => lines), ...flows.map(([, words]) => words));
  if (trace.loop !== null && trace.loop < trace.steps.length) {
    const x = rows[0].offsetWidth - 5;
    const d = `M${x - 6} ${at.at(-1)} H${x} V${at[trace.loop + 1]} H${x - 7}`;
    wires.append(drawing("path", { class: "loop", d, "marker-end": "url(#head-lit)" }));
  }
}

/** A dotted line for a tick, with room for the word. */
function tickLines(left, right, y) {
  const middle = (left + right) / 2;
  return [
    [left, middle - 20],
    [middle + 20, right],
  ].map(([x1, x2]) => drawing("line", { class: "ticking", x1, x2, y1: y, y2: y }));
}

/** One copy of a segment. Its label stands between the step that sent it and the next, so that
 *  the labels of two steps never meet; the arrow bends there. Lines and words are apart: all words
 *  stand above all lines. */
function drawFlow(flow, trace, { left, right, at, bottom }) {
  const [from, to] = flow.sender === 0 ? [left, right] : [right, left];
  const along = (part) => from + (to - from) * part;
  const start = [from, at[flow.sent] + (flow.sent ? 5 : 0)];
  const room = (at[flow.sent + 1] ?? bottom) - at[flow.sent];
  const text = fitting(flow.segment, Math.abs(to - from) * 0.86);
  const half = text.length * LABEL_SIZE * 0.31 + 3;
  const middle = [along(0.5), start[1] + room / 2 - 2 + flow.lane * 14];
  const near = middle[0] - Math.sign(to - from) * half;
  const far = middle[0] + Math.sign(to - from) * half;
  const copy = flow.copied === null ? null : [along(0.5), at[flow.copied]];
  const leaves = copy ?? [far, middle[1]];
  const goal = {
    delivered: [to - Math.sign(to - from) * 2, at[flow.ended] - 5],
    "in flight": [to - (to - from) * 0.03, leaves[1] + 6],
  }[flow.fate] ?? [along(0.86), at[flow.ended]];
  const line = (d, more = {}) => drawing("path", { class: "line", d, ...more });
  const ending = {
    delivered: { "marker-end": "url(#head)" },
    "in flight": { "stroke-dasharray": "2 3" },
  }[flow.fate];
  const comes = copy
    ? line(`M${middle} L${copy}`, { "stroke-dasharray": "2 4" })
    : line(`M${start} L${near} ${middle[1]}`);
  const lines = [comes, line(`M${leaves} L${goal}`, ending)];
  const words = [copy ? label("copy", ...copy) : label(text, ...middle)];
  if (ending === undefined) words.push(label(`\u2715 ${flow.fate}`, ...goal, "fate"));
  const over = flow.fate === "in flight" ? trace.states.length : flow.ended;
  const when = { class: "flow", "data-sent": flow.copied ?? flow.sent, "data-over": over };
  return [drawing("g", when, lines), drawing("g", when, words)];
}

function label(text, x, y, kind = "label") {
  return drawing("text", { class: kind, x, y: y + 4 }, text);
}

/** The segment as the RFC writes it, or shorter where that is too wide. */
function fitting(segment, width) {
  const letter = LABEL_SIZE * 0.61;
  if (segment.length * letter <= width) return segment;
  const fields = Object.fromEntries(
    [...segment.matchAll(/<(\w+)=([^>]*)>/g)].map(([, name, value]) => [name, value]),
  );
  const numbers = [fields.SEQ, fields.ACK].filter((number) => number !== undefined).join("/");
  const short = `${fields.CTL} ${numbers}`;
  return short.length * letter <= width ? short : fields.CTL;
}

/** Mark what is in flight after the current step, what that step ended, and what is yet to come. */
function markWires(wires, step) {
  for (const flow of wires.querySelectorAll(".flow")) {
    const [sent, over] = [Number(flow.dataset.sent), Number(flow.dataset.over)];
    flow.classList.toggle("future", sent > step);
    flow.classList.toggle("flying", sent <= step && step < over);
    flow.classList.toggle("now", over === step);
  }
}
