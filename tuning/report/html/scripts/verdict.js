// The winner, what it is worth and what it cost.
"use strict";

Report.section("verdict", "Verdict", (host) => {
  const lead = Report.element("p", { class: "lead" });
  const tiles = Report.element("dl", { class: "tiles" });
  const broken = Report.element("p", { class: "failed" }, "It does not meet all constraints; no checkpoint does.");
  const sentences = Report.element("ul", { class: "sentences" });
  const classes = Report.table("Average precision by class", [
    { name: "class", value: (row) => row.name, heading: true },
    { name: "AP", value: (row) => row.ap, text: (row) => Report.metric(row.ap), numeric: true },
    { name: "base", value: (row) => row.base_ap, text: (row) => Report.metric(row.base_ap), numeric: true },
    { name: "AP@.50", value: (row) => row.ap50, text: (row) => Report.metric(row.ap50), numeric: true },
    { name: "base", value: (row) => row.base_ap50, text: (row) => Report.metric(row.base_ap50), numeric: true },
  ]);
  const constraints = Report.table("Constraints", [
    { name: "constraint", value: (row) => row.constraint, heading: true },
    { name: "winner", value: (row) => row.value, numeric: true },
    { name: "met", value: (row) => (row.met ? "yes" : "no") },
  ]);
  const changes = Report.table("Changes of the base config", [
    { name: "field", value: (row) => row.path, heading: false, wide: true },
    { name: "base", value: (row) => row.before, text: (row) => shown(row.before) },
    { name: "winner", value: (row) => row.after, text: (row) => shown(row.after) },
  ]);
  const budget = Report.table("What it cost", [
    { name: "", value: (row) => row.name, heading: true },
    { name: "spent", value: (row) => row.spent, numeric: true },
    { name: "forecast", value: (row) => row.forecast, numeric: true },
    { name: "limit", value: (row) => row.limit, numeric: true },
  ]);
  const commands = Report.element("dl", { class: "commands" });
  const commandsNew = Report.changed();
  const textNew = Report.changed();
  host.append(
    lead,
    broken,
    tiles,
    sentences,
    Report.element(
      "div",
      { class: "columns" },
      Report.element("div", {}, classes.element, constraints.element, budget.element),
      Report.element("div", {}, changes.element),
    ),
    Report.element("h3", {}, "What to do next"),
    commands,
  );
  return (model) => {
    const verdict = model.verdict;
    if (textNew([verdict, model.running, model.budget, model.front.length])) {
      lead.replaceChildren(...leadText(model));
      tiles.replaceChildren(...tilesOf(model));
      sentences.replaceChildren(...(verdict?.text ?? []).map((text) => Report.element("li", {}, text)));
    }
    sentences.hidden = !verdict?.text.length;
    classes.update(verdict?.classes ?? []);
    constraints.update(verdict?.constraints ?? []);
    broken.hidden = !verdict?.constraints.some((item) => !item.met);
    changes.update(verdict?.changes ?? []);
    budget.update(budgetRows(model.budget));
    if (commandsNew(model.commands)) {
      commands.replaceChildren(
        ...model.commands.flatMap((item) => [
          Report.element("dt", {}, item.label),
          Report.element("dd", {}, Report.element("code", {}, item.command)),
        ]),
      );
    }
    return true;
  };
});

const shown = (value) => (value === null ? "not set" : Report.text(value));

const leadText = (model) => {
  const verdict = model.verdict;
  if (!verdict) return ["No trial has been evaluated yet."];
  const what = verdict.is_confirmed ? "The winner is" : model.running ? "The best so far is" : "The best is";
  const base = verdict.is_base ? ", which is the base config" : "";
  return [
    `${what} trial ${verdict.trial}${base}: `,
    Report.element("strong", {}, `${verdict.metric} ${Report.metric(verdict.value)}`),
    ` on the validation part (evaluation ${verdict.evaluation}, step ${Report.text(verdict.step)}).`,
    model.front.length > 1 ? ` ${model.front.length} trials are on the Pareto front, of which it is the best by the first goal.` : "",
  ];
};

const tilesOf = (model) => {
  const { verdict, budget } = model;
  const found = [];
  const add = (name, value, detail) => value && found.push(tile(name, value, detail));
  if (verdict) {
    add(
      `Validation ${verdict.metric}`,
      Report.metric(verdict.value),
      verdict.folds ? "of the exported weights" : verdict.interval ? `90 % interval ${Report.interval(verdict.interval)}` : "no interval",
    );
    if (verdict.mean !== null) {
      const interval = verdict.folds && verdict.interval ? [`90 % interval ${Report.interval(verdict.interval)}`] : [];
      const deviation = verdict.sd === null ? [] : [`standard deviation ${Report.metric(verdict.sd)}`];
      const name = verdict.folds ? `${verdict.folds}-fold cross-validation` : "Mean over seeds";
      add(name, Report.metric(verdict.mean), [...interval, ...deviation].join("; "));
    }
    if (verdict.test) {
      const interval = verdict.test.interval;
      add(`Test ${verdict.metric}`, Report.metric(verdict.test.value), interval ? `90 % interval ${Report.interval(interval)}` : "");
    }
    const against = verdict.against_base;
    if (against) {
      const how = against.interval ? `90 % interval ${Report.interval(against.interval, true)}` : "one training each, no interval";
      add(`Better than the base by (${against.part})`, Report.signed(against.difference), how);
    }
  }
  const spent = budget.spent;
  add("Time in trials", Report.duration(3600 * spent.trial_hours), `${spent.trials} ${spent.trials === 1 ? "trial" : "trials"} of the search ended`);
  if (spent.gpu_hours) add("GPU-hours", Report.text(spent.gpu_hours), "");
  if (spent.cost !== null) add("Cost", Report.text(spent.cost), "");
  return found;
};

const tile = (name, value, detail) =>
  Report.element(
    "div",
    { class: "tile" },
    Report.element("dt", {}, name),
    Report.element("dd", {}, value),
    detail ? Report.element("dd", { class: "detail" }, detail) : null,
  );

const budgetRows = ({ spent, forecast, limits }) =>
  [
    ["trials", "trials"],
    ["hours in trials", "trial_hours"],
    ["GPU-hours", "gpu_hours"],
    ["cost", "cost"],
  ]
    .map(([name, key]) => ({ name, spent: spent[key], forecast: forecast?.[key] ?? null, limit: limits[key] ?? null }))
    .filter((row) => row.spent || row.limit !== null);
