// The data of the sweep: parts, classes, and what was wrong with the annotations.
"use strict";

Report.section("data", "The data", (host) => {
  const source = Report.element("p", { class: "note" });
  const parts = Report.table("Parts", [
    { name: "part", value: (row) => row.name, heading: true },
    { name: "images", value: (row) => row.images, numeric: true },
    { name: "objects", value: (row) => row.objects, numeric: true },
    { name: "images without objects", value: (row) => row.images_without_objects, numeric: true },
  ]);
  const place = Report.element("div");
  const sizes = Report.element("p", {});
  const defects = Report.element("div");
  const isNew = Report.changed();
  let classes = null;
  host.append(source, Report.element("div", { class: "columns" }, parts.element, place), sizes, defects);
  return (model) => {
    const data = model.data;
    if (!data) return false;
    source.textContent = `From ${data.source}.`;
    parts.update(data.parts);
    if (!classes) {
      classes = Report.table("Objects by class", [
        { name: "class", value: (row) => row.name, heading: true },
        ...data.parts.map((part) => ({ name: part.name, value: (row) => row[part.name] ?? null, numeric: true })),
      ]);
      place.append(classes.element);
    }
    classes.update(data.classes);
    const side = (name) => data.image_sizes[name];
    const range = (given) => (given.min === given.max ? Report.text(given.min) : `${Report.text(given.min)} to ${Report.text(given.max)} (median ${Report.text(given.median)})`);
    sizes.textContent = side("width")
      ? `Images are ${range(side("width"))} pixels wide and ${range(side("height"))} high; ${data.duplicate_images || "no"} duplicates.`
      : "";
    if (isNew(data.defects)) defects.replaceChildren(...data.defects.map(defect));
    return true;
  };
});

const defect = (item) =>
  Report.element(
    "details",
    {},
    Report.element("summary", {}, `${Report.text(item.count)} ${item.kind}`),
    Report.element("ul", {}, item.examples.map((text) => Report.element("li", {}, text))),
    item.count > item.examples.length ? Report.element("p", { class: "note" }, `The first ${item.examples.length} are shown.`) : null,
  );
