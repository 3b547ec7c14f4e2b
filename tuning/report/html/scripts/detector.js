// What the winner's detections on the validation part show: errors, curves, confusions, calibration.
"use strict";
{
  const ALL = "all classes";
  const DRAWN_TOGETHER = 8; // with more classes than this, one is shown at a time
  const MATRIX_CLASSES = 14;
  const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
  const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "cross"];

  Report.section("detector", "The detector", (host) => {
    const intro = Report.element("p", {});
    const list = Report.element("select", { on: { change: () => refresh() } });
    const controls = Report.element("div", { class: "controls" }, Report.element("label", {}, "Curves of ", list));
    const parts = [errorsPart(), sizesPart(), precisionPart(), thresholdPart(), confusionPart(), calibrationPart()];
    const [errors, sizes, precision, threshold, matrix, calibration] = parts;
    host.append(
      intro,
      errors.element,
      sizes.element,
      controls,
      Report.element("div", { class: "columns" }, precision.element, threshold.element),
      Report.element("div", { class: "columns" }, matrix.element, calibration.element),
    );
    let found = null;
    const refresh = () => found && parts.forEach((part) => part.update(found, list.value || ALL));
    return (model) => {
      found = model.detector;
      if (!found) return false;
      const analysis = found.analysis;
      const names = [...new Set(analysis.precision.map((curve) => curve.name))];
      const together = names.length > 1 && names.length <= DRAWN_TOGETHER;
      Report.setOptions(list, [...(together || names.length < 2 ? [ALL] : []), ...names]);
      controls.hidden = names.length < 2;
      intro.textContent = introduction(found);
      refresh();
      return true;
    };
  });

  const introduction = (found) => {
    const { images, objects, without_curves: without } = found.analysis;
    const left = without.length ? ` ${without.length} classes with few objects have no curves of their own.` : "";
    return (
      `The best weights of trial ${found.trial} (step ${Report.text(found.step)}) on the ${Report.text(images)} images of the ` +
      `validation part with ${Report.text(objects)} objects. Suppression: ${found.suppression}. Thresholds: ${found.threshold_rule}.${left}`
    );
  };

  const styleOf = (index) => {
    const colours = Report.colours();
    const hues = [colours.blue, colours.orange, colours.green, colours.purple, colours.grey];
    return { colour: hues[index % hues.length], dash: DASHES[index % DASHES.length], symbol: SYMBOLS[index % SYMBOLS.length] };
  };
  // The place of a class among all decides its style, whichever are drawn.
  const styleOfClass = (found, name) => styleOf(Math.max(found.analysis.class_names.indexOf(name), 0));
  const chosenOf = (curves, name) => (name === ALL ? curves : curves.filter((curve) => curve.name === name));
  const fraction = { range: [0, 1.02], zeroline: false };

  // Hits, misses, confusions and false alarms at the operating thresholds.
  const errorsPart = () => {
    const tiles = Report.element("dl", { class: "tiles" });
    const isNew = Report.changed();
    const update = (found) => {
      const { hits, misses, confusions, false_alarms: alarms } = found.analysis.outcomes;
      const kinds = [
        [alarms.background, "on the background", "on the background"],
        [alarms.duplicate, "duplicate", "duplicates"],
        [alarms["second class"], "second class", "second classes"],
        [alarms.position, "wrong box", "wrong boxes"],
      ].filter(([count]) => count);
      const items = [
        ["hits", hits, "objects that are found"],
        ["misses", misses, "objects that are not found"],
        ["confusions", confusions, "objects that are found as another class"],
        [
          "false alarms", kinds.reduce((sum, [count]) => sum + count, 0),
          kinds.map(([count, one, many]) => `${Report.text(count)} ${count === 1 ? one : many}`).join(", "),
        ],
      ];
      if (isNew(items)) tiles.replaceChildren(...items.map(([name, count, meaning]) => tile(name, count, meaning)));
    };
    const heading = Report.element("h3", {}, "At the operating thresholds");
    const note = Report.element("p", { class: "note" },
      "A duplicate is a second detection of an object that is found; a second class is the same with another class. A wrong box overlaps an object of its class by IoU 0.1 to 0.5. All others are on the background.");
    return { element: Report.element("div", {}, heading, tiles, note), update };
  };

  const tile = (name, count, meaning) =>
    Report.element("div", { class: "tile" }, Report.element("dt", {}, name), Report.element("dd", {}, Report.text(count)),
      Report.element("dd", { class: "detail" }, meaning));

  const sizesPart = () => {
    const sizes = ["all", "small", "medium", "large"];
    const cell = (index) => ({
      name: sizes[index], numeric: true, value: (row) => row.ap[index],
      text: (row) => (row.objects[index] ? `${Report.metric(row.ap[index])} (${Report.text(row.objects[index])})` : "none"),
    });
    const table = Report.table("AP by class and size of the objects, with their number", [
      { name: "class", value: (row) => row.name, heading: true },
      ...sizes.map((size, index) => cell(index)),
    ]);
    const note = Report.element("p", { class: "note" }, "AP is the mean over IoU 0.50 to 0.95. Areas of 32² and 96² pixels of the image separate small, medium and large.");
    return { element: Report.element("div", {}, table.element, note), update: (found) => table.update(found.analysis.sizes) };
  };

  const precisionPart = () => {
    const chart = Report.chart("Precision and recall");
    const table = Report.behind("precision at each recall", [
      { name: "class", value: (row) => row.name, heading: true },
      { name: "IoU", value: (row) => row.iou, numeric: true },
      { name: "recall", value: (row) => row.recall, numeric: true },
      { name: "precision", value: (row) => row.precision, text: (row) => Report.metric(row.precision), numeric: true },
      { name: "score from", value: (row) => row.score, text: (row) => Report.metric(row.score), numeric: true },
    ]);
    const update = (found, name) => {
      const curves = chosenOf(found.analysis.precision, name).filter((curve) => curve.objects);
      chart.remark("The area under a curve is the average precision. A detection is right from IoU 0.5 on; in the thin curves, and the second number, from 0.75 on.");
      chart.update(() => (curves.length ? { traces: curves.map((curve) => precisionTrace(found, curve, curves)), layout: { xaxis: { ...fraction, title: { text: "recall" } }, yaxis: { ...fraction, title: { text: "precision" } } }, height: 400 } : null));
      table.update(curves.flatMap((curve) => curve.precision
        .map((precision, index) => ({ name: curve.name, iou: curve.iou, recall: index / 100, precision, score: curve.scores[index] ?? null }))
        .filter((row, index) => index % 10 === 0)));
    };
    return { element: Report.element("div", {}, chart.element, table.element), update };
  };

  const precisionTrace = (found, curve, curves) => {
    const style = styleOfClass(found, curve.name);
    const label = Report.label(curve.name);
    const values = curves.filter((item) => item.name === curve.name).map((item) => Report.metric(item.ap));
    return {
      type: "scatter", mode: "lines", name: `${label}: ${values.join(", ")}`, showlegend: curve.iou === 0.5, legendgroup: label,
      x: curve.precision.map((_, index) => index / 100), y: curve.precision,
      line: { color: style.colour, dash: style.dash, width: curve.iou === 0.5 ? 2.5 : 1 },
      customdata: curve.precision.map((_, index) => (curve.scores[index] === undefined ? "not reached" : `score from ${Report.metric(curve.scores[index])}`)),
      hovertemplate: `${label}, IoU ${curve.iou}<br>recall %{x:.2f}, precision %{y:.3f}<br>%{customdata}<extra></extra>`,
    };
  };

  const thresholdPart = () => {
    const chart = Report.chart("F1 and the score threshold");
    const table = Report.behind("chosen thresholds", [
      { name: "class", value: (row) => row.name, heading: true },
      { name: "objects", value: (row) => row.objects, numeric: true },
      { name: "threshold", value: (row) => row.chosen, text: (row) => (row.chosen === null ? "of each class" : Report.metric(row.chosen)), numeric: true },
      { name: "precision", value: (row) => row.chosen_precision, text: (row) => Report.metric(row.chosen_precision), numeric: true },
      { name: "recall", value: (row) => row.chosen_recall, text: (row) => Report.metric(row.chosen_recall), numeric: true },
      { name: "F1", value: (row) => row.chosen_f1, text: (row) => Report.metric(row.chosen_f1), numeric: true },
    ]);
    const update = (found, name) => {
      const curves = found.analysis.operating;
      const shown = curves.filter((curve) => curve.objects && (name === ALL ? curve.name !== ALL : curve.name === name));
      const single = shown.length === 1;
      chart.remark(single ? "The dotted line is the chosen threshold." : "The mark on each curve is the chosen threshold of the class.");
      chart.update(() => (shown.length ? thresholdChart(found, shown, single) : null));
      table.update(curves.filter((curve) => curve.objects));
    };
    return { element: Report.element("div", {}, chart.element, table.element), update };
  };

  const thresholdChart = (found, shown, single) => {
    const xaxis = { title: { text: "score threshold" }, zeroline: false, range: [shown[0].thresholds[0], shown[0].thresholds.at(-1)] };
    const layout = { xaxis, yaxis: { ...fraction, title: { text: single ? "" : "F1" } } };
    if (!single) return { traces: shown.flatMap((curve) => f1Traces(found, curve)), layout, height: 400 };
    const [curve] = shown;
    const lines = [["F1", curve.f1], ["precision", curve.precision], ["recall", curve.recall]].map(([name, y], index) => {
      const style = styleOf(index);
      return {
        type: "scatter", mode: "lines", name, x: curve.thresholds, y, line: { color: style.colour, dash: style.dash, width: index ? 1.5 : 2.5 },
        hovertemplate: `${name} %{y:.3f} from score %{x:.2f}<extra></extra>`,
      };
    });
    const line = { type: "line", x0: curve.chosen, x1: curve.chosen, y0: 0, y1: 1.02, line: { color: Report.colours().grey, dash: "dot", width: 2 } };
    return { traces: lines, layout: { ...layout, shapes: curve.chosen === null ? [] : [line] }, height: 400 };
  };

  const f1Traces = (found, curve) => {
    const style = styleOfClass(found, curve.name);
    const label = Report.label(curve.name);
    const group = { legendgroup: label, line: { color: style.colour, dash: style.dash, width: 2 } };
    return [
      {
        type: "scatter", mode: "lines", ...group, name: `${label}: ${Report.metric(curve.chosen_f1)}`, x: curve.thresholds, y: curve.f1,
        hovertemplate: `${label}<br>F1 %{y:.3f} from score %{x:.2f}<extra></extra>`,
      },
      {
        type: "scatter", mode: "markers", ...group, showlegend: false, x: [curve.chosen], y: [curve.chosen_f1],
        marker: { color: style.colour, symbol: style.symbol, size: 12, line: { width: 1.5, color: "#fff" } },
        hovertemplate: `${label}: chosen threshold ${Report.metric(curve.chosen)}<br>F1 ${Report.metric(curve.chosen_f1)}, precision ${Report.metric(curve.chosen_precision)}, recall ${Report.metric(curve.chosen_recall)}<extra></extra>`,
      },
    ];
  };

  const confusionPart = () => {
    const chart = Report.chart("Confusion matrix");
    const table = Report.behind("confusions", [
      { name: "annotated", value: (row) => row.annotated, heading: true },
      { name: "detected", value: (row) => row.detected },
      { name: "count", value: (row) => row.count, numeric: true },
      { name: "share of the annotated", value: (row) => row.share, text: (row) => Report.percent(row.share), numeric: true },
    ]);
    const update = (found) => {
      const { names, counts, iou, ignored } = found.analysis.confusion;
      const all = [...names, "background"];
      const totals = all.map((_, row) => counts.filter((item) => item[0] === row).reduce((sum, item) => sum + item[2], 0));
      const kept = matrixClasses(names.length, counts);
      const left = kept.length <= names.length ? ` The ${MATRIX_CLASSES} classes with most errors are shown; the table has all.` : "";
      chart.remark(
        `Rows are annotated, columns detected, at the operating thresholds and IoU ${iou}. Each detection goes to an object of its own ` +
        `class first; what is left is matched across classes. The last column are misses, the last row false alarms.${left}` +
        (ignored ? ` ${Report.text(ignored)} detections in crowds are left out.` : ""),
      );
      chart.update(() => (counts.length ? matrixChart(all, kept, counts, totals) : null));
      table.update([...counts].sort((a, b) => b[2] - a[2]).map(([row, column, count]) => ({
        annotated: all[row], detected: all[column], count, share: row < names.length ? count / totals[row] : null,
      })));
    };
    return { element: Report.element("div", {}, chart.element, table.element), update };
  };

  // The classes to draw and the background: all, or those with most errors.
  const matrixClasses = (classes, counts) => {
    const rows = [...Array(classes).keys()];
    if (classes <= MATRIX_CLASSES) return [...rows, classes];
    const errors = rows.map((row) => counts.filter(([a, b]) => a !== b && (a === row || b === row)).reduce((sum, item) => sum + item[2], 0));
    return [...rows.sort((a, b) => errors[b] - errors[a]).slice(0, MATRIX_CLASSES).sort((a, b) => a - b), classes];
  };

  const matrixChart = (all, kept, counts, totals) => {
    const labels = kept.map((index) => Report.label(Report.shortName(all[index], Report.isNarrow() ? 14 : 24)));
    const cells = kept.map((row) => kept.map((column) => counts.find((item) => item[0] === row && item[1] === column)?.[2] ?? 0));
    const background = all.length - 1;
    // False alarms are compared with the objects of the class that they are detected as.
    const whole = (row, column) => (kept[row] === background ? totals[kept[column]] : totals[kept[row]]);
    const shares = cells.map((line, row) => line.map((count, column) => Math.min(count / Math.max(whole(row, column), 1), 1)));
    const blue = [1, 3, 5].map((at) => parseInt(Report.colours().blue.slice(at, at + 2), 16)).join(",");
    const isLong = labels.some((label) => label.length > 10) || kept.length > 5;
    const size = Math.max(300, 90 + 44 * kept.length + (isLong ? 90 : 0));
    const words = (count, row, column) =>
      kept[row] === background ? `${Report.text(count)} false alarms; ${Report.text(totals[kept[column]])} objects are annotated` : `${Report.text(count)} of ${Report.text(totals[kept[row]])} objects`;
    return {
      traces: [{
        type: "heatmap", x: labels, y: labels, z: shares, zmin: 0, zmax: 1, xgap: 2, ygap: 2, showscale: false,
        colorscale: [[0, `rgba(${blue},0.04)`], [1, `rgba(${blue},1)`]],
        customdata: cells.map((line, row) => line.map((count, column) => words(count, row, column))),
        hovertemplate: "annotated %{y}<br>detected %{x}<br>%{customdata}<extra></extra>",
      }],
      layout: {
        annotations: cells.flatMap((line, row) => line.map((count, column) => ({
          x: labels[column], y: labels[row], text: count ? Report.text(count) : "", showarrow: false,
          font: { size: kept.length > 8 ? 11 : 14, color: shares[row][column] > 0.45 ? (isDark.matches ? "#10151c" : "#ffffff") : null },
        }))),
        margin: { b: 12 },
        xaxis: { side: "top", title: { text: "detected" }, type: "category", showgrid: false, tickangle: isLong ? -35 : 0 },
        yaxis: { autorange: "reversed", title: { text: "annotated" }, type: "category", showgrid: false },
      },
      height: size,
    };
  };

  const calibrationPart = () => {
    const chart = Report.chart("Calibration of the scores");
    const table = Report.behind("calibration", [
      { name: "score", value: (row) => row.low, text: (row) => `${row.low.toFixed(1)} to ${row.high.toFixed(1)}`, heading: true },
      { name: "detections", value: (row) => row.detections, numeric: true },
      { name: "right", value: (row) => row.right, numeric: true },
      { name: "mean score", value: (row) => row.score, text: (row) => Report.metric(row.score), numeric: true },
      { name: "share right", value: (row) => row.precision, text: (row) => Report.metric(row.precision), numeric: true },
    ]);
    const element = Report.element("div", {}, chart.element, table.element);
    const update = (found, name) => {
      const item = found.analysis.calibration.find((calibration) => calibration.name === name);
      element.hidden = !item;
      if (!item) return;
      chart.remark(
        `${name === ALL ? "All classes" : name}: the expected calibration error is ${Report.metric(item.error)}, and ` +
        `${item.error_above === null ? "not defined" : Report.metric(item.error_above)} for scores from 0.1 on. Below the diagonal scores are too high.`,
      );
      chart.update(() => calibrationChart(item));
      table.update(item.bins);
    };
    return { element, update };
  };

  const calibrationChart = (item) => {
    const colours = Report.colours();
    const bins = item.bins.filter((bin) => bin.detections);
    const most = Math.max(...bins.map((bin) => bin.detections), 1);
    const words = (bin) => `${bin.low.toFixed(1)} to ${bin.high.toFixed(1)}: ${Report.text(bin.right)} of ${Report.text(bin.detections)} are right`;
    const style = styleOf(0);
    return {
      traces: [
        { type: "scatter", mode: "lines", name: "calibrated", x: [0, 1], y: [0, 1], line: { color: colours.grey, dash: "dash", width: 1.5 }, hoverinfo: "skip" },
        {
          type: "scatter", mode: "lines+markers", name: "share that is right", x: bins.map((bin) => bin.score), y: bins.map((bin) => bin.precision),
          line: { color: style.colour, width: 2 }, marker: { size: 9, color: style.colour }, hovertext: bins.map(words), hoverinfo: "text",
        },
        {
          type: "bar", name: "detections", x: bins.map((bin) => (bin.low + bin.high) / 2), y: bins.map((bin) => bin.detections), width: 0.09, yaxis: "y2",
          marker: { color: colours.faint, line: { color: colours.grey, width: 1 } }, hovertext: bins.map(words), hoverinfo: "text",
        },
      ],
      layout: {
        xaxis: { ...fraction, title: { text: "score" }, anchor: "y2" },
        yaxis: { ...fraction, title: { text: "share right" }, domain: [0.3, 1] },
        yaxis2: { title: { text: "detections" }, domain: [0, 0.2], type: most > 200 ? "log" : "linear", nticks: 3, dtick: most > 200 ? Math.ceil(Math.log10(most) / 2) : null },
      },
      height: 430,
    };
  };
}
