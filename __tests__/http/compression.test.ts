import type { Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createCompressor, negotiateCoding } from '../../lib/http/compression.ts';

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip', 'gzip'],
  ['GZip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['br', 'br'],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip, br;q=0.5', 'gzip'],
  ['gzip;q=0.5, br;q=0.5', 'br'],
  ['*', 'br'],
  ['*;q=0', 'identity'],
  ['br;q=0, *', 'gzip'],
  ['br;q=0, gzip;q=0, *', 'identity'],
  ['gzip;q=0', 'identity'],
  ['gzip;q=0.000', 'identity'],
  ['gzip;q=2', 'identity'],
  ['gzip;q=x', 'identity'],
  ['deflate, zstd', 'identity'],
  ['identity', 'identity'],
  ['identity, gzip', 'gzip'],
  ['identity;q=0.5, gzip;q=0.4', 'identity'],
  ['identity;q=0', 'identity'],
  [',,;;, =', 'identity'],
  [`${'x,'.repeat(1_000)}gzip`, 'identity'],
])('of Accept-Encoding %p it takes %s', (header, coding) => {
  expect(negotiateCoding(header)).toBe(coding);
});

describe('what is compressed comes back', () => {
  const document = Buffer.from('queue_depth{queue="a"} 1\n'.repeat(10_000));

  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('from %s, at a fraction of its size', async (coding, decompress) => {
    const stream = createCompressor(coding);
    stream?.end(document);
    const bytes = await buffer(stream as Transform);
    expect(decompress(bytes).equals(document)).toBe(true);
    expect(bytes.length).toBeLessThan(document.length / 10);
  });

  test('and identity needs no stream', () => {
    expect(createCompressor('identity')).toBeUndefined();
  });
});
