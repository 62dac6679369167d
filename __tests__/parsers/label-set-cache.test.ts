import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { LabelSetCache } from '../../lib/parsers/label-set-cache.ts';
import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { cachedBytes, excessBytes, MAX_CACHED_BYTES } from '../../lib/util/cache-budget.ts';
import { closeAccounts, holdAccount, leaveBytes } from '../support/budget.ts';

// In a file of its own: what a process caches is counted, and nothing else is to be cached here.

const KIB = 1024;
const LONG = 'x'.repeat(4 * KIB);
const TEXT = {
  labels: (value: string) => `{a="${value}"}`,
  family: (name: string, series: string[]) => series.map((it) => `${name}${it} 1\n`).join(''),
};
type Parse = ReturnType<typeof parseKumoMtaJson>;

/** Parsers that are garbage-collected would give back what they have cached, at any time. */
const parsers: Parse[] = [];

/** Both formats: a new parser, and a document of families, each with series of one label. */
const FORMATS: [format: string, make: () => Parse, write: (names: string[], values: string[]) => string][] = [
  [
    'text',
    () => parsePrometheusText(),
    (names, values) => names.map((name) => TEXT.family(name, values.map(TEXT.labels))).join(''),
  ],
  [
    'JSON',
    () => parseKumoMtaJson(),
    (names, values) => {
      const map = `{"a":{${values.map((value) => `"${value}":1`).join()}}}`;
      return `{${names.map((name) => `"${name}":{"type":"gauge","value":${map}}`).join()}}`;
    },
  ],
];

/** The label sets of a document. */
async function read(parse: Parse, document: string): Promise<object[]> {
  const sets: object[] = [];
  async function* chunks() {
    yield Buffer.from(document);
  }
  for await (const { samples } of parse(chunks())) for await (const { labels } of samples) sets.push(labels);
  return sets;
}

afterEach(closeAccounts);

describe.each(FORMATS)('of a document in %s', (_format, make, write) => {
  const names = Array.from({ length: 100 }, (_, i) => `family_${i}`);
  const values = Array.from({ length: 20 }, (_, i) => `${LONG}${i}`);
  let parse: Parse;
  beforeEach(() => {
    parse = make();
    parsers.push(parse);
  });
  // Families that are absent are forgotten.
  afterEach(async () => {
    for (let documents = 0; documents < 4; documents++) await read(parse, write(['other'], []));
  });

  test('label sets are cached, in a number of bytes that covers their texts and values', async () => {
    const before = cachedBytes();
    const sets = await read(parse, write(['m'], values));
    const bytes = cachedBytes() - before;
    expect(bytes).toBeGreaterThanOrEqual(20 * 2 * LONG.length);
    expect(bytes).toBeLessThan(20 * 2 * LONG.length + 20 * 300 + 1_000);
    const again = await read(parse, write(['m'], values));
    expect(again.map((set, i) => set === sets[i])).toEqual(values.map(() => true));
    expect(cachedBytes() - before).toBe(bytes);
  });

  test('they are cached as far as the limit allows, and all of them are read', async () => {
    const giveBack = leaveBytes(50 * KIB);
    const sets = await read(parse, write(['m'], values));
    expect(sets).toEqual(values.map((a) => ({ a })));
    expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
    const again = await read(parse, write(['m'], values));
    expect(again).toEqual(sets);
    expect([5, 6]).toContain(again.filter((set, i) => set === sets[i]).length);
    giveBack();
  });

  test('the names of families are cached as far as the limit allows, and all of them are read', async () => {
    const giveBack = leaveBytes(30_000);
    const sets = await read(parse, write(names, ['b']));
    expect(sets.length).toBe(100);
    const again = await read(parse, write(names, ['b']));
    const known = again.filter((set, i) => set === sets[i]).length;
    expect(known).toBeGreaterThan(10);
    expect(known).toBeLessThan(40);
    giveBack();
  });

  test('families that three documents lack give back what they took', async () => {
    const before = cachedBytes();
    await read(parse, write(names, values));
    expect(cachedBytes()).toBeGreaterThan(before);
    for (let documents = 0; documents < 4; documents++) await read(parse, write([], []));
    expect(cachedBytes()).toBe(before);
  });

  test('what another account took with priority is given back with the next document', async () => {
    await read(parse, write(names, ['b']));
    const giveBack = leaveBytes(0);
    const state = holdAccount({ hasPriority: true });
    state.tryReserve(10 * KIB);
    expect(excessBytes()).toBe(10 * KIB);
    await read(parse, write(names, ['b']));
    expect(excessBytes()).toBe(0);
    state.close();
    giveBack();
  });
});

test('131,072 label sets of 4 KiB are cached as far as the limit in bytes allows', () => {
  const kept = new LabelSetCache();
  const family = kept.cachedFamily('m');
  for (let i = 0; i < 131_072; i++) kept.put(family, i, `a="${LONG}"`, { a: LONG });
  expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
  expect(cachedBytes()).toBeGreaterThan(0.9 * MAX_CACHED_BYTES);
  expect(family.texts.length).toBeLessThanOrEqual(MAX_CACHED_BYTES / (8 * KIB));
  for (let documents = 0; documents < 4; documents++) kept.beginDocument();
  expect(cachedBytes()).toBeLessThan(0.1 * MAX_CACHED_BYTES);
});
