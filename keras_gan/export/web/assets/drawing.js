// Drawing: the newest choices, one drawing at a time.

import { interpolate, moveLatents } from "./latents.js";
import { draw } from "./pictures.js";
import { byId, page, say, trouble } from "./shared.js";

export const STEPS = 9; // pictures from A to B
const BATCH = 10; // samples between two looks at what the visitor does

const pending = new Set();
let drawing = false;

/** Asks for a drawing of "grid", with all that hangs on it, or of what is "between" alone. */
export function redraw(part) {
  pending.add(part);
  if (!drawing) drawPending().catch((error) => trouble(`The generator failed: ${error.message}`));
}

async function drawPending() {
  drawing = true;
  try {
    while (pending.size) {
      const hasGrid = pending.has("grid");
      pending.clear();
      if (hasGrid) await drawGrid();
      await drawBetween();
    }
  } finally {
    drawing = false;
    byId("grid").setAttribute("aria-busy", "false");
  }
}

/** Waits until nothing is drawn. */
export async function idle() {
  while (drawing) await nextTask();
}

const nextTask = () => new Promise((resolve) => setTimeout(resolve));

async function drawGrid() {
  byId("grid").setAttribute("aria-busy", "true");
  const { generator, directions, choices, cells } = page;
  const { seed, truncation, d } = choices;
  const size = generator.latentSize;
  const uniform = generator.metadata.latent_distribution === "uniform";
  const scale = generator.scalesLatents ? truncation : 1;
  const drawn = generator.latents(cells.length, seed).map((latent) => scale * latent);
  page.latents = moveLatents(drawn, size, directions, d, uniform);
  page.labels = generator.labels(cells.length, choices.class);
  for (let first = 0; first < cells.length; first += BATCH) {
    const last = Math.min(first + BATCH, cells.length);
    const rows = page.latents.slice(first * size, last * size);
    const canvases = cells.slice(first, last).map((node) => node.firstChild);
    await drawSamples(canvases, rows, page.labels?.slice(first, last));
    await nextTask();
  }
  describeGrid();
}

async function drawSamples(canvases, latents, labels) {
  const truncation = page.generator.scalesLatents ? 1 : page.choices.truncation; // else done
  const { data } = await page.generator.run(latents, labels, truncation);
  const size = data.length / canvases.length;
  canvases.forEach((canvas, i) =>
    draw(canvas, data.subarray(i * size, (i + 1) * size), page.generator.sampleShape)
  );
}

function describeGrid() {
  const { generator, choices, cells, labels } = page;
  cells.forEach((node, i) => {
    const name = labels ? `, class ${generator.classes[labels[i]]}` : "";
    node.setAttribute("aria-label", `Sample ${i + 1}${name}`);
  });
  const { dataset } = document.documentElement;
  dataset.firstGrid ??= performance.mark("first-grid").startTime.toFixed(0);
  const name = choices.class === null ? "" : `, class ${generator.classes[choices.class]}`;
  say(`${cells.length} samples, seed ${choices.seed}${name}, variety ${choices.truncation}.`);
}

async function drawBetween() {
  const { generator, choices, steps } = page;
  const hasBoth = choices.picks.length === 2;
  document.querySelector(".between").classList.toggle("waiting", !hasBoth);
  byId("mix").disabled = byId("keep-mixed").disabled = !hasBoth;
  byId("between-note").textContent = noteBetween();
  if (!hasBoth) return;
  const parts = [choices.mix, ...steps.map((_, i) => i / (STEPS - 1))];
  const [a, b] = choices.picks.map((i) => latentsOf(i));
  const rows = parts.flatMap((part) => Array.from(interpolate(a, b, part)));
  const labels = page.labels && Int32Array.from(parts, labelAt);
  const canvases = [byId("mixed"), ...steps.map((node) => node.firstChild)];
  await drawSamples(canvases, Float32Array.from(rows), labels);
  const near = Math.round(choices.mix * (STEPS - 1));
  steps.forEach((node, i) => node.setAttribute("aria-pressed", i === near));
  const way = `${byId("mix-value").textContent} of the way from A to B`;
  byId("mixed").setAttribute("aria-label", way);
}

const latentsOf = (index) =>
  page.latents.slice(index * page.generator.latentSize, (index + 1) * page.generator.latentSize);

/** The class at a part of the way: it can't be mixed, so it turns at the half. */
function labelAt(part) {
  const [a, b] = page.choices.picks;
  return page.labels[part < 0.5 ? a : b];
}

function noteBetween() {
  const { choices, labels, generator } = page;
  if (choices.picks.length < 2) return "Choose two samples in the grid.";
  const names = choices.picks.map((i) => labels && generator.classes[labels[i]]);
  return names[0] === names[1] ? "" : `Class ${names[0]} turns into ${names[1]} at the half.`;
}
