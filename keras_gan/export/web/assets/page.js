// The page: choices in, pictures out. The generator runs here; nothing leaves the origin.

import * as ort from "./ort.wasm.bundle.min.mjs";
import { generatorOf, hashOf, randomSeed, readChoices, seedOf, tableOf } from "./choices.js";
import { STEPS, idle, redraw } from "./drawing.js";
import { Generator } from "./generator.js";
import { download, joinCanvases } from "./pictures.js";
import { byId, element, page, say, trouble } from "./shared.js";

const RANGE = 3; // standard deviations along a direction, either way
const COLUMNS = 10; // of the downloaded grid
const SMALL = 64; // pixels; larger images are fewer, and are smoothed where they are scaled
const SAVE_AFTER = 250; // milliseconds: browsers limit how often an address changes

// Loading.

async function start() {
  ort.env.wasm.numThreads = 1; // more need a server that isolates origins
  page.generators = await fetch("generators.json").then((response) => response.json());
  byId("generator-choice").hidden = page.generators.length === 1;
  byId("generator").replaceChildren(...names().map((name) => element("option", { value: name }, name)));
  await readAddress();
  byId("studio").hidden = false;
  wire();
}

const names = () => page.generators.map(({ name }) => name);
let asked = null; // the generator that the address named last

/** Loads a generator and builds the page for it; returns whether it is still the one to show. */
async function open(name) {
  byId("waiting").hidden = false;
  const { folder } = page.generators.find((each) => each.name === name);
  const [generator, data] = await Promise.all([
    Generator.load(ort, `${folder}/generator.onnx`),
    fetch(`${folder}/directions.json`).then((response) => response.json()),
  ]);
  await idle();
  if (asked !== name) return false;
  Object.assign(page, data, { name, generator });
  build();
  byId("waiting").hidden = true;
  return true;
}

function build() {
  const { generator, directions } = page;
  const [height, width] = generator.sampleShape;
  const small = Math.max(height, width) <= SMALL;
  const samples = small ? 40 : 20;
  const classes = generator.classes.length;
  document.documentElement.dataset.images = small ? "small" : "large";
  document.documentElement.style.setProperty("--shape", `${width} / ${height}`);
  page.table = tableOf({
    ...{ names: names(), classes, directions: directions.length, samples, range: RANGE },
    picks: firstPicks(samples, classes || 1),
  });
  byId("about").textContent = aboutGenerator(generator);
  buildClasses(generator.classes);
  page.cells = Array.from({ length: samples }, (_, index) => cell(index));
  byId("grid").replaceChildren(...page.cells);
  page.steps = Array.from({ length: STEPS }, (_, index) => step(index));
  byId("steps").replaceChildren(...page.steps);
  byId("directions").replaceChildren(...directions.map((_, index) => slider(index)));
}

/** Two samples of one class, if the grid has two. */
function firstPicks(samples, classes) {
  const second = 3 + classes * Math.max(1, Math.floor(samples / 2 / classes));
  return [3, second < samples ? second : 4];
}

function aboutGenerator({ sampleShape: [height, width], latentSize, classes, metadata }) {
  const many = classes.length ? ` in ${classes.length} classes` : "";
  const recipe = metadata.recipe ? ` Learnt by the recipe ${metadata.recipe}.` : "";
  const images = `Images of ${width}×${height} pixels${many}`;
  return `${images}, each made from ${latentSize} random numbers.${recipe}`;
}

function buildClasses(classes) {
  byId("class-choice").hidden = !classes.length;
  const options = classes.map((name, index) => element("option", { value: index }, name));
  byId("label").replaceChildren(element("option", { value: "" }, "in turn"), ...options);
}

function cell(index) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const node = element("div", { role: "option", class: "cell", tabindex: index ? -1 : 0 }, canvas);
  node.addEventListener("click", () => pick(index));
  node.addEventListener("focus", () => {
    for (const other of page.cells) other.tabIndex = other === node ? 0 : -1;
  });
  return node;
}

function step(index) {
  const part = index / (STEPS - 1);
  const name = `${Math.round(100 * part)} % of the way`;
  const node = element("button", { type: "button", "aria-label": name }, element("canvas"));
  node.addEventListener("click", () => choose({ mix: part }, "between"));
  return node;
}

function slider(index) {
  const share = `${(100 * page.shares[index]).toFixed(0)} %`;
  const id = `direction-${index}`;
  const input = element("input", { id, type: "range", min: -RANGE, max: RANGE, step: 0.1 });
  input.setAttribute("aria-label", `Direction ${index + 1}, ${share} of all change`);
  input.addEventListener("input", () => {
    const d = page.choices.d.with(index, Number(input.value));
    choose({ d }, "grid");
  });
  const name = element("label", { for: id }, `${index + 1} `, element("small", {}, share));
  return element("div", { class: "direction" }, name, input, element("output", { for: id }));
}

// Choices.

let saving = null;

function choose(changes, part) {
  Object.assign(page.choices, changes);
  clearTimeout(saving);
  saving = setTimeout(() => history.replaceState(null, "", hashNow()), SAVE_AFTER);
  showChoices();
  redraw(part);
}

const hashNow = () => hashOf(page.choices, page.table);

function renew() {
  clearTimeout(saving);
  history.replaceState(null, "", hashNow());
  page.choices.seed = randomSeed();
  history.pushState(null, "", hashNow());
  showChoices();
  redraw("grid");
}

