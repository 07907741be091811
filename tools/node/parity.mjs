// What a generator makes and how long it takes, as JSON: node parity.mjs MODEL.onnx INPUTS.json
//
// The inputs: {"latents": [[...], ...], "labels": [...] or null, "repeats": 20}. For tests, by
// in_node in tools/parity_runtimes.py.

import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-node";
import { Generator } from "../../keras_gan/runtime/generator.js";
import { measured } from "./measured.mjs";

const [model, path] = process.argv.slice(2);
const inputs = JSON.parse(await readFile(path, "utf8"));
const generator = await Generator.load(ort, await readFile(model));
console.log(JSON.stringify(await measured(generator, inputs)));
