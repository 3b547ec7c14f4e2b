// The table of trials, and the failed ones with their tracebacks.
"use strict";

Report.section("trials", "Trials", (host) => {
  let table = null;
  const failures = Report.element("div");
  const failed = Report.element("div", { hidden: true }, Report.element("h3", {}, "Failed trials"), failures);
  const isNew = Report.changed();
  const place = Report.element("div");
  host.append(place, failed);
  return (model) => {
    if (!table) {
      table = Report.sortable("Trials of the sweep", columnsOf(model), {
        stateOf: Report.state,
        sort: { index: 2, descending: Report.goal(model).mode === "max" },
      });
      place.append(table.element);
    }
    const winner = model.verdict?.trial;
    table.update(model.trials.map((trial) => ({ ...trial, className: trial.id === winner ? "winner" : null })));
    const broken = model.trials.filter((trial) => trial.state === "failed");
    failed.hidden = broken.length === 0;
    if (isNew(broken.map((trial) => [trial.id, trial.error, trial.traceback]))) {
      const more = broken.length - MOST_FAILURES;
      const note = more > 0 ? Report.element("p", { class: "note" }, `… and ${more} more; filter the table above by state.`) : "";
      failures.replaceChildren(...broken.slice(0, MOST_FAILURES).map(failure), note);
    }
    return model.trials.length > 0;
  };
});

const MOST_FAILURES = 20;

const columnsOf = (model) => [
  { name: "trial", value: (row) => row.id, heading: true },
  { name: "state", value: Report.state, short: true },
  {
    name: `best ${Report.goal(model).label}`,
    value: (row) => row.value,
    text: (row) => Report.metric(row.value) + (row.feasible === false ? " (constraint not met)" : ""),
    numeric: true,
  },
  ...model.objective.slice(1).map((goal) => ({
    name: goal.label,
    value: (row) => row.values[goal.label] ?? null,
    numeric: true,
  })),
  {
    name: "evaluations",
    value: (row) => row.evaluations,
    text: (row) => `${row.evaluations}/${row.total_evaluations}`,
    numeric: true,
  },
  { name: "lineage", value: Report.lineage, short: true },
  { name: "time", value: (row) => row.seconds, text: (row) => Report.duration(row.seconds), numeric: true },
  { name: "images/s", value: (row) => row.images_per_s, numeric: true },
  { name: "settings", value: (row) => row.settings, line: true },
];

const failure = (trial) =>
  Report.element(
    "details",
    {},
    Report.element("summary", {}, `Trial ${trial.id}: ${trial.error ?? "no error was recorded"}`),
    Report.element("pre", { tabindex: "0" }, trial.traceback ?? "There is no traceback."),
  );
