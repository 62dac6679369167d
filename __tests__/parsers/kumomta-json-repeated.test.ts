import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { readWithReports } from '../support/parsed.ts';

const gauge = (value: string) => `{"m":{"type":"gauge","value":${value}},"z":{"type":"gauge","value":1}}`;
const map = (keys: readonly string[]) => gauge(`{"q":{${keys.map((key, i) => `"${key}":${i}`).join(',')}}}`);

/** Reads documents with one parser. Returns the values of the first family in each, and what was reported. */
async function read(documents: readonly string[], maxJoinBytes = 2 ** 20) {
  const parse = parseKumoMtaJson();
  const results: { values: unknown[] | undefined; reports: string[] }[] = [];
  for (const document of documents) {
    const { families, repairs, drops } = await readWithReports(parse, document, { maxJoinBytes });
    expect(families.at(-1)).toMatchObject({ name: 'z', samples: [{ value: 1 }] });
    const reports = [...repairs.map(({ kind, family, message }) => `${family}: ${kind}: ${message}`), ...drops];
    results.push({ values: families[0]?.samples.map(({ value }) => value), reports });
  }
  return results;
}

const repeated = (count: number) => [`m: repeated: ${count} of its series came again, and the first of each is served`];

test.each<[what: string, value: string, values: unknown[], count: number]>([
  ['a map', '{"q":{"a":1,"b":2,"a":3}}', [1, 2], 1],
  ['a map, spelled differently', '{"q":{"a":1,"\\u0061":2,"b":3}}', [1, 3], 1],
  ['a list', '[{"a":"1","b":"2","@":1},{"a":"2","@":2},{"a":"1","b":"2","@":3},{"a":"2","@":4}]', [1, 2], 2],
  ['a list, in another order', '[{"a":"1","b":"2","@":1},{"b":"2","a":"1","@":2}]', [1], 1],
  ['a list, after the value', '[{"a":"1","@":1},{"@":2,"a":"1"},{"@":3,"a":"1"}]', [1], 2],
  ['a list, with an empty label', '[{"a":"1","@":1},{"a":"1","b":"","@":2}]', [1], 1],
  ['a list without labels', '[{"@":1},{"@":2},{"a":"","@":3}]', [1], 2],
])('a label set that comes again in %s is dropped and reported', async (_, value, values, count) => {
  const document = gauge(value);
  for (const result of await read([document, document, document])) {
    expect(result).toEqual({ values, reports: repeated(count) });
  }
});

test('a label set that comes again is found after documents in which it did not', async () => {
  const keys = Array.from({ length: 600 }, (_, i) => `k${i}`);
  const results = await read([
    map(keys),
    map(keys),
    map([...keys, 'k7']),
    map([...keys.slice(0, 300), 'k8', ...keys.slice(301)]),
    map(keys),
    map([...keys.slice(0, 599), 'k598']),
  ]);
  expect(results.map(({ values }) => values?.length)).toEqual([600, 600, 600, 599, 600, 599]);
  expect(results.map(({ reports }) => reports)).toEqual([[], [], repeated(1), repeated(1), [], repeated(1)]);
});

test('a sample that is dropped does not count as the first of its label set', async () => {
  const document = gauge('{"q":{"a":"1","a":2,"b":3}}');
  for (const { values, reports } of await read([document, document])) {
    expect(values).toEqual([2, 3]);
    expect(reports).toEqual([expect.stringContaining('expected a number, got "\\"1\\"')]);
  }
});

test('a histogram that comes again is dropped, whether it fits or not', async () => {
  const one = '{"count":1,"bucket":[]}';
  const odd = '{"count":1.5,"bucket":[]}';
  const document = `{"m":{"type":"histogram","value":{"q":{"a":${one},"a":${odd}}}},"z":{"type":"gauge","value":1}}`;
  const [result] = await read([document]);
  expect(result).toEqual({ values: [{ count: 1, bounds: [], cumulativeCounts: [] }], reports: repeated(1) });
});

test('in a family with more label sets than the buffer holds, those beyond are compared with the last one', async () => {
  const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
  const document = map([...keys.slice(0, 10), 'k3', ...keys.slice(10), 'k4', 'k5', 'k5']);
  for (const { values, reports } of await read([document, document], 3_000)) {
    expect(values).toHaveLength(202);
    expect(reports).toEqual(repeated(2));
  }
});

test('label sets are not compared again while all are as in the last document', async () => {
  const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
  // Those of the first documents fill the memory, so that only the known ones can be told apart in the last.
  const results = await read([map(keys), map(keys), map([...keys, 'k199', 'k0'])], 3_000);
  expect(results.map(({ values }) => values?.length)).toEqual([200, 200, 201]);
  expect(results.map(({ reports }) => reports)).toEqual([[], [], repeated(1)]);
});

test('two documents that are read at the same time do not mix their label sets', async () => {
  const parse = parseKumoMtaJson();
  const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
  const documents = [map(keys), map([...keys].reverse()), map([...keys, 'k1']), map(['k2', ...keys])];
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all(documents.map((document) => readWithReports(parse, document)));
    expect(results.map(({ families }) => families[0]?.samples.length)).toEqual([300, 300, 300, 300]);
    expect(results.map(({ repairs }) => repairs.length)).toEqual([0, 0, 1, 1]);
  }
});
