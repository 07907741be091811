// Arithmetic of latents: Float32Arrays, one sample after another.

/** Sums of latents and so many standard deviations along each direction. */
export function moveLatents(latents, size, directions, amounts, uniform) {
  const deviation = uniform ? 1 / Math.sqrt(3) : 1;
  const way = Array.from({ length: size }, (_, i) =>
    directions.reduce((sum, direction, k) => sum + deviation * amounts[k] * direction[i], 0)
  );
  const sums = latents.map((latent, i) => latent + way[i % size]);
  return uniform ? sums.map((latent) => Math.min(Math.max(latent, -1), 1)) : sums;
}

/**
 * Spherical interpolation of two samples' latents, `part` of the way from 0 to 1 (Shoemake,
 * "Animating Rotation with Quaternion Curves", 1985); straight where they point the same way.
 */
export function interpolate(a, b, part) {
  if (part === 0) return a;
  if (part === 1) return b;
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  const angle = norms ? Math.acos(Math.min(Math.max(dot(a, b) / norms, -1), 1)) : 0;
  const sine = Math.sin(angle);
  const straight = sine < 1e-4;
  const left = straight ? 1 - part : Math.sin((1 - part) * angle) / sine;
  const right = straight ? part : Math.sin(part * angle) / sine;
  return a.map((value, i) => left * value + right * b[i]);
}
