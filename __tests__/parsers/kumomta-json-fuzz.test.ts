import type { MetricFamily } from '../../lib/model/metric-family.ts';
import type { Repair } from '../../lib/model/parser.ts';
import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { anyText, families } from '../support/arbitraries.ts';
import { encode } from '../support/encode.ts';
import { json } from '../support/encoders.ts';
import { type ReadFamily, readAll, readWithReports } from '../support/parsed.ts';
import { withPlausibleValues } from '../support/plausible-values.ts';
import fc from '../support/property.ts';

// For a machine that is busy.
jest.setTimeout(120_000);

/** An object as pairs, so that it can have a member twice. */
class Pairs {
  readonly pairs: (readonly [name: string, value: unknown])[];

  constructor(pairs: Iterable<readonly [string, unknown]>) {
    this.pairs = [...pairs];
  }
}

type Path = readonly number[];

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (!(value instanceof Pairs)) return JSON.stringify(value);
  return `{${value.pairs.map(([name, value]) => `${JSON.stringify(name)}:${write(value)}`).join(',')}}`;
}

function toPairs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPairs);
  if (typeof value !== 'object' || value === null) return value;
  return new Pairs(Object.entries(value).map(([name, value]) => [name, toPairs(value)]));
}

/** Changes the members or items of one value in a tree, whose position in the tree comes from random numbers. */
function change(value: unknown, [step, ...path]: Path, apply: (children: [string, unknown][]) => [string, unknown][]) {
  const isList = Array.isArray(value);
  if (!isList && !(value instanceof Pairs)) return value;
  let children = isList ? value.map((item): [string, unknown] => ['', item]) : (value.pairs as [string, unknown][]);
  const at = (step ?? 0) % (children.length + 1);
  const child = children[at];
  const isLeaf = !Array.isArray(child?.[1]) && !(child?.[1] instanceof Pairs);
  if (step === undefined || child === undefined || (path.length === 0 && isLeaf)) children = apply([...children]);
  else children = children.map(([name, value], i) => [name, i === at ? change(value, path, apply) : value]);
  return isList ? children.map(([, item]) => item) : new Pairs(children);
}

const distribution = (name: string) => ({
  count: 3,
  sum: 0.9,
  avg: 0.3,
  [name]: [
    [0.1, 1],
    [0.5, 3],
  ],
});
const VALID = ['gauge', 'histogram', 'summary'].flatMap((type) => {
  const one = type === 'gauge' ? 1.5 : distribution(type === 'summary' ? 'quantile' : 'bucket');
  const values = [one, { q: { a: one, b: one } }, [{ q: 'a', r: 'b', '@': one }, { '@': one }]];
  return values.map((value) => toPairs({ help: 'text', type, value }));
});

const replacement = fc.oneof(
  fc.constantFrom(null, true, '', 'NaN', '+Inf', 'x', -1, 0, 0.5, 1.5, 4, 1e300, [], {}, [1], { q: 1 }, [[1, 1]]),
  fc.constantFrom('"count"', '"value":{}', '"@":1'),
);
const breaking = fc.record({
  path: fc.array(fc.nat(20), { maxLength: 5 }),
  at: fc.nat(20),
  how: fc.constantFrom('replace', 'remove', 'insert', 'repeat', 'rename'),
  value: replacement.map(toPairs),
  name: fc.constantFrom('', 'q', 'type', 'value', 'help', 'count', 'sum', 'bucket', 'quantile', '@', 'le'),
});

function broken(
  family: unknown,
  { path, at, how, value, name }: typeof breaking extends fc.Arbitrary<infer T> ? T : never,
) {
  return change(family, path, (children) => {
    const i = at % Math.max(1, children.length);
    const [oldName = name, old = value] = children[i] ?? [];
    if (how === 'remove') children.splice(i, 1);
    else if (how === 'insert') children.splice(i, 0, [name, value]);
    else if (how === 'repeat') children.splice(i, 0, [oldName, old]);
    else children.splice(i, 1, how === 'rename' ? [name, old] : [oldName, value]);
    return children;
  });
}

const isOf = (name: string) => (family: Pick<MetricFamily, 'name'>) =>
  [name, `${name}_bucket`, `${name}_sum`, `${name}_count`].includes(family.name);

