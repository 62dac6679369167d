import { parseAnswer } from '../../lib/sources/prometheus-server/parse.ts';
import fc from '../support/property.ts';

jest.setTimeout(60_000);

const USED = ['status', 'errorType', 'error', 'isPartial', 'data', 'warnings', 'infos'] as const;

/** What `JSON.parse` makes of the members that are used, or that it makes nothing. */
function parsed(text: string): unknown {
  try {
    const answer = JSON.parse(text);
    if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return 'an error';
    return Object.fromEntries(USED.filter((name) => Object.hasOwn(answer, name)).map((name) => [name, answer[name]]));
  } catch {
    return 'an error';
  }
}

function* chunksOf(text: string, size: number): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function parsedInPieces(text: string, size = 2 ** 16): Promise<unknown> {
  try {
    const { warnings, infos, ...answer } = await parseAnswer(chunksOf(text, size));
    return { ...answer, ...(warnings && { warnings: warnings.texts }), ...(infos && { infos: infos.texts }) };
  } catch {
    return 'an error';
  }
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\\"', '{', '}', ']', ',', '"result":[{'),
);
const point = (value: fc.Arbitrary<unknown>) => fc.tuple(fc.double(), value);
const series = fc.oneof(
  fc.record({ metric: fc.dictionary(text, text), value: point(text) }),
  fc.record({ metric: fc.dictionary(text, text), histogram: point(fc.dictionary(text, fc.array(fc.array(text)))) }),
);
const answer = fc.record({
  status: text,
  data: fc.record({ resultType: text, result: fc.array(series, { maxLength: 150 }), stats: fc.dictionary(text, text) }),
  warnings: fc.array(text),
});
const written = fc
  .tuple(answer, fc.constantFrom(undefined, 1, '\t'))
  .map(([value, space]) => JSON.stringify(value, null, space));

test('answers are what JSON.parse makes of them', async () => {
  await fc.assert(
    fc.asyncProperty(written, fc.integer({ min: 1, max: 1000 }), async (text, size) => {
      expect(await parsedInPieces(text, size)).toEqual(parsed(text));
    }),
  );
});

test('answers that are damaged anywhere are what JSON.parse makes of them, mostly an error', async () => {
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat({ max: 3 }),
    insert: fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ' ', '},{', 'x'),
  });
  await fc.assert(
    fc.asyncProperty(written, damage, async (text, { at, remove, insert }) => {
      const position = Math.floor(at * text.length);
      const damaged = text.slice(0, position) + insert + text.slice(position + remove);
      // Half a surrogate pair has no bytes of its own.
      expect(await parsedInPieces(damaged)).toEqual(parsed(Buffer.from(damaged).toString()));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['{"status":"success","data":{"resultType":"vector","result":[]}}'],
  ['{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}'],
  ['{"result":[{"a":1}],"data":{"result":[]}}'],
  ['{"data":{"result":[{"a":1}],"result":[{"b":2}]}}'],
  ['{"data":{"result":[{"a":1}] , "x": 1 }}'],
  ['{"data":{"result":[{"a":1},]}}'],
  ['{"data":{"result":[{"a":1} {"b":2}]}}'],
  ['{"data":{"result":[{"a":1}'],
  ['{"data":{"result":[{"a":"1}]}}'],
  ['{"data":{"result":[{"a":1}]}} trailing'],
  ['null'],
  [''],
])('%s is what JSON.parse makes of it', async (text) => {
  expect(await parsedInPieces(text)).toEqual(parsed(text));
});
