// The parameters of the search space against the first goal: parallel coordinates, slices, contour.
"use strict";

const MOST_SLICES = 9;
const MOST_AXES = 10;
const MOST_NARROW_AXES = 5;
const LEAST_FOR_CONTOUR = 8;

Report.section("parameters", "Parameters", (host) => {
  const parallel = Report.chart("Parallel coordinates");
  const contour = Report.chart("The two most important parameters");
  const slicesTitle = Report.element("h3", {}, "The value against each parameter");
  const slicesNote = Report.element("p", { class: "note" });
  const grid = Report.element("div", { class: "grid" });
  let table = null;
  const slices = new Map();
  host.append(parallel.element, contour.element, slicesTitle, slicesNote, grid);
  return (model) => {
    const trials = Report.searched(model).filter((trial) => trial.value !== null && Object.keys(trial.parameters).length);
    const parameters = byImportance(model);
    if (trials.length < 2 || !parameters.length) return false;
    if (!table) {
      table = Report.behind("parameters and values of all trials", [
        { name: "trial", value: (row) => row.id, heading: true },
        { name: Report.goal(model).label, value: (row) => row.value, text: (row) => Report.metric(row.value), numeric: true },
        ...parameters.map((parameter) => ({ name: Report.shortName(parameter.name), value: (row) => row.parameters[parameter.name] ?? null, numeric: parameter.kind !== "choice" })),
      ]);
      host.append(table.element);
    }
    table.update(trials);
    parallel.remark(
      `A line is a trial; on each axis it passes its value. Thick lines are the best ${bestCount(trials)} by ${Report.goal(model).label}` +
        (parameters.length > axes() ? `; the ${axes()} most important of ${parameters.length} parameters are shown.` : "."),
    );
    parallel.update(() => parallelOf(model, parameters.slice(0, axes()), trials));
    contour.remark(`Mean ${Report.goal(model).label} of the trials (points) next to the nodes of a grid, interpolated between them.`);
    contour.update(() => (parameters.length > 1 ? contourOf(model, parameters.slice(0, 2), trials) : null));
    slicesNote.textContent =
      parameters.length > MOST_SLICES
        ? `● finished, × stopped early. The ${MOST_SLICES} most important of ${parameters.length} parameters are shown; the table has all.`
        : "● finished, × stopped early.";
    for (const parameter of parameters.slice(0, MOST_SLICES)) {
      if (!slices.has(parameter.name)) {
        const chart = Report.chart(Report.shortName(parameter.name), { level: "h4" });
        slices.set(parameter.name, chart);
        grid.append(chart.element);
      }
      slices.get(parameter.name).update(() => sliceOf(model, parameter, trials));
    }
    return true;
  };
});

// The best tenth of the trials, at most 20.
const bestCount = (trials) => Math.max(1, Math.min(20, Math.round(0.1 * trials.length)));
const axes = () => (Report.isNarrow() ? MOST_NARROW_AXES : MOST_AXES);

const byImportance = (model) => {
  const shares = model.search?.importance ?? {};
  return [...model.parameters].sort((a, b) => (shares[b.name] ?? 0) - (shares[a.name] ?? 0));
};

// An axis of a range; powers of ten alone are labelled where a logarithmic one has several.
const rangeAxis = (parameter, ticks) => {
  if (!isLog(parameter)) return { type: "linear", nticks: ticks };
  const hasPowers = parameter.high / parameter.low >= 50;
  return { type: "log", exponentformat: "power", ...(hasPowers ? { dtick: 1 } : { nticks: ticks }) };
};

const isLog = (parameter) => parameter?.kind.startsWith("log_");

