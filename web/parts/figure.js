// The state diagram of one end: where it is, and along which arrow it came.

const ENDS = ["A", "B"];

/** The picture of end `which` (0 or 1), and what shows a step on it. */
function stateDiagram(which) {
  const picture = byId("figure").content.querySelector("svg").cloneNode(true);
  const caption = element("figcaption", {});
  const figure = element("figure", { class: "figure" }, caption, picture);

  function show(trace, step) {
    for (const lit of picture.querySelectorAll(".lit, .came")) lit.classList.remove("lit", "came");
    for (const added of picture.querySelectorAll(".added")) added.remove();
    const place = trace.states[step].places[which];
    const from = step > 0 ? trace.states[step - 1].places[which] : place;
    box(picture, place)?.classList.add("lit");
    if (from !== place) lightArrow(picture, from, place);
    const [state, before] = [trace.states[step], trace.states[Math.max(step - 1, 0)]].map(
      (s) => s.states[which],
    );
    caption.replaceChildren(element("b", {}, ENDS[which]), " ", state);
    const came = from !== place ? `, from ${before}` : "";
    picture.setAttribute("aria-label", `State diagram of ${ENDS[which]}: in ${state}${came}`);
  }
  return { figure, show };
}

function box(picture, place) {
  return [...picture.querySelectorAll(".state")].find((one) => one.dataset.place === place);
}

function lightArrow(picture, from, to) {
  const arrows = [...picture.querySelectorAll(".arrow")];
  const arrow =
    arrows.find((one) => one.dataset.from === from && one.dataset.to === to) ??
    missing(picture, from, to);
  arrow.classList.add("lit");
  box(picture, from)?.classList.add("came");
}

/** An arrow that the figure does not have, bent out of the way of what stands between. */
function missing(picture, from, to) {
  const [start, end] = [from, to].map((place) => box(picture, place).querySelector("rect"));
  const middle = (rect) => [
    rect.x.baseVal.value + rect.width.baseVal.value / 2,
    rect.y.baseVal.value + rect.height.baseVal.value / 2,
  ];
  const [[x0, y0], [x1, y1]] = [middle(start), middle(end)];
  const bend = [(x0 + x1) / 2 + (y0 - y1) * 0.18, (y0 + y1) / 2 + (x1 - x0) * 0.18];
  const edge = ([x, y], [u, v], gap) => {
    const part = Math.min(
      (53 + gap) / Math.abs(u - x || 1e-9),
      (14 + gap) / Math.abs(v - y || 1e-9),
    );
    return [x + (u - x) * part, y + (v - y) * part];
  };
  const [a, b] = [edge([x0, y0], bend, 0), edge([x1, y1], bend, 3)];
  const path = drawing("path", { class: "arrow added", d: `M${a} Q${bend} ${b}` });
  picture.prepend(path);
  return path;
}
