// Any two trials compared: configs, curves, AP by class.
"use strict";

Report.section("compare", "Two trials compared", (host) => {
  const chosen = ["First trial ", "Second trial "].map((label) => {
    const list = Report.element("select", { on: { change: () => show() } });
    return { list, element: Report.element("label", {}, label, list) };
  });
  const chart = Report.chart("Learning curves of the two");
  const differences = Report.table("Difference of the configs", [
    { name: "field", value: (row) => row.path, wide: true },
    { name: "first", value: (row) => row.first, text: (row) => settingText(row.first) },
    { name: "second", value: (row) => row.second, text: (row) => settingText(row.second) },
  ]);
  const metrics = Report.table("Metrics of the best evaluations", [
    { name: "metric", value: (row) => row.name, heading: true },
    { name: "first", value: (row) => row.first, text: (row) => Report.metric(row.first), numeric: true },
    { name: "second", value: (row) => row.second, text: (row) => Report.metric(row.second), numeric: true },
    { name: "first − second", value: (row) => row.difference, text: (row) => (row.difference === null ? "" : Report.signed(row.difference)), numeric: true },
    { name: "90 % interval", value: (row) => row.interval, text: (row) => Report.interval(row.interval, true), numeric: true },
  ]);
  const note = Report.element("p", { class: "note" });
  const none = Report.element("p", {}, "The configs are equal.");
  host.append(
    Report.element("div", { class: "controls" }, chosen.map((item) => item.element)),
    chart.element,
    differences.element,
    none,
    metrics.element,
    note,
  );
  let model = null;
  let isFirst = true;
  const show = () => {
    const trials = chosen.map(({ list }) => model.trials.find((trial) => trial.id === list.value));
    if (trials.some((trial) => !trial)) return;
    const name = Report.goal(model).label;
    chart.update(() => {
      const traces = Report.curvesOfTrials(trials, name, "steps");
      const layout = { xaxis: { title: { text: "training steps" }, rangemode: "tozero" }, yaxis: { title: { text: Report.label(name) } } };
      return traces.length ? { traces, layout, height: 320 } : null;
    });
    const rows = differenceRows(model, ...trials);
    differences.update(rows);
    none.hidden = rows.length > 0;
    const paired = model.paired.find((item) => [item.first, item.second].every((id) => trials.some((trial) => trial.id === id)));
    metrics.update(metricRows(paired, ...trials));
    note.textContent = paired
      ? `Intervals are of the difference on the same ${paired.images} validation images; one that contains 0 shows no difference.`
      : "Intervals are known of a few of the best trials, whose detections were kept.";
  };
  return (given) => {
    model = given;
    const evaluated = model.trials.filter((trial) => trial.value !== null);
    if (evaluated.length < 2) return false;
    for (const { list } of chosen) Report.setOptions(list, evaluated.map((trial) => trial.id));
    if (isFirst) {
      const winner = model.verdict?.trial ?? evaluated[0].id;
      const base = evaluated.find((trial) => trial.origin === "base" && trial.id !== winner);
      chosen[0].list.value = winner;
      chosen[1].list.value = (base ?? evaluated.find((trial) => trial.id !== winner)).id;
      isFirst = false;
    }
    show();
    return true;
  };
});

const settingText = (value) => (value === null ? "not set" : Report.text(value));

const differenceRows = (model, first, second) =>
  [...new Set([...Object.keys(first.changes), ...Object.keys(second.changes)])]
    .map((path) => {
      const value = (trial) => (path in trial.changes ? trial.changes[path] : model.base_values[path] ?? null);
      return { path, first: value(first), second: value(second) };
    })
    .filter((row) => JSON.stringify(row.first) !== JSON.stringify(row.second));

const metricRows = (paired, first, second) => {
  const names = Object.keys(first.metrics).filter((name) => name in second.metrics);
  const isShown = (name) => /^(mAP|AP|loss\/total|latency_ms|parameters|gflop)/.test(name);
  return names
    .filter((name) => isShown(name) && !(first.metrics[name] === -1 && second.metrics[name] === -1))
    .map((name) => {
      const found = paired?.metrics[name];
      const isSwapped = paired && paired.first !== first.id;
      const interval = found ? (isSwapped ? [-found.high, -found.low] : [found.low, found.high]) : null;
      const [a, b] = [first.metrics[name], second.metrics[name]];
      return { name, first: a, second: b, difference: a === -1 || b === -1 ? null : a - b, interval };
    });
};
