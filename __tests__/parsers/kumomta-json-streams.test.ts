import { setImmediate as turn } from 'node:timers/promises';
import type { Sample } from '../../lib/model/metric-family.ts';
import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { bytesOf, readDocument } from '../support/documents.ts';
import { readWithReports } from '../support/parsed.ts';
import { watchedAsync } from '../support/watched.ts';

const parse = parseKumoMtaJson();

// For a machine that is busy.
jest.setTimeout(60_000);

const CHUNK = 1_000;
const HEAD = '{"large":{"type":"gauge","value":{"q":{';
const TAIL = '}}},"next":{"type":"gauge","value":[{"a":"b","@":1},{"a":"c","@":2}]}}';

/** A document with a family of 1,000 samples a chunk, and one of two behind it. */
function large(chunks: number) {
  return watchedAsync((index): Uint8Array | undefined => {
    if (index === 0) return Buffer.from(HEAD);
    if (index === chunks + 1) return Buffer.from(TAIL);
    if (index > chunks) return undefined;
    const texts = Array.from({ length: CHUNK }, (_, i) => `"${index}-${i}":${i}.0`);
    return Buffer.from((index === 1 ? '' : ',') + texts.join(','));
  });
}

describe('a family that is larger than what fits into memory', () => {
  test('is read no further than its samples are asked for', async () => {
    const bytes = large(1_000);
    const families = parse(bytes)[Symbol.asyncIterator]();
    const { value: family } = await families.next();
    expect(bytes.pulled).toBeLessThan(4);
    let samples = 0;
    const mostAhead: number[] = [];
    for await (const { labels, value } of family!.samples) {
      if (samples % CHUNK === 0) {
        expect(labels).toEqual({ q: `${samples / CHUNK + 1}-0` });
        expect(value).toBe(0);
      }
      mostAhead.push(bytes.pulled - samples++ / CHUNK);
      if (samples === 20 * CHUNK) break;
    }
    expect(Math.max(...mostAhead)).toBeLessThan(4);
    await families.return?.();
    expect(bytes.pulled).toBeLessThan(24);
    expect(bytes.closed).toBe(1);
  });

  test.each([
    ['none', 0],
    ['the first', 1],
    ['some', CHUNK + 10],
  ])('is skipped for the next when %s of its samples were read', async (_, count) => {
    const bytes = large(100);
    const found: [string, number][] = [];
    for await (const { name, samples } of parse(bytes)) {
      let length = 0;
      if (name === 'next') for await (const _ of samples) length++;
      else if (count > 0) for await (const _ of samples) if (++length === count) break;
      found.push([name, length]);
    }
    expect(found).toEqual([
      ['large', count],
      ['next', 2],
    ]);
    expect(bytes.pulled).toBe(103);
  });

  test('gives others a turn while it is skipped, even when it came in one piece', async () => {
    const document = Buffer.from(`${HEAD}${Array.from({ length: 500_000 }, (_, i) => `"${i}":1`)}${TAIL}`);
    let turns = 0;
    let isDone = false;
    const counting = (async () => {
      while (!isDone) {
        await turn();
        turns++;
      }
    })();
    for await (const { name } of parse(bytesOf(document))) expect(['large', 'next']).toContain(name);
    isDone = true;
    await counting;
    expect(turns).toBeGreaterThan(2);
  });
});

test('samples that are asked for after their family are over', async () => {
  const families = parse(large(3))[Symbol.asyncIterator]();
  const { value: family } = await families.next();
  const samples = family!.samples[Symbol.asyncIterator]();
  expect(await samples.next()).toMatchObject({ value: { value: 0 } });
  expect((await families.next()).value).toMatchObject({ name: 'next' });
  expect(await samples.next()).toEqual({ done: true, value: undefined });
});

test('leaving early closes the bytes', async () => {
  const bytes = large(3);
  for await (const { name } of parse(bytes)) {
    expect(name).toBe('large');
    break;
  }
  expect(bytes.closed).toBe(1);
});

