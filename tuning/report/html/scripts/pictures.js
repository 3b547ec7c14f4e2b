// Validation pictures with true and predicted boxes, as shapes over a thumbnail.
"use strict";
{
  const FIRST_SUSPECTS = 20;
  const SVG = "http://www.w3.org/2000/svg";
  const shape = (tag, attributes, ...children) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  };

  // No two kinds share a hue or a dash. A dark line under each makes them visible on any picture.
  const KINDS = {
    hit: { label: "hits", colour: "#3fd6a0", dash: "none", width: 2 },
    miss: { label: "misses", colour: "#ff9ad5", dash: "7 4", width: 2.5 },
    "false alarm": { label: "false alarms", colour: "#ffb347", dash: "1.5 3", width: 3 },
    confusion: { label: "confusions", colour: "#6ec8ff", dash: "9 3 2 3", width: 2.5 },
    truth: { label: "true boxes of hits and confusions", colour: "#ffffff", dash: "none", width: 1 },
  };

  // A picture of {source, height, width} with marks of {kind, box, tag, title}; boxes are ymin, xmin, ymax, xmax in 0..1.
  Report.picture = (picture, description, marks) => {
    const { height, width, source } = picture;
    const canvas = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description, class: "picture" });
    canvas.append(shape("image", { href: source, width, height }));
    for (const mark of [...marks].reverse()) canvas.append(markOf(mark, width, height));
    return canvas;
  };

  const markOf = ({ kind, box, tag, title }, width, height) => {
    const style = KINDS[kind];
    const [top, left, bottom, right] = box.map((value, index) => Math.min(Math.max(value, 0), 1) * (index % 2 ? width : height));
    const place = { x: left, y: top, width: Math.max(right - left, 1), height: Math.max(bottom - top, 1), fill: "none" };
    const group = shape("g", { class: `mark ${kind.replace(" ", "-")}` });
    if (title) group.append(shape("title", {}, title));
    group.append(
      shape("rect", { ...place, stroke: "#000", "stroke-opacity": 0.65, "stroke-width": style.width + 1.5 }),
      shape("rect", { ...place, stroke: style.colour, "stroke-width": style.width, "stroke-dasharray": style.dash }),
    );
    if (tag) {
      const label = { x: Math.min(Math.max(left + 3, 2), width - 14), y: Math.min(Math.max(top + 12, 12), height - 3) };
      group.append(shape("text", { ...label, fill: style.colour, class: "tag" }, tag));
    }
    return group;
  };

  // Boxes to tick, which show and hide a kind of mark in `host`.
  const legend = (host, kinds) =>
    Report.element(
      "fieldset",
      { class: "controls legend" },
      Report.element("legend", {}, "Boxes"),
      kinds.map((kind) => {
        const style = KINDS[kind];
        const className = `no-${kind.replace(" ", "-")}`;
        const isShown = kind !== "truth";
        host.classList.toggle(className, !isShown);
        const box = Report.element("input", { type: "checkbox", checked: isShown, on: { change: () => host.classList.toggle(className, !box.checked) } });
        const line = shape("svg", { viewBox: "0 0 36 10", width: 36, height: 10, "aria-hidden": "true" },
          shape("line", { x1: 1, x2: 35, y1: 5, y2: 5, stroke: "#000", "stroke-opacity": 0.65, "stroke-width": style.width + 2.5 }),
          shape("line", { x1: 2, x2: 34, y1: 5, y2: 5, stroke: style.colour, "stroke-width": style.width + 0.5, "stroke-dasharray": style.dash }));
        return Report.element("label", {}, box, " ", line, ` ${style.label}`);
      }),
    );

  const COLUMNS = [
    { name: "", value: (row) => row.tag, heading: true },
    { name: "", value: (row) => row.kind },
    { name: "annotated", value: (row) => row.true_class },
    { name: "detected", value: (row) => row.found_class },
    { name: "score", value: (row) => row.score, text: (row) => (row.score === null ? "" : row.score.toFixed(2)), numeric: true },
    { name: "IoU", value: (row) => row.iou, text: (row) => (row.iou === null ? "" : row.iou.toFixed(2)), numeric: true },
    { name: "object", value: (row) => row.object, numeric: true },
  ];

  Report.section("pictures", "Worst pictures", (host) => {
    const note = Report.element("p", {},
      "The validation pictures with the highest loss at the operating thresholds: missed objects + confused objects + the scores of the false alarms. " +
      "Objects are counted from 0 in the order of the record.");
    const grid = Report.element("div", { class: "pictures worst" });
    host.append(note, legend(grid, ["hit", "miss", "false alarm", "confusion", "truth"]), grid);
    const isNew = Report.changed();
    return (model) => {
      const found = model.detector;
      const worst = found?.analysis.worst.filter((item) => found.thumbnails[item.image]) ?? [];
      if (isNew(worst)) grid.replaceChildren(...worst.map((item) => figureOf(item, found.thumbnails[item.image])));
      return worst.length > 0;
    };
  });

  const figureOf = (item, picture) => {
    const counts = Object.keys(KINDS).filter((kind) => kind !== "truth")
      .map((kind) => [KINDS[kind].label, item.boxes.filter((box) => box.outcome === kind).length])
      .filter(([, count]) => count);
    const words = counts.map(([label, count]) => `${count} ${count === 1 ? label.slice(0, label === "misses" ? -2 : -1) : label}`).join(", ");
    const more = item.more ? `; ${item.more} more boxes are not listed` : "";
    const rows = tagged(item.boxes);
    const table = Report.behind(`boxes of ${item.name}`, COLUMNS);
    table.update(rows);
    table.element.querySelector("summary").textContent = "Table of the boxes";
    return Report.element(
      "figure",
      {},
      Report.picture(picture, `${item.name}: ${words}. The table below has the boxes.`, rows.flatMap(marksOf)),
      Report.element("figcaption", {}, Report.element("strong", {}, item.name), ` loss ${item.loss.toFixed(2)}: ${words}${more}`),
      table.element,
    );
  };

  // The boxes with the numbers by which picture and table name those that are wrong.
  const tagged = (boxes) => {
    let number = 0;
    return boxes.map((box) => ({
      ...box,
      tag: box.outcome === "hit" ? null : String((number += 1)),
      kind: box.kind ? `${box.outcome}: ${box.kind}` : box.outcome,
    }));
  };

  const marksOf = (box) => {
    const score = box.score === null ? "" : ` ${box.score.toFixed(2)}`;
    const title = { hit: `${box.found_class}${score}`, miss: `missed: ${box.true_class}`, "false alarm": `${box.kind}: ${box.found_class}${score}`,
      confusion: `${box.true_class} detected as ${box.found_class}${score}` }[box.outcome];
    const marks = [{ kind: box.outcome, box: box.found_box ?? box.true_box, tag: box.tag, title }];
    if (box.found_box && box.true_box) marks.push({ kind: "truth", box: box.true_box, tag: null, title: `annotated: ${box.true_class}` });
    return marks;
  };

  Report.section("suspects", "Label suspects", (host) => {
    const note = Report.element("p", {},
      "Annotations of the validation part that the detector contradicts with confidence, the most severe first: for people to check. The detector may be wrong. " +
      "A detection counts as confident from the lower quartile of the scores of its class's hits on.");
    const count = Report.element("p", { class: "note" });
    const grid = Report.element("div", { class: "pictures" });
    const table = Report.table("Label suspects", [
      { name: "#", value: (row) => row.number, numeric: true },
      { name: "suspicion", value: (row) => row.kind, heading: true },
      { name: "severity", value: (row) => row.severity, text: (row) => row.severity.toFixed(2), numeric: true },
      { name: "picture", value: (row) => row.name },
      { name: "object", value: (row) => row.object, text: objectText, numeric: true },
      { name: "why", value: (row) => row.reason, wide: true },
    ]);
    const isNew = Report.changed();
    let showsAll = false;
    let suspects = [];
    const fill = () => {
      const shown = showsAll ? suspects : suspects.slice(0, FIRST_SUSPECTS);
      table.update(shown);
      more.hidden = shown.length === suspects.length;
      more.textContent = `Show all ${suspects.length} suspects`;
    };
    const more = Report.element("button", { type: "button", on: { click: () => { showsAll = true; fill(); } } });
    host.append(note, count, grid, table.element, more);
    return (model) => {
      const found = model.detector;
      if (!found) return false;
      suspects = found.analysis.suspects.map((item, index) => ({ ...item, number: index + 1 }));
      count.textContent = suspects.length
        ? "Objects are counted from 0: in the record, and in brackets in the annotation file where that differs."
        : "There are none: every confident detection agrees with the annotations.";
      const pictured = suspects.filter((item) => found.thumbnails[item.image]).slice(0, 12);
      if (isNew(pictured)) grid.replaceChildren(...pictured.map((item) => suspectFigure(item, found.thumbnails[item.image])));
      fill();
      return true;
    };
  });

  const objectText = (row) => {
    if (row.object === null) return "none";
    const isOther = row.annotation_object !== null && row.annotation_object !== row.object;
    return String(row.object) + (isOther ? ` (${row.annotation_object})` : "");
  };

  const suspectFigure = (item, picture) => {
    const marks = [];
    if (item.found_box) marks.push({ kind: item.true_box ? "confusion" : "false alarm", box: item.found_box, tag: null, title: `detected: ${item.found_class}` });
    if (item.true_box) marks.push({ kind: "miss", box: item.true_box, tag: null, title: `annotated: ${item.true_class}` });
    const legendText = item.true_box && item.found_box ? "Dashes: annotated; dash and dots: detected." : item.true_box ? "Dashes: annotated." : "Dots: detected.";
    return Report.element(
      "figure",
      {},
      Report.picture(picture, `${item.name}: ${item.reason}`, marks),
      Report.element("figcaption", {}, Report.element("strong", {}, `${item.number}. ${item.kind}`), ` in ${item.name}: ${item.reason}. `,
        Report.element("span", { class: "note" }, legendText)),
    );
  };
}
