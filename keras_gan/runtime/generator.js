// A generator exported by keras_gan, for web pages and Node: the counterpart of generator.py.
//
// This file is self-contained. The module onnxruntime-web or onnxruntime-node is an argument.

export class Generator {
  /**
   * Loads an ONNX generator.
   *
   * @param ort The module onnxruntime-web, or onnxruntime-node.
   * @param model Bytes of the file (Uint8Array or ArrayBuffer), or its URL.
   * @param options Options of `ort.InferenceSession.create`.
   * @throws If the file isn't a generator exported by keras_gan.
   *
   *     const generator = await Generator.load(ort, "generator.onnx");
   *     const threes = await generator.sample(16, { seed: 0, label: 3 }); // dims 16, 28, 28, 1
   *     const pixels = toUint8(threes.data);
   */
  static async load(ort, model, options = {}) {
    const whole = ArrayBuffer.isView(model) || model instanceof ArrayBuffer;
    const bytes = new Uint8Array(whole ? model : await fetched(model));
    const metadata = metadataOf(bytes);
    if (!("latent_size" in metadata)) {
      throw new Error(
        "expected a generator that keras_gan exported, but the file doesn't say its " +
          "latent_size; export it with keras-gan export."
      );
    }
    return new Generator(ort, await ort.InferenceSession.create(bytes, options), metadata);
  }

  /**
   * See `load`. Attributes: session, latentSize, classes (names), sampleShape, metadata, and
   * scalesLatents: whether truncation scales the latents instead of being an input.
   */
  constructor(ort, session, metadata) {
    this.ort = ort;
    this.session = session;
    this.metadata = metadata;
    this.latentSize = Number(metadata.latent_size);
    this.classes = JSON.parse(metadata.classes ?? "[]");
    this.inputs = session.inputNames;
    this.output = session.outputNames[0];
    const own = this.inputs.includes("truncation") || metadata.truncation === "network";
    this.scalesLatents = this.inputs.includes("latents") && !own;
    this.sampleShape = session.outputMetadata[0].shape.slice(1);
  }

  /**
   * Draws samples, the same as `GAN.sample` in Keras from the same seed and labels.
   *
   * @param count Number of samples, at least 1.
   * @param seed Seed from 0 to 2**63 - 1; a BigInt from 2**53 on.
   * @param label Label of all samples, or an array, for class-conditional generators. By default
   *     all classes in turn; generator.py draws them with NumPy's generator instead.
   * @param truncation Truncation from 0 to 1; smaller values give more typical and less varied
   *     samples. It scales the latents if the file has no such input.
   * @returns A tensor with `data` and `dims`, in the form of the file: images in [-1, 1] or uint8.
   */
  async sample(count = 1, { seed = 0, label = null, truncation = 1 } = {}) {
    checkRange("count", count, 1, 2 ** 31 - 1);
    checkRange("truncation", truncation, 0, 1);
    const labels = this.labels(count, label);
    if (this.inputs.includes("latents")) {
      return this.run(this.latents(count, seed), labels, truncation);
    }
    const feed = { count: this.scalar("int32", count) };
    feed.seed = this.scalar("int64", checkedSeed(seed));
    if (labels) feed.labels = new this.ort.Tensor("int32", labels, [count]);
    return this.#run(feed, truncation);
  }

  /** Computes the samples of latents (Float32Array, `count * latentSize`) and Int32Array labels. */
  async run(latents, labels = null, truncation = 1) {
    const count = latents.length / this.latentSize;
    const scale = Math.fround(this.scalesLatents ? truncation : 1);
    const scaled = latents.map((latent) => scale * latent);
    const feed = { latents: new this.ort.Tensor("float32", scaled, [count, this.latentSize]) };
    if (labels) feed.labels = new this.ort.Tensor("int32", labels, [count]);
    return this.#run(feed, this.scalesLatents ? 1 : truncation);
  }

  /** Computes the samples of a feed without truncation. */
  async #run(feed, truncation) {
    if (this.inputs.includes("truncation")) {
      feed.truncation = this.scalar("float32", truncation);
    } else if (truncation !== 1) {
      throw new RangeError(
        "expected truncation 1: this file was exported without it; export it with " +
          "keras-gan export --truncation."
      );
    }
    return (await this.session.run(feed))[this.output];
  }

  /** Draws latents, the same as `GAN.latents`, as a Float32Array of `count * latentSize`. */
  latents(count, seed = 0) {
    const numbers = bits(count * this.latentSize, seed);
    const uniform = this.metadata.latent_distribution === "uniform";
    const drawn = uniform ? unit(numbers).map((u) => 2 * u - 1) : normal(numbers);
    return drawn.slice(0, count * this.latentSize);
  }

  /** Returns labels as an Int32Array, or null for a generator without classes. */
  labels(count, label = null) {
    if (!this.inputs.includes("labels")) {
      if (label === null) return null;
      throw new RangeError("expected no label: this generator has no classes.");
    }
    const classes = this.classes.length || 1;
    if (label === null) return Int32Array.from({ length: count }, (_, i) => i % classes);
    const labels = typeof label === "number" ? Array(count).fill(label) : Array.from(label);
    if (labels.length !== count || !labels.every(Number.isInteger)) {
      throw new RangeError(`expected one integer label or ${count}, got ${label}.`);
    }
    for (const each of labels) checkRange("every label", each, 0, classes - 1);
    return Int32Array.from(labels);
  }

  scalar(type, value) {
    return new this.ort.Tensor(type, [value], []);
  }
}

