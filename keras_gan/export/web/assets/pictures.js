// Samples as pixels: canvases and PNG files.

import { toUint8 } from "./generator.js";

/** Draws one sample, values in [-1, 1] in the order height, width, channels, on a canvas. */
export function draw(canvas, sample, [height, width, channels]) {
  const values = toUint8(sample);
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const from = i * channels;
    const grey = channels === 1;
    image.data[4 * i] = values[from];
    image.data[4 * i + 1] = values[grey ? from : from + 1];
    image.data[4 * i + 2] = values[grey ? from : from + 2];
    image.data[4 * i + 3] = channels === 4 ? values[from + 3] : 255;
  }
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Canvases side by side as one, each pixel so many pixels wide that it is `least` wide or more. */
export function joinCanvases(canvases, columns, least) {
  const { width, height } = canvases[0];
  const scale = Math.max(1, Math.ceil(least / (columns * width)));
  const picture = document.createElement("canvas");
  picture.width = scale * columns * width;
  picture.height = scale * Math.ceil(canvases.length / columns) * height;
  const context = picture.getContext("2d");
  context.imageSmoothingEnabled = false;
  canvases.forEach((canvas, i) => {
    const x = scale * width * (i % columns);
    const y = scale * height * Math.floor(i / columns);
    context.drawImage(canvas, x, y, scale * width, scale * height);
  });
  return picture;
}

/** Hands a canvas to the visitor as a PNG file. */
export async function download(canvas, name) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
