// The course of the search: history against compute, importance of parameters, Pareto front.
"use strict";

Report.section("search", "The search", (host) => {
  const history = Report.chart("Best value against compute");
  const historyTable = Report.behind("the best evaluation of each trial, in the order of time", [
    { name: "trial", value: (row) => row.trial, heading: true },
    { name: "compute", value: (row) => row.compute_s, text: (row) => Report.duration(row.compute_s), numeric: true },
    { name: "value", value: (row) => row.value, text: (row) => Report.metric(row.value), numeric: true },
    { name: "best so far", value: (row) => row.best, text: (row) => Report.metric(row.best), numeric: true },
    { name: "constraints met", value: (row) => (row.feasible ? "yes" : "no") },
  ]);
  const importance = Report.chart("Importance of the parameters");
  const importanceTable = Report.behind("importance", [
    { name: "parameter", value: (row) => row.name, heading: true },
    { name: "importance", value: (row) => row.value, text: (row) => Report.percent(row.value), numeric: true },
  ]);
  const front = Report.chart("Pareto front");
  const axes = [0, 1].map(() => Report.element("select", { on: { change: () => showFront() } }));
  const controls = Report.element(
    "div",
    { class: "controls" },
    Report.element("label", {}, "Horizontal axis ", axes[0]),
    Report.element("label", {}, "Vertical axis ", axes[1]),
  );
  let frontTable = null;
  const frontPlace = Report.element("div", {}, controls, front.element);
  host.append(
    history.element,
    historyTable.element,
    importance.element,
    importanceTable.element,
    frontPlace,
  );
  let model = null;
  const showFront = () => front.update(() => frontOf(model, axes[0].value, axes[1].value));
  return (given) => {
    model = given;
    const rows = historyRows(model);
    history.remark(
      rows.some((row) => !row.feasible)
        ? "Each trial at the compute that all trials had taken when it was at its best. ○ does not meet the constraints; the line counts those that do."
        : "Each trial at the compute that all trials had taken when it was at its best.",
    );
    history.update(() => historyOf(model, rows));
    historyTable.update(rows);
    const shares = Object.entries(model.search?.importance ?? {}).map(([name, value]) => ({ name, value }));
    importance.remark(model.search?.note);
    importance.element.hidden = !model.search;
    importance.update(() => importanceOf(shares));
    importanceTable.update(shares);
    frontPlace.hidden = model.objective.length < 2;
    if (model.objective.length > 1) {
      const labels = model.objective.map((goal) => goal.label);
      Report.setOptions(axes[0], labels);
      Report.setOptions(axes[1], labels);
      if (axes[0].value === axes[1].value) [axes[0].value, axes[1].value] = [labels[1], labels[0]];
      controls.hidden = labels.length < 3;
      if (!frontTable) {
        frontTable = Report.table("Pareto front: no other trial is better in one goal and not worse in another", [
          { name: "trial", value: (row) => row.trial, heading: true },
          { name: "evaluation", value: (row) => row.evaluation, numeric: true },
          ...labels.map((label) => ({ name: label, value: (row) => row.values[label], numeric: true })),
        ]);
        frontPlace.append(frontTable.element);
      }
      frontTable.update(model.front);
      showFront();
    }
    return rows.length > 0;
  };
});

const historyRows = (model) => {
  let best = null;
  return model.history.map((point) => {
    const isBetter = best === null || Report.oriented(model, point.value) > Report.oriented(model, best);
    if (point.feasible && isBetter) best = point.value;
    return { ...point, best };
  });
};

