// When and where trials ran.
"use strict";

Report.section("timeline", "Workers", (host) => {
  const chart = Report.chart("Trials by worker and time");
  const table = Report.behind("workers", [
    { name: "worker", value: (row) => row.name, heading: true },
    { name: "trials", value: (row) => row.trials.join(", "), wide: true },
    { name: "busy", value: (row) => row.busy_s, text: (row) => Report.duration(row.busy_s), numeric: true },
    { name: "idle", value: (row) => row.idle_s, text: (row) => Report.duration(row.idle_s), numeric: true },
    { name: "share busy", value: (row) => row.share, text: (row) => Report.percent(row.share), numeric: true },
  ]);
  host.append(chart.element, table.element);
  return (model) => {
    const span = spanOf(model);
    if (!span) return false;
    const rows = workerRows(model, span);
    const busy = rows.reduce((sum, row) => sum + row.busy_s, 0);
    const share = busy / (rows.length * (span.end - span.begin));
    chart.remark(
      `${rows.length === 1 ? "One worker" : `${rows.length} workers`}, busy ${Report.percent(share)} of ` +
        `${Report.duration(span.end - span.begin)}. Empty parts of a row are idle time.`,
    );
    chart.update(() => barsOf(model, span, rows));
    table.update(rows);
    return true;
  };
});

const spanOf = (model) => {
  const runs = model.trials.flatMap((trial) => trial.runs);
  if (!runs.length) return null;
  let [begin, end] = [Infinity, -Infinity];
  for (const run of runs) {
    begin = Math.min(begin, run.begin);
    end = Math.max(end, run.end);
  }
  return end > begin ? { begin, end } : null;
};

const workerRows = (model, span) =>
  model.workers.map((worker, index) => {
    const trials = model.trials.filter((trial) => trial.runs.some((run) => run.worker === index));
    const whole = span.end - span.begin;
    return {
      name: worker.name,
      trials: trials.map((trial) => trial.id),
      busy_s: worker.busy_s,
      idle_s: Math.max(whole - worker.busy_s, 0),
      share: Math.min(worker.busy_s / whole, 1),
    };
  });

const barsOf = (model, span, rows) => {
  const whole = span.end - span.begin;
  const [unit, word] = whole > 7200 ? [3600, "hours"] : whole > 180 ? [60, "minutes"] : [1, "seconds"];
  const labels = rows.map((row) => Report.label(row.name));
  const colours = Report.colours();
  const byState = new Map();
  for (const trial of model.trials) {
    for (const run of trial.runs) {
      byState.set(trial.state, [...(byState.get(trial.state) ?? []), { trial, run }]);
    }
  }
  const idle = {
    type: "bar", orientation: "h", name: "idle", y: labels, x: rows.map(() => whole / unit), base: 0, width: 0.7,
    marker: { color: "rgba(0,0,0,0)", line: { color: colours.faint, width: 1 } }, hoverinfo: "skip",
  };
  const bars = [...byState].sort().map(([state, items]) => {
    const style = Report.styleOf(state);
    return {
      type: "bar", orientation: "h", name: state.replace("_", " "), width: 0.7,
      y: items.map((item) => labels[item.run.worker]),
      x: items.map((item) => Math.max((item.run.end - item.run.begin) / unit, whole / unit / 2000)),
      base: items.map((item) => (item.run.begin - span.begin) / unit),
      text: items.map((item) => ((item.run.end - item.run.begin) / whole > 0.03 && !Report.isNarrow() ? item.trial.id : "")),
      textposition: "inside", insidetextanchor: "middle", textangle: 0, constraintext: "none",
      textfont: { color: document.body ? getComputedStyle(document.body).color : "#000", size: 11 },
      hovertext: items.map(({ trial, run }) =>
        `trial ${trial.id}, ${Report.label(Report.state(trial))}<br>${Report.duration(run.end - run.begin)}<br>${Report.label(Report.shortName(trial.settings, 60))}`),
      hoverinfo: "text",
      marker: {
        color: fill(style.colour), line: { color: style.colour, width: 1 },
        pattern: { shape: style.pattern, fgcolor: style.colour, bgcolor: fill(style.colour), fillmode: "overlay", size: 7, solidity: 0.18 },
      },
    };
  });
  return {
    traces: [idle, ...bars],
    height: Math.max(180, 110 + 34 * rows.length),
    layout: {
      barmode: "overlay", bargap: 0.25,
      xaxis: { title: { text: `${word} since the sweep began` }, rangemode: "tozero" },
      yaxis: { autorange: "reversed", type: "category", showgrid: false },
    },
  };
};

// A colour at a quarter of its strength, on which text is readable.
const fill = (hex) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${r},${g},${b},0.28)`;
};