/** Converts images in [-1, 1] to integers from 0 to 255, rounded half to even and clipped. */
export function toUint8(images) {
  // a Uint8ClampedArray rounds and clips so by itself
  return Uint8ClampedArray.from(images, (x) => Math.fround(Math.fround(x + 1) * 127.5));
}

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`expected a generator at ${url}, got ${response.status}.`);
  return response.arrayBuffer();
}

function checkRange(name, value, low, high) {
  if (!(value >= low && value <= high)) {
    throw new RangeError(`expected ${name} from ${low} to ${high}, got ${value}.`);
  }
}

function checkedSeed(seed) {
  if (typeof seed !== "bigint" && !Number.isSafeInteger(seed)) {
    throw new RangeError(`expected an integer seed, a BigInt from 2**53 on, got ${seed}.`);
  }
  checkRange("seed", seed, 0n, 2n ** 63n - 1n);
  return BigInt(seed);
}

// The file's metadata, which onnxruntime's JavaScript doesn't tell: field 14 of an ONNX ModelProto,
// entries with a key (field 1) and a value (field 2).

const METADATA = 14;

function metadataOf(bytes) {
  const text = new TextDecoder();
  const entries = [...fields(bytes)].filter(([number]) => number === METADATA);
  return Object.fromEntries(
    entries.map(([, entry]) => {
      const { 1: key, 2: value } = Object.fromEntries(fields(entry));
      return [text.decode(key), text.decode(value)];
    })
  );
}

/** The fields of a protobuf message that hold bytes, as [number, bytes]. */
function* fields(message) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      value += (message[at] & 127) * scale;
      if (!(message[at++] & 128)) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const size = { 0: 0, 1: 8, 5: 4 }[tag % 8] ?? varint();
    if (tag % 8 === 0) varint();
    if (tag % 8 === 2) yield [Math.floor(tag / 8), message.subarray(at, at + size)];
    at += size;
  }
}

// TensorFlow's stateless random numbers: Philox-4x32-10 (Salmon et al., "Parallel Random Numbers:
// As Easy as 1, 2, 3", SC 2011), keyed by a scrambled seed; normals by Box and Muller.

const SCRAMBLE = [0x3ec8f720, 0x02461e29];

/** At least `count` random 32-bit numbers of a seed, a Uint32Array. */
export function bits(count, seed) {
  const wide = checkedSeed(seed);
  const start = [Number(wide & 0xffffffffn), Number(wide >> 32n), 0, 0];
  const scrambled = new Uint32Array(4);
  philox(start, ...SCRAMBLE, scrambled, 0);
  const [key0, key1, ...stream] = scrambled;
  const numbers = new Uint32Array(4 * Math.ceil(count / 4));
  for (let at = 0; at < numbers.length; at += 4) {
    philox([at / 4, 0, ...stream], key0, key1, numbers, at);
  }
  return numbers;
}

/** Ten rounds of Philox-4x32 on a counter of four, written to `out` from `at`. */
function philox([a, b, c, d], key0, key1, out, at) {
  for (let turn = 0; turn < 10; turn++) {
    const leftHigh = high(0xd2511f53, a);
    const leftLow = Math.imul(0xd2511f53, a);
    a = high(0xcd9e8d57, c) ^ b ^ (key0 + Math.imul(turn, 0x9e3779b9));
    b = Math.imul(0xcd9e8d57, c);
    c = leftHigh ^ d ^ (key1 + Math.imul(turn, 0xbb67ae85));
    d = leftLow;
  }
  out.set([a, b, c, d], at);
}

/** The upper 32 bits of a product of two 32-bit numbers, by halves of 16 bits. */
function high(x, y) {
  const [xLow, xHigh, yLow, yHigh] = [x & 0xffff, x >>> 16, y & 0xffff, y >>> 16];
  const first = xHigh * yLow + ((xLow * yLow) >>> 16);
  const second = xLow * yHigh + (first & 0xffff);
  return xHigh * yHigh + (first >>> 16) + (second >>> 16);
}

/** 32-bit numbers as float32 in [0, 1), of their low 23 bits. */
export function unit(numbers) {
  return Float32Array.from(numbers, (number) => (number & (2 ** 23 - 1)) * 2 ** -23);
}

/** 32-bit numbers as standard normal float32 numbers, rounded where TensorFlow rounds. */
export function normal(numbers) {
  const u = unit(numbers);
  const least = Math.fround(1e-7);
  for (let i = 0; i < u.length; i += 2) {
    const logarithm = Math.fround(Math.log(Math.max(u[i], least)));
    const radius = Math.fround(Math.sqrt(-2 * logarithm));
    const angle = Math.fround(2 * Math.PI * u[i + 1]);
    u[i] = radius * Math.fround(Math.sin(angle));
    u[i + 1] = radius * Math.fround(Math.cos(angle));
  }
  return u;
}