test('a broken family costs no other family, and only its name is reported', async () => {
  const isOdd = isOf('odd');
  let reported = 0;
  await fc.assert(
    fc.asyncProperty(
      families(anyText),
      fc.constantFrom(...VALID),
      fc.array(breaking, { minLength: 1, maxLength: 3 }),
      fc.record({
        at: fc.nat(),
        size: fc.integer({ min: 1, max: 300 }),
        maxJoinBytes: fc.constantFrom(0, 500, 2 ** 20),
      }),
      async (any, valid, breakings, { at, size, maxJoinBytes }) => {
        const { text } = await encode(json(), any.filter((family) => !isOdd(family)).map(withPlausibleValues));
        const members = text
          .split('\n')
          .slice(1, -2)
          .map((line) => line.replace(/,$/, ''));
        const odd = `"odd":${write(breakings.reduce(broken, valid))}`;
        const position = at % (members.length + 1);
        const document = `{${[...members.slice(0, position), odd, ...members.slice(position)].join(',\n')}}`;
        const reports: string[] = [];
        const context = {
          maxJoinBytes,
          onRepair: ({ family }: Repair) => void reports.push(family),
          onDropped: (_: unknown, family: string) => void reports.push(family),
        };
        const parse = parseKumoMtaJson();
        const others = await readAll(parse, text, size, context);
        const known = new Set(reports);
        for (let again = 0; again < 2; again++) {
          reports.length = 0;
          const read = await readAll(parse, document, size, context);
          expect(read.filter((family) => !isOdd(family))).toEqual(others);
          expect(reports.filter((name) => name !== 'odd' && !known.has(name))).toEqual([]);
        }
        if (reports.includes('odd')) reported++;
      },
    ),
    { numRuns: 1_000 },
  );
  expect(reported).toBeGreaterThan(250);
});

describe('a family means the same in JSON as in a text', () => {
  const count = fc.oneof(fc.nat(5), fc.constantFrom(undefined, 2.5, -1, Number.NaN, Number.POSITIVE_INFINITY));
  const value = fc.oneof({ weight: 9, arbitrary: fc.nat(5) }, fc.constantFrom(0.5, -2, Number.NaN));
  const bounds = [Number.NEGATIVE_INFINITY, -1, 0, 0.5, 1, 2, Number.POSITIVE_INFINITY];
  const spell = (number: number) => String(number).replace('Infinity', 'Inf').replace(/^Inf/, '+Inf');
  const inJson = (number: number) => (Number.isFinite(number) ? number : spell(number));

  function sampleOf(keys: readonly number[]) {
    const pairs = fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), value), { selector: ([key]) => key, maxLength: 4 });
    return fc
      .record({ count, sum: fc.constantFrom(undefined, 1.5), pairs })
      .filter(({ count, sum, pairs }) => count !== undefined || sum !== undefined || pairs.length > 0);
  }

  /** The series of the families by their names, and the kinds of the reports. */
  function summarize(read: { families: ReadFamily[]; repairs: Repair[]; drops: string[] }) {
    const { families, repairs, drops } = read;
    const described = families.map(({ name, type, samples }) => {
      return {
        name,
        type,
        samples: samples.map(({ labels, value }) => ({ labels: Object.entries(labels).sort(), value })),
      };
    });
    described.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { samples } of described) samples.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return { families: described, repairs: repairs.map(({ kind }) => kind), drops };
  }

  test.each([
    ['histogram', 'bucket', 'le', bounds],
    ['summary', 'quantile', 'quantile', [-1, 0, 0.5, 0.9, 1, 1.5]],
  ] as const)('of a %s, whether it fits its type or not', async (type, member, keyLabel, keys) => {
    const suffix = type === 'histogram' ? '_bucket' : '';
    await fc.assert(
      fc.asyncProperty(fc.array(sampleOf(keys), { minLength: 1, maxLength: 3 }), async (samples) => {
        const items = samples.map(({ count, sum, pairs }, i) => [
          `s${i}`,
          {
            ...(count !== undefined && { count: inJson(count) }),
            ...(sum !== undefined && { sum }),
            [member]: pairs.map((pair) => pair.map(inJson)),
          },
        ]);
        const document = JSON.stringify({ h: { type, value: { q: Object.fromEntries(items) } } });
        const lines = samples.flatMap(({ count, sum, pairs }, i) => {
          // A text needs the +Inf bucket for which the count stands in JSON.
          const hasInf = type === 'summary' || pairs.some(([key]) => key === Number.POSITIVE_INFINITY);
          const keyed = hasInf || count === undefined ? pairs : [...pairs, [Number.POSITIVE_INFINITY, count] as const];
          return [
            ...keyed.map(([key, value]) => `h${suffix}{q="s${i}",${keyLabel}="${spell(key)}"} ${spell(value)}`),
            ...(sum === undefined ? [] : [`h_sum{q="s${i}"} ${sum}`]),
            ...(count === undefined ? [] : [`h_count{q="s${i}"} ${spell(count)}`]),
          ];
        });
        const text = `# TYPE h ${type}\n${lines.join('\n')}\n`;
        const fromJson = await readWithReports(parseKumoMtaJson(), document);
        expect(summarize(fromJson)).toEqual(summarize(await readWithReports(parsePrometheusText(), text)));
      }),
      { numRuns: 1_000 },
    );
  });
});