const sliceOf = (model, parameter, trials) => {
  const having = trials.filter((trial) => parameter.name in trial.parameters);
  if (!having.length) return null;
  const isChoice = parameter.kind === "choice";
  const order = parameter.choices.map(String);
  const spread = (trial) => ((Number(trial.id) * 0.618034) % 1) * 0.5 - 0.25; // points of one choice side by side
  const traces = [...new Set(having.map((trial) => trial.state))].sort().map((state) => {
    const style = Report.styleOf(state);
    const shown = having.filter((trial) => trial.state === state);
    return {
      type: "scatter", mode: "markers", name: state,
      x: shown.map((trial) => (isChoice ? order.indexOf(String(trial.parameters[parameter.name])) + spread(trial) : trial.parameters[parameter.name])),
      y: shown.map((trial) => trial.value),
      text: shown.map((trial) => `trial ${trial.id}: ${Report.metric(trial.value)}<br>${Report.label(Report.text(trial.parameters[parameter.name]))}`),
      hoverinfo: "text", marker: { symbol: style.symbol, color: style.colour, size: 7, opacity: 0.75 },
    };
  });
  return {
    traces,
    height: 230,
    layout: {
      showlegend: false,
      margin: { l: 48, r: 12, t: 6, b: 30 },
      xaxis: isChoice
        ? { tickvals: order.map((_, index) => index), ticktext: order.map((text) => Report.label(Report.shortName(text, 14))), range: [-0.5, order.length - 0.5] }
        : rangeAxis(parameter, 4),
      yaxis: { nticks: 5 },
    },
  };
};

// Where a value lies on its axis, from 0 to 1; null where the trial has none.
const position = (parameter, value) => {
  if (value === undefined || value === null) return null;
  if (parameter.kind === "choice") {
    const index = parameter.choices.map(String).indexOf(String(value));
    return parameter.choices.length > 1 ? index / (parameter.choices.length - 1) : 0.5;
  }
  const scale = isLog(parameter) ? Math.log : (number) => number;
  return (scale(value) - scale(parameter.low)) / (scale(parameter.high) - scale(parameter.low));
};

