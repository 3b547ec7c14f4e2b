// Tables. A column is {name, value(row), text(row), numeric, heading}; `value` sorts, `text` is shown.
"use strict";

Report.table = (caption, columns, { className = "" } = {}) => {
  const body = Report.element("tbody");
  const table = Report.element(
    "table",
    { class: className },
    Report.element("caption", {}, caption),
    Report.element(
      "thead",
      {},
      Report.element("tr", {}, columns.map((column) => headCell(column))),
    ),
    body,
  );
  const element = Report.element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table);
  const isNew = Report.changed();
  const update = (rows) => {
    const shown = rows.map((row) => columns.map((column) => cellText(column, row)));
    if (isNew(shown)) {
      body.replaceChildren(...rows.map((row, index) => bodyRow(columns, row, shown[index])));
    }
    element.hidden = rows.length === 0;
  };
  return { element, table, update };
};

const headCell = (column) =>
  Report.element("th", { scope: "col", class: column.numeric ? "number" : null }, column.name);

const cellText = (column, row) => (column.text ? column.text(row) : Report.text(column.value(row)));

const bodyRow = (columns, row, texts) =>
  Report.element(
    "tr",
    { class: row.className ?? null },
    columns.map((column, index) =>
      Report.element(
        column.heading ? "th" : "td",
        {
          scope: column.heading ? "row" : null,
          class: column.numeric ? "number" : column.wide ? "wide" : column.line ? "line" : column.short ? "short" : null,
          title: column.line ? texts[index] : null,
        },
        column.wide || column.heading ? breakable(texts[index]) : texts[index],
      ),
    ),
  );

// A long name that may be broken after its dots, underscores and slashes.
const breakable = (text) =>
  text.split(/(?<=[._/\[])/).flatMap((part, index) => (index ? [document.createElement("wbr"), part] : [part]));

// A table behind a chart: it is filled when it is opened.
Report.behind = (caption, columns) => {
  const inner = Report.table(caption, columns);
  const summary = Report.element("summary", {}, `Table: ${caption}`);
  const details = Report.element("details", { class: "behind" }, summary, inner.element);
  let rows = [];
  details.addEventListener("toggle", () => details.open && inner.update(rows));
  const update = (given) => {
    rows = given;
    if (details.open) inner.update(rows);
    details.hidden = rows.length === 0;
  };
  return { element: details, update };
};

// A table with buttons that sort it, a field and a list that filter it, and its first rows until all are asked for.
Report.sortable = (caption, columns, { first = 100, stateOf, sort }) => {
  const inner = Report.table(caption, columns, { className: "trials" });
  let rows = [];
  let order = sort;
  let showsAll = false;
  const field = Report.element("input", { type: "search", on: { input: () => refresh() } });
  const list = Report.element("select", { on: { change: () => refresh() } });
  const more = Report.element("button", { type: "button", on: { click: () => { showsAll = true; refresh(); } } });
  const count = Report.element("p", { class: "note", role: "status" });
  inner.table.querySelectorAll("th").forEach((cell, index) => {
    const label = columns[index].name;
    const button = Report.element("button", { type: "button", class: "sort", on: { click: () => turn(index) } }, label);
    cell.replaceChildren(button);
  });
  const turn = (index) => {
    const isSame = order.index === index;
    order = { index, descending: isSame ? !order.descending : Boolean(columns[index].numeric) };
    refresh();
  };
  const refresh = () => {
    const wanted = field.value.trim().toLowerCase();
    const kept = rows.filter(
      (row) =>
        (!list.value || stateOf(row) === list.value) &&
        (!wanted || columns.some((column) => cellText(column, row).toLowerCase().includes(wanted))),
    );
    const sorted = [...kept].sort(comparing(columns[order.index], order.descending));
    const shown = showsAll ? sorted : sorted.slice(0, first);
    inner.update(shown);
    inner.element.hidden = false;
    more.hidden = shown.length === sorted.length;
    more.textContent = `Show all ${sorted.length} trials`;
    count.textContent = `${shown.length} of ${rows.length} trials shown`;
    inner.table.querySelectorAll("th[scope=col]").forEach((cell, index) => {
      const direction = order.descending ? "descending" : "ascending";
      cell.setAttribute("aria-sort", index === order.index ? direction : "none");
    });
  };
  const element = Report.element(
    "div",
    {},
    Report.element(
      "div",
      { class: "controls" },
      Report.element("label", {}, "Filter ", field),
      Report.element("label", {}, "State ", list),
    ),
    count,
    inner.element,
    more,
  );
  const update = (given) => {
    rows = given;
    setOptions(list, ["", ...new Set(rows.map(stateOf))], (value) => value || "all");
    refresh();
  };
  return { element, update };
};

const comparing = (column, descending) => (left, right) => {
  const [a, b] = [column.value(left), column.value(right)];
  const [noA, noB] = [a === null || a === undefined || a === "", b === null || b === undefined || b === ""];
  if (noA || noB) return noA - noB; // what is not known is last in both directions
  const found = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return descending ? -found : found;
};

// Fills a list of choices, keeping what is chosen where it is still there.
const setOptions = (list, values, label = String) => {
  const texts = values.map((value) => [String(value), label(value)]);
  const before = [...list.options].map((option) => [option.value, option.textContent]);
  if (JSON.stringify(texts) === JSON.stringify(before)) return;
  const chosen = list.value;
  list.replaceChildren(...texts.map(([value, text]) => Report.element("option", { value }, text)));
  if (texts.some(([value]) => value === chosen)) list.value = chosen;
};
Report.setOptions = setOptions;
