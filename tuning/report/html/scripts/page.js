// Builds the page from the model, and in a live page polls for newer ones.
"use strict";

const INTERVAL_MS = 1000;

const mounted = Report.sections.map(({ id, title, mount }) => {
  const heading = Report.element("h2", { id: `${id}-title` }, title);
  const host = Report.element("section", { id, "aria-labelledby": `${id}-title` }, heading);
  const link = Report.element("a", { href: `#${id}` }, title);
  document.querySelector("main").append(host);
  document.querySelector("nav").append(link);
  return { host, link, update: mount(host) };
});

Report.render = (model) => {
  document.getElementById("name").textContent = model.name;
  document.title = `${model.name} · Sweepbox`;
  const counts = Object.entries(model.counts).map(([state, count]) => `${count} ${state.replace("_", " ")}`);
  const state = model.running ? "running" : model.ended_by ? `ended by ${model.ended_by}` : "not running";
  document.getElementById("state").textContent =
    `${model.trials.length} trial${model.trials.length === 1 ? "" : "s"}${counts.length ? ": " : ""}${counts.join(", ")}. ${state[0].toUpperCase()}${state.slice(1)}; ` +
    `${Report.time(model.written)}, Sweepbox ${model.version}.`;
  const note = document.getElementById("thinning");
  note.hidden = !model.thinning;
  note.textContent = model.thinning?.note ?? "";
  for (const { host, link, update } of mounted) {
    const isEmpty = update(model) === false;
    host.hidden = isEmpty;
    link.hidden = isEmpty;
  }
  document.documentElement.dataset.rendered = String(model.written);
};

const notice = document.getElementById("notice");
const tell = (text) => {
  notice.hidden = !text;
  if (notice.textContent !== text) notice.textContent = text;
};

// A server sends what it cannot read as `problems`; without `trials` there is no state to show.
const show = (model) => {
  tell((model.problems ?? []).join(" "));
  if (model.trials) Report.render(model);
};

const poll = async () => {
  try {
    const reply = await fetch("state.json", { cache: "no-cache" });
    if (!reply.ok) throw new Error(`the server answers with status ${reply.status}`);
    show(await reply.json());
  } catch (error) {
    tell(`No connection to the server; the page shows the last state that it received. (${error.message})`);
  }
  window.setTimeout(poll, INTERVAL_MS);
};

show(JSON.parse(document.getElementById("model").textContent));
Report.prepareCharts();
if (document.documentElement.dataset.live === "true") window.setTimeout(poll, INTERVAL_MS);
