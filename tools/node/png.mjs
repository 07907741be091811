// PNG, written by Node's zlib alone.

import { deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const COLOUR_TYPES = { 1: 0, 3: 2, 4: 6 };

/** The bytes of a PNG file of 8-bit pixels in reading order, with 1, 3 or 4 channels. */
export function png(pixels, width, height, channels) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, COLOUR_TYPES[channels], 0, 0, 0], 8);
  const stride = width * channels;
  const lines = Buffer.alloc(height * (1 + stride)); // before each line a 0: it isn't filtered
  for (let y = 0; y < height; y++) {
    lines.set(pixels.subarray(y * stride, (y + 1) * stride), y * (1 + stride) + 1);
  }
  const body = [chunk("IHDR", header), chunk("IDAT", deflateSync(lines)), chunk("IEND", "")];
  return Buffer.concat([SIGNATURE, ...body]);
}

function chunk(name, content) {
  const named = Buffer.concat([Buffer.from(name), Buffer.from(content)]);
  const [size, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(named.length - 4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([size, named, check]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