describe('an error', () => {
  const document = '{"m":{"type":"gauge","value":{"q":{"a":1,"b":2,"c":NaN}}},"n":{"type":"gauge","value":1}}';
  const malformed = {
    code: 'ERR_METRICS_MALFORMED_DOCUMENT',
    message: expect.stringContaining('byte 51: expected a value'),
  };

  test('in the middle of a family comes behind the samples before it, and again with the next family', async () => {
    const families = parse(bytesOf(document))[Symbol.asyncIterator]();
    const { value: family } = await families.next();
    const values: Sample['value'][] = [];
    const reading = (async () => {
      for await (const { value } of family!.samples) values.push(value);
    })();
    await expect(reading).rejects.toMatchObject(malformed);
    expect(values).toEqual([1, 2]);
    await expect(families.next()).rejects.toMatchObject(malformed);
    expect(await families.next()).toEqual({ done: true, value: undefined });
  });

  test('in a family that nobody reads is found too', async () => {
    const families = parse(bytesOf(document))[Symbol.asyncIterator]();
    await families.next();
    await expect(families.next()).rejects.toMatchObject({ message: expect.stringMatching(/^byte 51: /) });
  });

  test('of the bytes themselves is passed on as it is', async () => {
    const error = new Error('connection lost');
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"m":{"type":"gauge","value":{"q":{"a":1,');
      throw error;
    }
    const families = parse(bytes())[Symbol.asyncIterator]();
    const { value: family } = await families.next();
    const samples = family!.samples[Symbol.asyncIterator]();
    expect(await samples.next()).toMatchObject({ value: { value: 1 } });
    await expect(samples.next()).rejects.toBe(error);
    await expect(families.next()).rejects.toBe(error);
  });
});

describe('what cannot be read before it is whole', () => {
  const MIB = 2 ** 20;
  const gauge = (value: string) => `{"m":{"type":"gauge","value":${value}}}`;
  const labels = Array.from({ length: 900 }, (_, i) => `"${i}":"${'v'.repeat(MIB / 256)}"`).join();
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => `"${i}":1`).join();

  test.each([
    ['a label', gauge(`{"q":{"${'a'.repeat(MIB - 10)}":1}}`)],
    ['a value before its type', `{"m":{"value":{"q":{${numbers(90_000)}}},"type":"gauge"}}`],
    ['a member that nobody knows', `{"m":{"x":[${'"a",'.repeat(MIB)}1],"type":"gauge","value":1}}`],
  ])('may be large: %s', async (_, document) => {
    expect(await readDocument(parse, bytesOf(document))).toMatchObject([{ name: 'm' }]);
  });

  test.each([
    ['a label', gauge(`{"q":{"${'a'.repeat(2 * MIB)}":1}}`), 35],
    ['a string that nobody wants', `{"m":{"x":["${'a'.repeat(2 * MIB)}"]}}`, 11],
    ['a label of a list item', gauge(`[{"a":"b","c":"${'d'.repeat(2 * MIB)}","@":1}]`), 43],
    ['whitespace', gauge(`[${' '.repeat(2 * MIB)}]`), 30],
  ])('but not larger than a mebibyte: %s', async (_, document, byte) => {
    async function* chunks() {
      for (let i = 0; i < document.length; i += 1024) yield Buffer.from(document.slice(i, i + 1024));
    }
    expect(await readDocument(parse, chunks())).toMatch(`byte ${byte}: expected at most ${MIB} bytes in `);
  });

  test.each([
    ['a value before its type', `{"value":{"q":{${numbers(300_000)}}},"type":"gauge"}`, 9, 'a value before its "type"'],
    ['a list item', `{"type":"gauge","value":[{${labels},"@":1}]}`, 25, 'one token or sample'],
  ])('costs no other family when it is larger: %s', async (_, family, byte, what) => {
    const document = `{"m":${family},"n":{"type":"gauge","value":1}}`;
    const { families, repairs, drops } = await readWithReports(parse, document);
    expect(families.filter(({ samples }) => samples.length > 0)).toMatchObject([{ name: 'n' }]);
    expect(repairs).toEqual([]);
    expect(drops).toEqual([expect.stringContaining(`byte ${5 + byte}: expected at most ${MIB} bytes in ${what}`)]);
  });

  test('is not read anew for each byte that comes', async () => {
    // 128 KiB, read as often as there are bytes, would be 8 GiB.
    const document = gauge(`{"q":{"${'a'.repeat(MIB / 8)}":1}}`);
    async function* bytes() {
      for (const byte of Buffer.from(document)) yield Uint8Array.of(byte);
    }
    expect(await readDocument(parse, bytes())).toHaveLength(1);
  });
});
