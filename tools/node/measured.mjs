// Samples of given latents, and times, in Node and in a browser alike.

/**
 * @param generator A `Generator` that was just loaded.
 * @param inputs `latents`, a list of lists; `labels`, a list or null; `repeats`.
 * @returns `samples` and `dims`; `milliseconds` of a call, the median of `repeats`, by batch size;
 *     `cold_start`, seconds from the start of the process or page to the first sample.
 */
export async function measured(generator, { latents, labels, repeats }) {
  const batch = (count) => {
    const rows = Array.from({ length: count }, (_, i) => latents[i % latents.length]);
    const classes = labels && Int32Array.from(rows, (_, i) => labels[i % labels.length]);
    return [Float32Array.from(rows.flat()), classes];
  };
  await generator.run(...batch(1));
  const coldStart = performance.now() / 1000;
  const milliseconds = {};
  for (const count of [1, 64]) milliseconds[count] = await median(generator, batch(count), repeats);
  const { data, dims } = await generator.run(...batch(latents.length));
  return { samples: Array.from(data), dims, milliseconds, cold_start: coldStart };
}

async function median(generator, batch, repeats) {
  await generator.run(...batch);
  const times = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await generator.run(...batch);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(repeats / 2)];
}
