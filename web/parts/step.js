// One step in words: what happened, by which rule, what is in flight, which properties hold.

/** What the network does, as one chooses it and as one tells it. */
const NETWORK = {
  lose: ["lose", "is lost"],
  duplicate: ["duplicate", "is duplicated"],
  expire: ["let expire", "expires"],
};

function byNetwork({ kind }) {
  return Object.hasOwn(NETWORK, kind);
}

/** The step as a sentence. */
function sentence(step) {
  if (step.kind === "tick") return "One tick of time.";
  const who = ENDS[step.end];
  if (step.kind === "deliver") return `${who} receives ${step.segment}.`;
  if (step.kind === "forge") return `${who} receives a forged ${step.segment}.`;
  if (byNetwork(step)) return `${step.segment}, from ${who}, ${NETWORK[step.kind][1]}.`;
  return `${who}: ${step.kind}${step.segment === null ? "" : ` ${step.segment}`}.`;
}

/** Everything about a step that the ladder shows by its form, for who cannot see it. */
function spoken(trace, number) {
  const [a, b] = trace.states[number].states;
  if (number === 0) return `Start: A ${a}, B ${b}`;
  const step = trace.steps[number - 1];
  const before = trace.states[number - 1].states;
  const words = [`${number}. ${sentence(step)}`];
  [a, b].forEach((state, which) => {
    if (state !== before[which]) words.push(`${ENDS[which]} enters ${state}.`);
  });
  if (step.sends.length) words.push(`Sends ${step.sends.join(" and ")}.`);
  return words.concat(step.signals.map((signal) => `User told: ${signal}.`)).join(" ");
}

function showStep(place, data, trace, number) {
  const step = number > 0 ? trace.steps[number - 1] : null;
  place.replaceChildren(
    element("h2", {}, number > 0 ? `Step ${number}` : "Start"),
    element("p", { class: "sentence" }, step ? sentence(step) : "Nothing has happened yet."),
    rulesOf(step),
    element(
      "div",
      { class: "pair" },
      inFlight(trace.states[number]),
      numbersOf(trace.states[number]),
    ),
    propertiesAt(data, trace, number),
  );
}

function rulesOf(step) {
  if (step === null) return "";
  const item = (name, whats) =>
    whats.length > 0 && [element("dt", {}, name), ...whats.map((what) => element("dd", {}, what))];
  const rules = step.rules.map(([label, address]) =>
    address ? element("a", { href: address, rel: "noreferrer" }, label) : label,
  );
  return element(
    "dl",
    { class: "rules" },
    item(
      step.rules.length > 1 ? "Rules" : "Rule",
      step.rules.length ? rules : ["the network, or time: no rule of an end"],
    ),
    item(
      "Sends",
      step.sends.map((segment) => element("code", {}, segment)),
    ),
    item("User told", step.signals),
  );
}

function inFlight(state) {
  const channel = (flights, name) => [
    element("h3", {}, name),
    flights.length
      ? element(
          "ul",
          {},
          flights.map(([segment, age]) =>
            element("li", {}, element("code", {}, segment), age ? ` age ${age}` : ""),
          ),
        )
      : element("p", { class: "none" }, "nothing"),
  ];
  return element(
    "section",
    { class: "flights" },
    element("h2", {}, "In flight"),
    channel(state.flights[0], "from A to B"),
    channel(state.flights[1], "from B to A"),
  );
}

function numbersOf(state) {
  const names = [...new Set(state.numbers.flat().map(([name]) => name))];
  if (!names.length) return "";
  const values = state.numbers.map((numbers) => new Map(numbers));
  return element(
    "section",
    { class: "numbers" },
    element("h2", { id: "numbers-title" }, "TCBs"),
    element(
      "table",
      { "aria-labelledby": "numbers-title" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("td", {}),
          ENDS.map((end) => element("th", { scope: "col" }, end)),
        ),
      ),
      element(
        "tbody",
        {},
        names.map((name) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, name),
            values.map((value) => element("td", {}, value.get(name) ?? "–")),
          ),
        ),
      ),
    ),
  );
}

function propertiesAt(data, trace, number) {
  const known = data.properties.filter(({ name }) => Object.hasOwn(trace.holds, name));
  const isList = ({ name }) => Array.isArray(trace.holds[name]);
  if (!known.length) {
    return element(
      "p",
      { class: "none" },
      "This trace begins in any state at all: properties of the runs say nothing of it.",
    );
  }
  const row = ({ name, meaning }) => {
    const now = trace.holds[name][number];
    const changed = number > 0 && trace.holds[name][number - 1] !== now;
    return element(
      "tr",
      { class: changed && "changed" },
      element("th", { scope: "row", title: meaning }, name),
      element(
        "td",
        { class: `holds ${now.replaceAll(" ", "-")}` },
        now,
        changed && element("span", { class: "unseen" }, " (new)"),
      ),
    );
  };
  const others = known.filter((property) => !isList(property));
  return element(
    "section",
    { class: "properties" },
    element("h2", { id: "properties-title" }, "Properties in this state"),
    element(
      "table",
      { "aria-labelledby": "properties-title" },
      element("tbody", {}, known.filter(isList).map(row)),
    ),
    others.length > 0 &&
      element(
        "details",
        {},
        element("summary", {}, `${others.length} that no single state decides`),
        element(
          "dl",
          {},
          others.map(({ name }) => [element("dt", {}, name), element("dd", {}, trace.holds[name])]),
        ),
      ),
  );
}
