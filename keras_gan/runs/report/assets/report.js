"use strict";
// Draws what the page carries as JSON; see data.py for its fields. Nothing is fetched.

const report = JSON.parse(document.getElementById("data").textContent);
const runs = report.runs;
const several = runs.length > 1;
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const AXES = { step: "step", images_seen: "images seen", minutes: "minutes" };
const GROUPS = [
  ["Losses", ["d_loss", "g_loss"]],
  ["Accuracy of the discriminator (1/2: at chance)", ["real_accuracy", "fake_accuracy"]],
  ["Norms of the gradients", ["d_gradient", "g_gradient"]],
  ["Images a second", ["images_per_second"]],
];

const byId = (id) => document.getElementById(id);
const colourOf = (index) => COLOURS[index % COLOURS.length];
const themed = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function show(number) {
  if (typeof number !== "number") return String(number ?? "");
  return Number.isInteger(number) ? number.toLocaleString("en") : String(+number.toPrecision(4));
}

function nameOf(run, index) {
  if (!several) return run.name;
  const swatch = element("span", { class: "swatch", style: `background:${colourOf(index)}` });
  return element("span", {}, swatch, run.name);
}

// Words.

function drawWords() {
  byId("summary").textContent = several
    ? `${runs.length} runs side by side`
    : runs[0].summary;
  runs.forEach((run, index) => {
    const card = element("div", { class: "card" });
    if (several) card.append(element("h3", {}, nameOf(run, index)), element("p", {}, run.summary));
    for (const verdict of run.verdicts) {
      const trouble = ["playing", "chance"].includes(verdict.name) ? "" : " trouble";
      const box = element("div", { class: `card verdict${trouble}` });
      box.append(element("p", {}, element("strong", {}, verdict.text)));
      if (verdict.advice) box.append(element("p", {}, verdict.advice));
      card.append(box);
    }
    if (!run.verdicts.length) card.append(element("p", {}, "Too early to say: no history yet."));
    byId("verdicts").append(card);
  });
}

// The learning film.

function drawFilm() {
  const shown = runs.filter((run) => run.film.length);
  if (!shown.length) return;
  byId("film").hidden = false;
  const pictures = shown.map((run) => {
    const picture = element("img", { alt: `Samples of ${run.name}` });
    const caption = element("figcaption");
    const index = runs.indexOf(run);
    byId("frames").append(
      element("figure", {}, several ? element("h3", {}, nameOf(run, index)) : "", picture, caption)
    );
    return { run, picture, caption };
  });
  const slider = byId("frame");
  const last = Math.max(...shown.map((run) => run.film.length)) - 1;
  slider.max = last;
  slider.value = last;
  const draw = () => {
    const part = last ? slider.value / last : 1;
    for (const { run, picture, caption } of pictures) {
      const frame = run.film[Math.round(part * (run.film.length - 1))];
      picture.src = frame.picture;
      caption.textContent = `step ${show(frame.step)}`;
      byId("frame-step").textContent = show(frame.step);
    }
  };
  slider.addEventListener("input", draw);
  byId("play").addEventListener("click", () => play(slider, draw));
  draw();
}

let playing = null;

function play(slider, draw) {
  const button = byId("play");
  const stop = () => {
    clearInterval(playing);
    playing = null;
    button.textContent = "Play";
  };
  if (playing) return stop();
  if (+slider.value === +slider.max) slider.value = 0;
  button.textContent = "Stop";
  playing = setInterval(() => {
    slider.value = +slider.value + 1;
    draw();
    if (+slider.value === +slider.max) stop();
  }, 150);
}

// Curves.

function smoothed(values, weight) {
  let sum = 0;
  let mass = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return sum / mass;
  });
}

function chartsWanted() {
  const grouped = GROUPS.flatMap(([, names]) => names);
  const inHistory = unique(runs.flatMap((run) => Object.keys(run.history.series)));
  const others = inHistory.filter((name) => !grouped.includes(name));
  const inMetrics = unique(runs.flatMap((run) => Object.keys(run.metrics.series)));
  return [
    ...inMetrics.map((name) => ({ title: name, names: [name], table: "metrics" })),
    ...GROUPS.map(([title, names]) => ({ title, names, table: "history" })),
    ...others.map((name) => ({ title: name, names: [name], table: "history" })),
  ].filter(({ names, table }) =>
    runs.some((run) => names.some((name) => name in run[table].series))
  );
}

const unique = (names) => [...new Set(names)];

function linesOf({ names, table }) {
  return runs.flatMap((run, r) =>
    names.filter((name) => name in run[table].series).map((name, n) => ({
      label: several ? `${run.name} ${names.length > 1 ? name : ""}`.trim() : name,
      colour: colourOf(several ? r : n),
      dash: several ? DASHES[n % DASHES.length] : [],
      table: run[table],
      values: run[table].series[name],
    }))
  );
}

function spansDecades(lines) {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return least > 0 && most / least > 30;
}

