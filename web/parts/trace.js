// One trace, step by step: the ladder, both state diagrams, and the step in words.

/** Sets up the view once; returns what shows a step of a trace. `go` is called with the number of
 *  the step that is asked for, and shows it by its address. */
function setUpTrace(data) {
  const diagrams = [stateDiagram(0), stateDiagram(1)];
  byId("figures").replaceChildren(...diagrams.map(({ figure }) => figure));
  let shown = { trace: null, step: 0, go: () => {}, ladder: null, lap: 1 };

  function show(trace, step, go) {
    if (shown.trace !== trace) {
      shown = {
        trace,
        step: 0,
        go,
        lap: 1,
        ladder: drawLadder(byId("ladder"), trace, (number) => shown.go(number)),
      };
      byId("loop").replaceChildren(...loopNote(trace));
    }
    shown.go = go;
    shown.step = step;
    shown.ladder.select(step);
    for (const diagram of diagrams) diagram.show(trace, step);
    showStep(byId("step"), data, trace, step);
    position();
    if (!byId("ladder").contains(document.activeElement))
      byId("announcement").textContent = spoken(trace, step);
  }

  function position() {
    const { trace, step, lap } = shown;
    const last = trace.steps.length;
    const again = lap > 1 ? `, round ${lap} of the loop` : "";
    byId("position").textContent =
      step === 0 ? `start of ${plural(last, "step")}` : `step ${step} of ${last}${again}`;
    for (const [id, off] of [
      ["first", step === 0],
      ["back", step === 0],
      ["next", following() === null],
      ["last", step === last],
    ]) {
      byId(id).setAttribute("aria-disabled", off);
    }
  }

  /** The step after this one: at the end of a lasso the first one of its loop, else none. */
  function following() {
    const { trace, step } = shown;
    if (step < trace.steps.length) return step + 1;
    return trace.loop !== null && trace.loop < step ? trace.loop + 1 : null;
  }

  const moves = {
    first: () => 0,
    back: () => Math.max(0, shown.step - 1),
    next: following,
    last: () => shown.trace.steps.length,
  };
  function move(id) {
    const to = moves[id]();
    if (to === null || to === shown.step) return;
    if (id === "next") shown.lap += to < shown.step ? 1 : 0;
    else shown.lap = 1;
    shown.go(to);
  }
  for (const id of Object.keys(moves)) byId(id).addEventListener("click", () => move(id));

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (byId("trace").hidden || typing || event.altKey || event.ctrlKey || event.metaKey) return;
    const keys = { ArrowLeft: "back", ArrowRight: "next" };
    if (byId("ladder").contains(event.target)) {
      Object.assign(keys, { ArrowUp: "back", ArrowDown: "next", Home: "first", End: "last" });
    }
    if (Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      move(keys[event.key]);
    }
  });
  return show;
}

function loopNote(trace) {
  if (trace.loop === null) return [];
  if (trace.loop === trace.steps.length)
    return ["Nothing can happen any more: it stays so for ever."];
  return [
    element("b", {}, "For ever: "),
    `after step ${trace.steps.length} everything is as after step ${trace.loop}, and step ${trace.loop + 1} follows again.`,
  ];
}
