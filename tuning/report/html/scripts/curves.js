// Learning curves with the rungs of the stopping rule.
"use strict";

Report.section("curves", "Learning curves", (host) => {
  const metric = Report.element("select", { on: { change: () => show() } });
  const axis = Report.element("select", { on: { change: () => show() } });
  const chart = Report.chart("Learning curves");
  const table = Report.behind("evaluations of all trials", [
    { name: "trial", value: (row) => row.trial, heading: true },
    { name: "evaluation", value: (row) => row.evaluation, numeric: true },
    { name: "step", value: (row) => row.step, numeric: true },
    { name: "time", value: (row) => row.seconds, text: (row) => Report.duration(row.seconds), numeric: true },
    { name: "value", value: (row) => row.value, text: (row) => Report.metric(row.value), numeric: true },
  ]);
  host.append(
    Report.element(
      "div",
      { class: "controls" },
      Report.element("label", {}, "Metric ", metric),
      Report.element("label", {}, "Horizontal axis ", axis),
    ),
    chart.element,
    table.element,
  );
  Report.setOptions(axis, ["steps", "seconds"], (value) => (value === "steps" ? "training steps" : "time in the trial"));
  let model = null;
  const show = () => {
    const name = metric.value;
    chart.update(() => curvesOf(model, name, axis.value));
    table.update(curveRows(model, name));
  };
  return (given) => {
    model = given;
    const names = new Set(model.trials.flatMap((trial) => Object.keys(trial.curve.metrics)));
    Report.setOptions(metric, [...names]);
    chart.remark(
      "Thick: the winner. Dashed: the base config. A symbol marks where a curve ends: ● finished, × stopped early, " +
        "▲ failed, ◆ running. " + (model.rungs.length ? "Vertical lines: rungs, at which the stopping rule compares trials." : ""),
    );
    show();
    return model.trials.some((trial) => trial.evaluations > 0);
  };
});

const curveRows = (model, name) =>
  model.trials.flatMap((trial) =>
    trial.curve.evaluations.map((evaluation, index) => ({
      trial: trial.id,
      evaluation,
      step: trial.curve.steps[index],
      seconds: trial.curve.seconds[index],
      value: trial.curve.metrics[name]?.[index] ?? null,
    })),
  );

const curvesOf = (model, name, axis) => {
  const colours = Report.colours();
  const shown = model.trials.filter((trial) => trial.curve.metrics[name]?.length && !trial.duplicate_of);
  if (!shown.length) return null;
  const winner = model.verdict?.trial;
  const base = model.trials.find((trial) => trial.origin === "base");
  const special = [winner, base?.id];
  const factor = axis === "seconds" && Math.max(...shown.map((trial) => trial.curve.seconds.at(-1))) > 5400 ? 3600 : 1;
  const xs = (trial) => (axis === "steps" ? trial.curve.steps : trial.curve.seconds.map((value) => value / factor));
  const many = shown.length > 40;
  const traces = groups(shown.filter((trial) => !special.includes(trial.id))).map(([state, trials]) =>
    joined(trials, name, xs, { state, width: many ? 0.8 : 1.3, opacity: many ? 0.45 : 0.75 }),
  );
  if (base && base.id !== winner && shown.includes(base)) {
    traces.push(single(base, name, xs, { title: `base config (${base.id})`, dash: "dash", colour: colours.grey, width: 3 }));
  }
  const best = shown.find((trial) => trial.id === winner);
  if (best) {
    const title = base?.id === winner ? `winner (${winner}, the base config)` : `winner (${winner})`;
    traces.push(single(best, name, xs, { title, dash: "solid", colour: colours.green, width: 4 }));
  }
  const title = axis === "steps" ? "training steps" : `time in the trial (${factor > 1 ? "hours" : "seconds"})`;
  return {
    traces,
    height: 420,
    layout: {
      xaxis: { title: { text: title }, rangemode: "tozero" },
      yaxis: { title: { text: Report.label(name) } },
      shapes: axis === "steps" ? rungShapes(model, shown) : [],
    },
  };
};

const groups = (trials) => {
  const found = new Map();
  for (const trial of trials) found.set(trial.state, [...(found.get(trial.state) ?? []), trial]);
  return [...found].sort();
};

// The curves of several trials as one line with gaps: hundreds of lines would be slow. The last point has a symbol.
const joined = (trials, name, xs, { state, width, opacity }) => {
  const style = Report.styleOf(state);
  const [x, y, text, size] = [[], [], [], []];
  for (const trial of trials) {
    const values = trial.curve.metrics[name];
    xs(trial).forEach((at, index) => {
      x.push(at);
      y.push(values[index]);
      text.push(hover(trial, name, index));
      size.push(index === values.length - 1 ? 7 : 0);
    });
    x.push(null);
    y.push(null);
    text.push("");
    size.push(0);
  }
  return {
    type: "scatter", mode: "lines+markers", name: state.replace("_", " "), x, y, text, hoverinfo: "text",
    connectgaps: false, opacity, line: { width, color: style.colour, dash: style.dash },
    marker: { symbol: style.symbol, color: style.colour, size, opacity: 1, line: { width: 0 } },
  };
};

const single = (trial, name, xs, { title, dash, colour, width }) => {
  const style = Report.styleOf(trial.state);
  const values = trial.curve.metrics[name];
  return {
    type: "scatter", mode: "lines+markers", name: title, x: xs(trial), y: values, hoverinfo: "text",
    text: values.map((_, index) => hover(trial, name, index)), line: { width, color: colour, dash },
    marker: { symbol: style.symbol, color: colour, size: values.map((_, index) => (index === values.length - 1 ? 11 : 0)) },
  };
};

const hover = (trial, name, index) =>
  `trial ${trial.id}, evaluation ${trial.curve.evaluations[index]}<br>${Report.label(name)} ` +
  `${Report.metric(trial.curve.metrics[name][index])}<br>${Report.label(Report.state(trial))}`;

// The steps of the rungs, where any trial has come to them.
const rungShapes = (model, trials) =>
  model.rungs.flatMap((rung) => {
    for (const trial of trials) {
      const index = trial.curve.evaluations.indexOf(rung);
      if (index >= 0) {
        const x = trial.curve.steps[index];
        return [{ type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line: { width: 1.5, dash: "dot", color: Report.colours().grey } }];
      }
    }
    return [];
  });
Report.curvesOfTrials = (trials, name, axis) => {
  const colours = Report.colours();
  const looks = [
    { dash: "solid", colour: colours.blue, width: 3 },
    { dash: "dash", colour: colours.orange, width: 3 },
  ];
  const xs = (trial) => (axis === "steps" ? trial.curve.steps : trial.curve.seconds);
  return trials
    .filter((trial) => trial.curve.metrics[name])
    .map((trial, index) => single(trial, name, xs, { title: `trial ${trial.id}`, ...looks[index] }));
};
