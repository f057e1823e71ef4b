// The model live behind the page: what can happen next, and why the rest cannot.

function setUpExplorer(data, showTrace) {
  const place = byId("explore");
  let shown = { run: null, trace: null };
  let latest = 0; // the question whose answer is awaited; an older answer is of no interest
  new EventSource("alive"); // open as long as this page is: without any page the server stops

  const address = (model, path, step = path.length) =>
    `#explore/${model}/${path.join(".")}/${step}`;
  const go = (...where) => {
    location.hash = address(...where);
  };

  async function open([modelText, pathText, stepText], showSection) {
    const model = Number.parseInt(modelText, 10) || 0;
    const path = (pathText ?? "").split(".").filter(Boolean).map(Number);
    const step = Math.min(Number.parseInt(stepText ?? path.length, 10) || 0, path.length);
    const question = ++latest;
    const focused = place.contains(document.activeElement);
    place.inert = true; // what it offers belongs to the step that was shown before
    const answer = await ask(model, path, step);
    if (question !== latest) return;
    place.inert = false;
    const about = data.live[model] ?? data.live[0];
    showSection("trace", `Explore ${about.variant}`);
    byId("trace-title").replaceChildren("Explore ", element("small", {}, about.variant));
    byId("trace-about").replaceChildren(
      about.title ? `${about.title}. ` : "",
      element("span", { class: "source" }, `Scope ${about.scope}.`),
    );
    byId("key").replaceChildren();
    place.hidden = false;
    if (answer.error) {
      place.replaceChildren(element("p", { role: "alert" }, answer.error));
      return;
    }
    place.replaceChildren(...panel(model, path, step, answer));
    if (focused) place.querySelector("button")?.focus({ preventScroll: true });
    const run = address(model, path, 0);
    if (shown.run !== run) shown = { run, trace: answer.trace };
    const walk = (to) => {
      place.inert = to !== step;
      showTrace(shown.trace, to, walk);
      location.replace(address(model, path, to));
    };
    showTrace(shown.trace, step, walk);
  }

  async function ask(model, path, at) {
    try {
      const reply = await fetch(`view?model=${model}&path=${path.join(".")}&at=${at}`);
      return await reply.json();
    } catch {
      return { error: "The server has stopped. Run tcpmc explore again." };
    }
  }

  function panel(model, path, step, answer) {
    const taken = path.slice(0, step);
    const choose = (choice) => go(model, [...taken, choice.place]);
    return [
      chooser(model),
      element(
        "div",
        { class: "ways" },
        groups(answer.choices).map(([name, choices]) =>
          element(
            "section",
            {},
            element("h2", {}, name),
            choices.length ? list(choices, choose) : none(),
          ),
        ),
      ),
      !answer.choices.length && element("p", {}, "Nothing can happen any more."),
      impossible(answer.impossible),
      element(
        "p",
        { class: "tools" },
        element(
          "button",
          {
            type: "button",
            "aria-disabled": path.length === 0,
            on: { click: () => path.length && go(model, path.slice(0, -1)) },
          },
          "Take back",
        ),
        element(
          "button",
          {
            type: "button",
            "aria-disabled": path.length === 0,
            on: { click: () => go(model, []) },
          },
          "Start over",
        ),
        path.length > 0 &&
          element(
            "a",
            { href: `path.json?model=${model}&path=${path.join(".")}`, download: "path.json" },
            "Save as a trace",
          ),
      ),
    ].filter(Boolean);
  }

  /** Another variant or scope, and a state to be taken to. */
  function chooser(model) {
    const now = data.live[model];
    const names = (of) => [...new Set(data.live.map(of))];
    const select = (label, options, chosen, change) =>
      element(
        "label",
        {},
        `${label} `,
        element(
          "select",
          { on: { change: (event) => change(event.target.value) } },
          options.map((one) => element("option", { value: one, selected: one === chosen }, one)),
        ),
      );
    const served = (variant, bounds) =>
      data.live.findIndex((one) => one.variant === variant && one.bounds === bounds);
    const switchTo = (variant, bounds) => {
      const found = served(variant, bounds);
      go(found < 0 ? data.live.findIndex((one) => one.variant === variant) : found, []);
    };
    return element(
      "p",
      { class: "tools" },
      data.live.length > 1 && [
        select("Variant", names((one) => one.variant), now.variant, (to) =>
          switchTo(to, now.bounds),
        ),
        select("Scope", names((one) => one.bounds), now.bounds, (to) => switchTo(now.variant, to)),
      ],
      select("Take me to", ["a state", ...data.states], "a state", (state) =>
        takeTo(model, state),
      ),
    );
  }

  async function takeTo(model, state) {
    const question = ++latest;
    place.inert = true;
    let answer;
    try {
      answer = await (await fetch(`way?model=${model}&state=${state}`)).json();
    } catch {
      answer = { error: "The server has stopped. Run tcpmc explore again." };
    }
    if (question !== latest) return;
    place.inert = false;
    if (answer.error) place.prepend(element("p", { role: "alert" }, answer.error));
    else go(model, answer.path);
  }

  /** On a saved trace: the way from one of its steps into the model. */
  function leave(id, step) {
    latest += 1;
    const { model, path } = data.traces[id];
    place.inert = false;
    place.hidden = false;
    place.replaceChildren(
      element(
        "p",
        { class: "tools" },
        element(
          "a",
          { href: address(model, path.slice(0, step)) },
          `Explore from ${step ? `step ${step}` : "the start"}`,
        ),
      ),
    );
  }

  return { open, leave };
}

/** The choices by who makes them, each group in the order of the model. */
function groups(choices) {
  const found = new Map();
  for (const choice of choices) {
    const name = choice.end === null ? "Time" : byNetwork(choice) ? "Network" : ENDS[choice.end];
    found.set(name, [...(found.get(name) ?? []), choice]);
  }
  const names = ["A", "Network", "B", ...(found.has("Time") ? ["Time"] : [])];
  return names.map((name) => [name, found.get(name) ?? []]);
}

function list(choices, choose) {
  const button = (choice) =>
    element(
      "button",
      { type: "button", title: outcome(choice), on: { click: () => choose(choice) } },
      named(choice),
      choice.enters && element("small", {}, `→ ${choice.enters}`),
    );
  return element(
    "ul",
    {},
    choices.map((choice) => element("li", {}, button(choice))),
  );
}

function none() {
  return element("p", { class: "none" }, "nothing");
}

function named({ kind, end, segment }) {
  const network = byNetwork({ kind });
  const verb = network ? NETWORK[kind][0] : kind === "deliver" ? "receive" : kind;
  if (segment === null) return network ? `${verb} what ${ENDS[end]} sent` : verb;
  return element(
    "span",
    {},
    `${verb} `,
    element("code", {}, segment),
    network && ` from ${ENDS[end]}`,
  );
}

/** What a choice comes to: the rule, and what it sends. */
function outcome({ rules, sends }) {
  const labels = rules.map(([label]) => label);
  return [...labels, ...sends.map((segment) => `sends ${segment}`)].join("; ");
}

function impossible(events) {
  if (!events.length) return null;
  return element(
    "details",
    {},
    element("summary", {}, `Not possible now: ${events.length}`),
    element(
      "div",
      { class: "ways" },
      groups(events).map(([name, some]) =>
        element("section", {}, element("h2", {}, name), some.length ? reasons(some) : none()),
      ),
    ),
  );
}

function reasons(events) {
  const told = (event) => [element("dt", {}, named(event)), element("dd", {}, event.reason)];
  return element("dl", {}, events.map(told));
}
