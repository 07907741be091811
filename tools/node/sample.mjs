// A PNG of samples: node sample.mjs MODEL.onnx OUT.png [--count 16] [--seed 0] [--label 3]
//                                                       [--truncation 0.8]

import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";
import { Generator, toUint8 } from "../../keras_gan/runtime/generator.js";
import { png } from "./png.mjs";

const USAGE =
  "node sample.mjs MODEL.onnx OUT.png [--count 16] [--seed 0] [--label 3] [--truncation 0.8]";

async function main() {
  const { model, out, count, seed, ...choices } = readArguments();
  const generator = await Generator.load(ort, await readFile(model));
  const samples = await generator.sample(count, { seed, ...choices });
  if (samples.dims.length !== 4 || ![1, 3, 4].includes(samples.dims[3])) {
    throw new Error(`expected images with 1, 3 or 4 channels, got samples of ${samples.dims}.`);
  }
  await writeFile(out, png(...gridOf(samples)));
  console.log(`${out}: ${count} samples, seed ${seed}`);
}

function readArguments() {
  const text = { type: "string" };
  const options = { count: text, seed: text, label: text, truncation: text };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (positionals.length !== 2) throw new Error(`expected a model and a picture: ${USAGE}`);
  const [model, out] = positionals;
  const { count = "16", seed = "0", label, truncation = "1" } = values;
  if (!/^\d+$/.test(seed)) throw new Error(`expected a seed from 0 to 2**63 - 1, got ${seed}.`);
  return {
    ...{ model, out, count: Number(count), seed: BigInt(seed) },
    ...{ label: label === undefined ? null : Number(label), truncation: Number(truncation) },
  };
}

/** Samples side by side in reading order, as [pixels, width, height, channels]. */
function gridOf({ data, dims: [count, height, width, channels] }) {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const stride = columns * width * channels;
  const pixels = data instanceof Uint8Array ? data : toUint8(data);
  const grid = new Uint8Array(rows * height * stride);
  for (let line = 0; line < count * height; line++) {
    const [sample, y] = [Math.floor(line / height), line % height];
    const [row, column] = [Math.floor(sample / columns), sample % columns];
    const from = line * width * channels;
    const to = (row * height + y) * stride + column * width * channels;
    grid.set(pixels.subarray(from, from + width * channels), to);
  }
  return [grid, columns * width, rows * height, channels];
}

main().catch((error) => {
  console.error(`sample.mjs: ${error.message}`);
  process.exitCode = 1;
});