function drawChart(wanted, host) {
  const axis = byId("axis").value;
  const weight = wanted.table === "history" ? +byId("smoothing").value : 0;
  const lines = linesOf(wanted);
  const tables = lines.map((line) => [
    line.table[axis],
    smoothed(line.values, weight),
    ...(weight ? [line.values] : []),
  ]);
  const series = lines.flatMap((line) => {
    const common = { label: line.label, dash: line.dash, spanGaps: true };
    const value = (_, number) => (number === null || number === undefined ? "–" : show(number));
    const points = { show: wanted.table === "metrics" };
    const curve = { ...common, value, points, stroke: line.colour, width: 2 };
    const raw = { ...curve, class: "raw", stroke: `${line.colour}44`, width: 1 };
    return weight ? [curve, raw] : [curve];
  });
  const ticks = { stroke: themed("--soft"), grid: { stroke: themed("--line"), width: 1 } };
  const options = {
    width: Math.max(host.clientWidth, 200),
    height: 220,
    scales: { x: { time: false }, y: { distr: spansDecades(lines) ? 3 : 1 } },
    series: [{ label: AXES[axis], value: (_, x) => (x === null ? "–" : show(x)) }, ...series],
    axes: [{ ...ticks, size: 34 }, { ...ticks, size: 60, values: (_, all) => all.map(show) }],
  };
  host.replaceChildren();
  new uPlot(options, uPlot.join(tables), host);
}

function drawCurves() {
  const wanted = chartsWanted();
  if (!wanted.length) return;
  byId("curves").hidden = false;
  const hosts = wanted.map((chart) => {
    const host = element("div");
    const figure = element("figure", { "aria-label": chart.title }, element("h3", {}, chart.title), host);
    byId("charts").append(figure);
    return host;
  });
  const draw = () => {
    byId("smoothing-value").textContent = byId("smoothing").value;
    wanted.forEach((chart, index) => drawChart(chart, hosts[index]));
  };
  byId("smoothing").addEventListener("input", draw);
  byId("axis").addEventListener("change", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let width = 0;
  new ResizeObserver(() => {
    if (width !== byId("charts").clientWidth) draw();
    width = byId("charts").clientWidth;
  }).observe(byId("charts"));
}

// Tables.

function drawTable(host, heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map(({ cells, differs }) =>
    element(
      "tr",
      { class: differs ? "differs" : null },
      ...cells.map((text, index) =>
        index ? element("td", {}, text) : element("th", { scope: "row" }, text)
      )
    )
  );
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  host.append(element("div", { class: "scroll" }, table));
}

function drawMetrics() {
  runs.forEach((run, index) => {
    if (!run.evaluations.length) return;
    byId("metrics").hidden = false;
    const card = element("div", { class: "card" });
    if (several) card.append(element("h3", {}, nameOf(run, index)));
    for (const { step, data, seed, reports } of run.evaluations) {
      const told = `after step ${show(step)}, against ${data}, seed ${seed}`;
      card.append(element("p", { class: "soft" }, told));
      card.append(element("pre", {}, reports.join("\n")));
    }
    if (run.neighbours) {
      const picture = element("img", { src: run.neighbours, alt: "Samples and their neighbours" });
      const caption = "Samples, each beside the nearest training samples: is it memorizing?";
      card.append(
        element("figure", { class: "neighbours" }, picture, element("figcaption", {}, caption))
      );
    }
    byId("metrics").append(card);
  });
}

function drawThroughput() {
  runs.forEach((run, index) => {
    if (!run.throughput) return;
    byId("throughput").hidden = false;
    const { parts, total, batch_size: batch } = run.throughput;
    const card = element("div", { class: "card" });
    if (several) card.append(element("h3", {}, nameOf(run, index)));
    const rate = `${show((1000 * batch) / total)} images a second, ${show(total)} ms a step`;
    card.append(element("p", {}, rate));
    const bar = element("div", { class: "bar", "aria-hidden": "true" });
    const rows = parts.map(({ name, milliseconds }, part) => {
      const share = milliseconds / total;
      const style = `background:${colourOf(part)};width:${100 * Math.min(Math.max(share, 0), 1)}%`;
      bar.append(element("div", { style }));
      const swatch = element("span", { class: "swatch", style: `background:${colourOf(part)}` });
      const label = element("span", {}, swatch, name);
      return { cells: [label, `${show(milliseconds)} ms`, `${(100 * share).toFixed(1)} %`] };
    });
    card.append(bar);
    drawTable(card, ["part of a step", "time", "share"], rows);
    card.append(element("p", { class: "soft" }, run.throughput.note));
    byId("throughput").append(card);
  });
}

// The settings as name -> text; those inside another have both names, as in "rules: loss".
function settingsOf(values, prefix = "") {
  return Object.entries(values).reduce((settings, [name, value]) => {
    const title = prefix + name.replaceAll("_", " ");
    const nested = value !== null && typeof value === "object" && !Array.isArray(value);
    return { ...settings, ...(nested ? settingsOf(value, `${title}: `) : { [title]: inWords(value) }) };
  }, {});
}

function inWords(value) {
  if (Array.isArray(value)) return value.map(inWords).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === null ? "–" : String(value);
}

function drawSettings() {
  const settings = runs.map((run) => settingsOf(run.config));
  const names = unique(settings.flatMap(Object.keys));
  const rows = names.map((name) => {
    const values = settings.map((each) => each[name] ?? "–");
    const differs = new Set(values).size > 1;
    return { cells: [differs ? `${name} (differs)` : name, ...values], differs };
  });
  drawTable(byId("settings"), ["", ...runs.map(nameOf)], rows);
}

function drawSessions() {
  runs.forEach((run, index) => {
    const card = element("div", { class: "card" });
    if (several) card.append(element("h3", {}, nameOf(run, index)));
    for (const session of run.sessions) {
      const { started, step, command, ...machine } = session;
      card.append(element("p", {}, `${started}, from step ${show(step)}`));
      card.append(element("pre", {}, command));
      const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
      card.append(element("p", { class: "soft" }, facts.join(" · ")));
    }
    byId("sessions").append(card);
  });
}

drawWords();
drawFilm();
drawCurves();
drawMetrics();
drawThroughput();
drawSettings();
drawSessions();
document.documentElement.dataset.drawn = "yes";