const parallelOf = (model, parameters, trials) => {
  const colours = Report.colours();
  const values = trials.map((trial) => trial.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const goal = { name: Report.goal(model).label, kind: "uniform", low, high: high > low ? high : low + 1, choices: [] };
  const shown = [...parameters, goal];
  const ranked = [...trials].sort((a, b) => Report.oriented(model, b.value) - Report.oriented(model, a.value));
  const best = bestCount(ranked);
  const half = Math.max(best, Math.round(ranked.length / 2));
  const many = ranked.length > 60;
  const lines = (name, members, look) => {
    const [x, y, text] = [[], [], []];
    for (const trial of members) {
      shown.forEach((axis, index) => {
        const at = position(axis, axis === goal ? trial.value : trial.parameters[axis.name]);
        if (at === null) return; // the trial does not have this parameter
        x.push(index);
        y.push(at);
        text.push(`trial ${trial.id}: ${Report.metric(trial.value)}<br>${Report.label(axis.name)} ${Report.label(Report.text(axis === goal ? trial.value : trial.parameters[axis.name]))}`);
      });
      x.push(null);
      y.push(null);
      text.push("");
    }
    return { type: "scatter", mode: "lines", name, x, y, text, hoverinfo: "text", line: look, opacity: look.opacity, connectgaps: false };
  };
  const isNarrow = Report.isNarrow();
  const longest = isNarrow ? 16 : Math.max(12, Math.floor(150 / shown.length));
  const ends = (axis, end) => {
    if (axis.kind === "choice") return Report.shortName(String(end ? axis.choices.at(-1) : axis.choices[0]), 14);
    return Report.text(end ? axis.high : axis.low);
  };
  const along = (index, text, y, anchor, angle = 0) => ({
    x: index, y, text: Report.label(text), showarrow: false, yanchor: anchor, xanchor: angle ? "left" : "center", textangle: angle, font: { size: 12 },
  });
  return {
    traces: [
      lines("lower half", ranked.slice(half), { width: 0.8, dash: "dot", color: colours.grey, opacity: many ? 0.3 : 0.6 }),
      lines("upper half", ranked.slice(best, half), { width: 1, dash: "solid", color: colours.blue, opacity: many ? 0.4 : 0.7 }),
      lines(`best ${best}`, ranked.slice(0, best), { width: many ? 1.8 : 2.8, dash: "solid", color: colours.orange, opacity: 0.95 }),
    ].filter((trace) => trace.x.length),
    height: isNarrow ? 460 : 440,
    layout: {
      margin: { l: 40, r: isNarrow ? 70 : 60, t: 8, b: isNarrow ? 40 : 30 },
      legend: { traceorder: "reversed" },
      xaxis: { showgrid: true, gridcolor: colours.grey, tickvals: [], range: [-0.25, shown.length - 0.75], zeroline: false, showline: false, dtick: 1 },
      yaxis: { visible: false, range: [-0.12, isNarrow ? 1.45 : 1.35] },
      shapes: shown.map((_, index) => ({ type: "line", x0: index, x1: index, y0: 0, y1: 1, line: { color: colours.grey, width: 1 } })),
      annotations: shown.flatMap((axis, index) => [
        along(index, ends(axis, 0), -0.02, "top"),
        along(index, ends(axis, 1), 1.01, "bottom"),
        along(index, Report.shortName(axis.name, longest), 1.1, "bottom", isNarrow || shown.length > 4 ? -35 : 0),
      ]),
    },
  };
};

// The mean value of the trials next to each node of a grid over two parameters; Plotly interpolates the empty ones.
const cellsOf = (trials, [xOf, yOf]) => {
  const count = Math.max(5, Math.min(20, Math.round(Math.sqrt(trials.length))));
  const cells = (parameter) => (parameter.kind === "choice" ? parameter.choices.length : count);
  const cell = (parameter, trial) => {
    const share = position(parameter, trial.parameters[parameter.name]);
    return Math.max(0, Math.min(cells(parameter) - 1, Math.round(share * (cells(parameter) - 1))));
  };
  const node = (parameter, index) => {
    if (parameter.kind === "choice") return String(parameter.choices[index]);
    const share = index / (count - 1);
    return isLog(parameter) ? parameter.low * (parameter.high / parameter.low) ** share : parameter.low + share * (parameter.high - parameter.low);
  };
  const sums = Array.from({ length: cells(yOf) }, () => Array.from({ length: cells(xOf) }, () => [0, 0]));
  for (const trial of trials) {
    const found = sums[cell(yOf, trial)][cell(xOf, trial)];
    found[0] += trial.value;
    found[1] += 1;
  }
  const axis = (parameter) => Array.from({ length: cells(parameter) }, (_, index) => node(parameter, index));
  return { x: axis(xOf), y: axis(yOf), z: sums.map((row) => row.map(([sum, number]) => (number ? sum / number : null))) };
};

const contourOf = (model, parameters, trials) => {
  const shown = trials.filter((trial) => parameters.every((parameter) => parameter.name in trial.parameters));
  if (shown.length < LEAST_FOR_CONTOUR) return null;
  const axis = (parameter) => ({
    title: { text: Report.label(Report.shortName(parameter.name)) },
    ...(parameter.kind === "choice" ? { type: "category" } : rangeAxis(parameter, 5)),
  });
  const values = (parameter) =>
    shown.map((trial) => (parameter.kind === "choice" ? String(trial.parameters[parameter.name]) : trial.parameters[parameter.name]));
  const [xOf, yOf] = parameters;
  return {
    traces: [
      {
        type: "contour", ...cellsOf(shown, parameters), connectgaps: true, colorscale: "Cividis", reversescale: Report.goal(model).mode === "min",
        line: { width: 0.5 }, hoverinfo: "skip",
        colorbar: { title: { text: Report.label(Report.goal(model).label), side: "right" }, thickness: 12, outlinewidth: 0 },
      },
      {
        type: "scatter", mode: "markers", showlegend: false, x: values(xOf), y: values(yOf),
        text: shown.map((trial) => `trial ${trial.id}: ${Report.metric(trial.value)}`), hoverinfo: "text",
        marker: { size: 6, color: "#ffffff", line: { width: 1.2, color: "#000000" } },
      },
    ],
    height: 400,
    layout: { xaxis: axis(xOf), yaxis: axis(yOf), showlegend: false },
  };
};
