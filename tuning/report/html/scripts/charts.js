// Charts: Plotly's script is unpacked once, and each chart is drawn when it comes into view.
"use strict";

const MOBILE = 600;
const HEIGHT = 360;
// Colours of Okabe and Ito, which differ for all kinds of colour vision; shapes and dashes differ as well.
const PALETTE = {
  light: { blue: "#0072b2", orange: "#c04f00", green: "#00795a", purple: "#a3417f", grey: "#6b7280", faint: "#d5d9e0" },
  dark: { blue: "#56b4e9", orange: "#f0a040", green: "#2fc79b", purple: "#e39ac4", grey: "#9aa3b2", faint: "#39414f" },
};
const isDark = window.matchMedia("(prefers-color-scheme: dark)");
Report.colours = () => PALETTE[isDark.matches ? "dark" : "light"];
Report.isNarrow = () => window.innerWidth < MOBILE;

// Styles of the states of trials: no two share a symbol, or a pattern of their bars.
Report.styleOf = (state) => {
  const colours = Report.colours();
  return {
    finished: { colour: colours.blue, symbol: "circle", pattern: "", dash: "solid" },
    stopped_early: { colour: colours.orange, symbol: "x", pattern: "/", dash: "dot" },
    failed: { colour: colours.purple, symbol: "triangle-up", pattern: "x", dash: "dashdot" },
    running: { colour: colours.green, symbol: "diamond", pattern: "-", dash: "dash" },
    paused: { colour: colours.grey, symbol: "square", pattern: ".", dash: "dash" },
    interrupted: { colour: colours.purple, symbol: "cross", pattern: "|", dash: "dash" },
    pending: { colour: colours.grey, symbol: "circle-open", pattern: ".", dash: "dot" },
  }[state];
};

const unpack = async () => {
  const packed = document.getElementById("plotly");
  if (typeof DecompressionStream === "undefined") throw new Error("it lacks DecompressionStream");
  const letters = atob(packed.textContent.trim());
  const bytes = new Uint8Array(letters.length);
  for (let index = 0; index < letters.length; index += 1) bytes[index] = letters.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
  packed.remove();
  if (!window.Plotly) throw new Error("the script of the charts did not run");
  return window.Plotly;
};
let plotly = null;
const loaded = () => (plotly ??= unpack());
// Unpacks in the first idle moment, so that no chart has to wait for it; a failure is told where a chart is drawn.
Report.prepareCharts = () => {
  const whenIdle = window.requestIdleCallback ?? ((work) => window.setTimeout(work, 200));
  whenIdle(() => loaded().catch(() => {}), { timeout: 1000 });
};

const baseLayout = () => {
  const style = getComputedStyle(document.body);
  const colour = style.color;
  const grid = style.getPropertyValue("--line").trim();
  const axis = {
    gridcolor: grid, linecolor: grid, zerolinecolor: grid, automargin: true, ticks: "outside", tickcolor: grid,
    separatethousands: true, title: { standoff: 10 },
  };
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: style.fontFamily, size: 13, color: colour },
    hoverlabel: { font: { family: style.fontFamily, size: 13 }, align: "left" },
    hovermode: "closest",
    margin: { l: 56, r: 16, t: 8, b: 48 },
    legend: { orientation: "h", yanchor: "bottom", y: 1.02, xanchor: "left", x: 0, itemsizing: "constant" },
    xaxis: axis,
    yaxis: axis,
  };
};

const merged = (base, given) => {
  const found = { ...base };
  for (const [name, value] of Object.entries(given)) {
    const isMap = (item) => item !== null && typeof item === "object" && !Array.isArray(item);
    found[name] = isMap(value) && isMap(found[name]) ? merged(found[name], value) : value;
  }
  return found;
};

// A chart with a title and a text for those who do not see it. `update(make)` gets a function that returns
// {traces, layout, height}, or null where there is nothing to draw; it is called when the chart is in view.
Report.chart = (title, { note = null, level = "h3" } = {}) => {
  const plot = Report.element("div", { class: "plot", role: "img", "aria-label": `${title}. The table below has the figures.` });
  const remark = Report.element("p", { class: "note" });
  const element = Report.element("figure", {}, Report.element(level, {}, title), remark, plot);
  const chart = { element, plot, make: null, isVisible: false, drawn: "" };
  remark.hidden = !note;
  remark.textContent = note ?? "";
  charts.push(chart);
  observer.observe(plot);
  chart.update = (make) => {
    if (!chart.make) plot.style.minHeight = `${make()?.height ?? HEIGHT}px`; // nothing moves when it is drawn
    chart.make = make;
    draw(chart);
  };
  chart.remark = (text) => {
    remark.textContent = text ?? "";
    remark.hidden = !text;
  };
  return chart;
};

const charts = [];
const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      const chart = charts.find((item) => item.plot === entry.target);
      chart.isVisible = entry.isIntersecting;
      draw(chart);
    }
  },
  { rootMargin: "200px" },
);

const draw = async (chart) => {
  if (!chart.isVisible || !chart.make) return;
  const made = chart.make();
  chart.element.hidden = made === null;
  if (made === null) return;
  const layout = merged(baseLayout(), { ...made.layout, height: made.height ?? HEIGHT });
  const key = JSON.stringify([made.traces, layout, chart.plot.clientWidth]);
  if (key === chart.drawn) return;
  chart.drawn = key;
  try {
    const library = await loaded();
    for (const name of Object.keys(layout).filter((item) => /^[xy]axis\d+$/.test(item))) {
      layout[name] = merged(baseLayout()[name.slice(0, 5)], layout[name]);
    }
    await library.react(chart.plot, made.traces, layout, { displayModeBar: false, responsive: true });
  } catch (error) {
    chart.plot.textContent = `This browser cannot draw charts: ${error.message}. The tables have all figures.`;
    chart.plot.style.minHeight = "0";
    chart.plot.classList.add("failed");
  }
};

const redraw = () => charts.forEach((chart) => { chart.drawn = ""; draw(chart); });
isDark.addEventListener("change", redraw);
window.addEventListener("resize", () => window.requestAnimationFrame(redraw));

// Labels in Plotly take a little markup; text of others is shown as it is.
Report.label = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
// The last parts of a long dotted name.
Report.shortName = (name, longest = 28) => {
  if (name.length <= longest) return name;
  const parts = name.split(".");
  let short = parts.pop();
  while (parts.length && short.length + parts.at(-1).length + 1 <= longest) short = `${parts.pop()}.${short}`;
  return short.length <= longest ? `…${short}` : `…${short.slice(1 - longest)}`;
};