const historyOf = (model, rows) => {
  if (!rows.length) return null;
  const colours = Report.colours();
  const total = rows.at(-1).compute_s;
  const [unit, word] = total > 7200 ? [3600, "hours"] : total > 180 ? [60, "minutes"] : [1, "seconds"];
  const points = (feasible, name, symbol, colour) => {
    const shown = rows.filter((row) => row.feasible === feasible);
    return {
      type: "scatter", mode: "markers", name, x: shown.map((row) => row.compute_s / unit), y: shown.map((row) => row.value),
      text: shown.map((row) => `trial ${row.trial}: ${Report.metric(row.value)}`), hoverinfo: "text",
      marker: { symbol, size: 8, color: colour, line: { width: 1.5, color: colour } },
    };
  };
  const line = rows.filter((row) => row.best !== null);
  const base = model.trials.find((trial) => trial.origin === "base" && trial.value !== null);
  const traces = [];
  if (base) {
    traces.push({
      type: "scatter", mode: "lines", name: `base config (${base.id})`, x: [0, total / unit], y: [base.value, base.value],
      line: { dash: "dash", width: 2, color: colours.grey }, hoverinfo: "name",
    });
  }
  traces.push({
    type: "scatter", mode: "lines", name: "best so far", x: [...line.map((row) => row.compute_s / unit), total / unit],
    y: [...line.map((row) => row.best), line.at(-1)?.best ?? null], line: { shape: "hv", width: 2.5, color: colours.green }, hoverinfo: "skip",
  });
  const infeasible = rows.some((row) => !row.feasible);
  traces.push(points(true, infeasible ? "trial, constraints met" : "trial", "circle", colours.blue));
  if (infeasible) traces.push(points(false, "trial, constraints not met", "circle-open", colours.orange));
  return {
    traces,
    layout: {
      xaxis: { title: { text: `compute of all trials (${word})` }, rangemode: "tozero" },
      yaxis: { title: { text: Report.label(Report.goal(model).label) } },
    },
  };
};

const importanceOf = (shares) => {
  if (!shares.length) return null;
  const shown = shares.slice(0, 15).reverse();
  const colours = Report.colours();
  const longest = Report.isNarrow() ? 18 : 44;
  return {
    traces: [
      {
        type: "bar", orientation: "h", x: shown.map((item) => 100 * item.value), y: shown.map((item) => Report.label(Report.shortName(item.name, longest))),
        text: shown.map((item) => Report.percent(item.value)), textposition: "outside", cliponaxis: false,
        hovertext: shown.map((item) => Report.label(item.name)), hoverinfo: "text", marker: { color: colours.blue },
      },
    ],
    height: 90 + 28 * shown.length,
    layout: {
      margin: { r: 56 },
      xaxis: { title: { text: "importance in %" }, rangemode: "tozero" },
      yaxis: { type: "category", showgrid: false },
      showlegend: false,
    },
  };
};

const frontOf = (model, xName, yName) => {
  const colours = Report.colours();
  const trials = Report.searched(model).filter((trial) => trial.value !== null);
  if (!trials.length) return null;
  const onFront = new Set(model.front.map((point) => point.trial));
  const points = (name, chosen, marker) => ({
    type: "scatter", mode: "markers", name, x: chosen.map((trial) => trial.values[xName]), y: chosen.map((trial) => trial.values[yName]),
    text: chosen.map((trial) => `trial ${trial.id}<br>${Report.label(xName)} ${Report.text(trial.values[xName])}<br>${Report.label(yName)} ${Report.text(trial.values[yName])}`),
    hoverinfo: "text", marker: { size: 9, ...marker },
  });
  const front = [...model.front].sort((a, b) => a.values[xName] - b.values[xName]);
  const traces = [
    points("dominated", trials.filter((trial) => trial.feasible && !onFront.has(trial.id)), { symbol: "circle", color: colours.blue }),
    points("constraints not met", trials.filter((trial) => !trial.feasible), { symbol: "x-thin-open", color: colours.orange, line: { width: 2, color: colours.orange } }),
    {
      ...points("Pareto front", trials.filter((trial) => onFront.has(trial.id)), { symbol: "star", size: 14, color: colours.green }),
    },
  ].filter((trace) => trace.x.length);
  if (front.length > 1 && model.objective.length === 2) {
    traces.unshift({
      type: "scatter", mode: "lines", showlegend: false, x: front.map((point) => point.values[xName]), y: front.map((point) => point.values[yName]),
      line: { color: colours.green, width: 1.5, dash: "dot" }, hoverinfo: "skip",
    });
  }
  return {
    traces,
    layout: { xaxis: { title: { text: Report.label(xName) } }, yaxis: { title: { text: Report.label(yName) } } },
  };
};
