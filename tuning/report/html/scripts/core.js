// Text, numbers and elements. Whatever comes from the model is set as text, never as markup.
"use strict";
const Report = { sections: [] };

// Adds a section. `mount(host)` builds it once and returns `update(model)`, which may be called any number of
// times and returns false where the section has nothing to show.
Report.section = (id, title, mount) => Report.sections.push({ id, title, mount });

Report.element = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};

// A number with at most four significant digits; other values as text; nothing for null.
Report.text = (value) => {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return typeof value === "object" ? JSON.stringify(value) : String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return grouped(value);
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6)) {
    return value.toExponential(2).replace(/\.?0+e/, "e");
  }
  return String(Number(value.toPrecision(4)));
};

const grouped = (value) => {
  const digits = String(Math.abs(value));
  const text = digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, ",");
  return value < 0 ? `−${text}` : text;
};

// A metric: four decimals up to 1, as the terminal shows it.
Report.metric = (value) => {
  if (typeof value !== "number") return "";
  return Math.abs(value) <= 1 ? value.toFixed(4) : Report.text(value);
};
Report.signed = (value) => (value === 0 ? "0" : (value > 0 ? "+" : "−") + Report.metric(Math.abs(value)));
Report.percent = (share) => (typeof share === "number" ? `${Math.round(100 * share)} %` : "");
Report.interval = (pair, signed = false) =>
  pair ? pair.map(signed ? Report.signed : Report.metric).join(" to ") : "";

Report.duration = (seconds) => {
  if (typeof seconds !== "number") return "";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Report.text(Number((seconds / 3600).toPrecision(3)))} h`;
};

Report.time = (seconds) =>
  typeof seconds === "number" ? new Date(1000 * seconds).toISOString().slice(0, 16).replace("T", " ") + " UTC" : "";

Report.state = (trial) => {
  const word = trial.state.replace("_", " ");
  return trial.stopped_by_request ? `${word} by request` : word;
};

// Where a trial comes from and where it went, in words.
Report.lineage = (trial) => {
  const parts = [];
  if (trial.copied_from) parts.push(`copied from ${trial.copied_from.trial}, evaluation ${trial.copied_from.evaluation}`);
  else if (trial.confirms) parts.push(`confirms ${trial.confirms}, seed ${trial.seed}`);
  else parts.push(trial.origin === "base" ? "base config" : trial.origin);
  if (trial.duplicate_of) parts.push(`equal to ${trial.duplicate_of}`);
  if (trial.replaces) parts.push(`replaces ${trial.replaces}`);
  if (trial.attempts > 1) parts.push(`resumed ${trial.attempts - 1} ×`);
  if (trial.rungs_passed) parts.push(`promoted ${trial.rungs_passed} ×`);
  return parts.join("; ");
};

Report.goal = (model) => model.objective[0];
// The first goal as a number of which more is better.
Report.oriented = (model, value) => (Report.goal(model).mode === "min" ? -value : value);
Report.searched = (model) => model.trials.filter((trial) => trial.origin !== "confirmed" && !trial.duplicate_of);

// Remembers what was shown last, so that an update that changes nothing touches nothing.
Report.changed = () => {
  let last = null;
  return (value) => {
    const text = JSON.stringify(value);
    const isNew = text !== last;
    last = text;
    return isNew;
  };
};
