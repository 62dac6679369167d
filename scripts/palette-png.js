// Writes a picture as a PNG with a palette. A screenshot of text and lines takes a third of the bytes then, and stays
// sharp, so that the pictures of docs/ can be in the package.
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BITS_PER_SAMPLE = 8;
const INDEXED_COLOUR = 3;

/** Encodes opaque pixels, given as bytes of red, green, blue and alpha, with at most `size` colours. */
export function palettePng({ width, height, pixels }, size) {
  const colours = new Map();
  for (let i = 0; i < pixels.length; i += 4) {
    const colour = colourAt(pixels, i);
    colours.set(colour, (colours.get(colour) ?? 0) + 1);
  }
  const palette = choosePalette([...colours], size);
  const indexes = new Map();
  for (const colour of colours.keys()) indexes.set(colour, nearestIn(palette, colour));

  // Each row begins with its filter; 0 is none, which suits a palette best.
  const rows = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < width * height; i++) rows[i + Math.floor(i / width) + 1] = indexes.get(colourAt(pixels, i * 4));

  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = BITS_PER_SAMPLE;
  header[9] = INDEXED_COLOUR;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const colourAt = (pixels, i) => (pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2];

/** Starts with the most frequent colour, and adds the one whose pixels are worst represented, until there are `size`. */
function choosePalette(colours, size) {
  colours.sort(([, a], [, b]) => b - a);
  const palette = [];
  const distances = colours.map(() => Number.MAX_SAFE_INTEGER);
  while (palette.length < Math.min(size, colours.length)) {
    const errors = colours.map(([, count], i) => count * distances[i]);
    const chosen = colours[errors.indexOf(Math.max(...errors))][0];
    palette.push(chosen);
    for (const [i, [colour]] of colours.entries()) distances[i] = Math.min(distances[i], distance(colour, chosen));
  }
  return palette;
}

function nearestIn(palette, colour) {
  const distances = palette.map((it) => distance(it, colour));
  return distances.indexOf(Math.min(...distances));
}

function distance(a, b) {
  return [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2, 0);
}

/** A part of a PNG file: length, type, content and checksum (RFC 2083, section 3.2). */
function chunk(type, content) {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}