async function readAddress() {
  clearTimeout(saving);
  const name = generatorOf(location.hash, names());
  asked = name;
  if (name !== page.name && !(await open(name))) return;
  const { choices, refused } = readChoices(location.hash, page.table);
  page.choices = choices;
  trouble(refused.length ? `This link asks for what isn't here: ${refused.join(", ")}.` : "");
  showChoices();
  redraw("grid");
}

function showChoices() {
  const { generator, seed, class: label, truncation, d, picks, mix } = page.choices;
  byId("generator").value = generator;
  byId("seed").value = seed;
  byId("seed").setCustomValidity("");
  byId("label").value = label ?? "";
  showSlider(byId("truncation"), byId("truncation-value"), truncation, truncation.toFixed(2));
  showSlider(byId("mix"), byId("mix-value"), mix, `${Math.round(100 * mix)} %`);
  [...byId("directions").children].forEach((row, index) =>
    showSlider(row.children[1], row.children[2], d[index], signed(d[index]))
  );
  byId("reset").disabled = d.every((amount) => amount === 0);
  page.cells.forEach((node, index) => {
    const place = picks.indexOf(index);
    node.setAttribute("aria-selected", place >= 0);
    node.dataset.pick = place >= 0 ? "AB"[place] : "";
  });
}

const signed = (amount) => amount.toFixed(1).replace("-", "−");

function showSlider(input, output, value, text) {
  input.value = value;
  input.style.setProperty("--part", (value - input.min) / (input.max - input.min));
  output.textContent = text;
}

/** Picks a sample as B, the one before as A; a picked one is let go. */
function pick(index) {
  const { picks } = page.choices;
  const others = picks.filter((other) => other !== index);
  const chosen = others.length < picks.length ? others : [...picks, index].slice(-2);
  choose({ picks: chosen }, "between");
  say(chosen.length === 2 ? `A is sample ${chosen[0] + 1}, B is sample ${chosen[1] + 1}.`
    : "Choose another sample to walk to.");
}

// Events.

function wire() {
  byId("renew").addEventListener("click", renew);
  byId("reset").addEventListener("click", () => choose({ d: page.table.d.first.slice() }, "grid"));
  byId("seed").addEventListener("change", chooseSeed);
  byId("generator").addEventListener("change", ({ target }) => chooseGenerator(target.value));
  byId("label").addEventListener("change", ({ target }) =>
    choose({ class: target.value === "" ? null : Number(target.value) }, "grid")
  );
  byId("truncation").addEventListener("input", ({ target }) =>
    choose({ truncation: Number(target.value) }, "grid")
  );
  byId("mix").addEventListener("input", ({ target }) =>
    choose({ mix: Number(target.value) }, "between")
  );
  byId("keep-grid").addEventListener("click", () =>
    download(gridPicture(), `samples-${page.choices.seed}.png`)
  );
  byId("keep-mixed").addEventListener("click", () =>
    download(joinCanvases([byId("mixed")], 1, 512), `sample-${page.choices.seed}.png`)
  );
  byId("copy").hidden = !navigator.clipboard;
  byId("copy").addEventListener("click", copyLink);
  byId("grid").addEventListener("keydown", walkGrid);
  document.addEventListener("keydown", renewByKey);
  addEventListener("popstate", readAddressOrTell);
}

function gridPicture() {
  return joinCanvases(page.cells.map((node) => node.firstChild), COLUMNS, 1000);
}

/** Shows another generator at the same seed. */
function chooseGenerator(name) {
  clearTimeout(saving);
  history.replaceState(null, "", hashNow());
  const { seed } = page.choices;
  history.pushState(null, "", hashOf({ ...firstChoices(), generator: name, seed }, page.table));
  readAddressOrTell();
}

const firstChoices = () => readChoices("", page.table).choices;

function chooseSeed({ target }) {
  const seed = seedOf(target.value.trim());
  target.setCustomValidity(seed === undefined ? "A whole number from 0 to 2⁶³ − 1." : "");
  if (seed === undefined) target.reportValidity();
  else choose({ seed }, "grid");
}

async function copyLink() {
  history.replaceState(null, "", hashNow());
  await navigator.clipboard.writeText(location.href);
  byId("copy").textContent = "Copied";
  say("The link is copied.");
  setTimeout(() => (byId("copy").textContent = "Copy the link"), 1500);
}

function walkGrid(event) {
  const { cells } = page;
  const here = cells.indexOf(document.activeElement);
  const columns = getComputedStyle(byId("grid")).gridTemplateColumns.split(" ").length;
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const ends = { Home: 0, End: cells.length - 1 };
  const there = ends[event.key] ?? here + (moves[event.key] ?? NaN);
  if (event.key === "Enter" || event.key === " ") pick(here);
  else if (cells[there]) cells[there].focus();
  else if (!(event.key in moves)) return;
  event.preventDefault();
}

/** R anywhere but in a text; Space where it does nothing else. */
function renewByKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const writing = event.target.closest("input[type=text], select");
  const busy = event.target.closest("button, input, select, a, [role=option]");
  if (event.key.toLowerCase() === "r" ? writing : event.key !== " " || busy) return;
  event.preventDefault();
  renew();
}

const tell = (error) => trouble(`The generator can't be loaded: ${error.message}`);
const readAddressOrTell = () => readAddress().catch(tell);

start().catch(tell);
