import type { LabelSet } from '../../lib/model/metric-family.ts';
import type { Repair } from '../../lib/model/parser.ts';
import { DistinctLabels } from '../../lib/parsers/distinct-labels.ts';
import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { readAll, readWithReports } from '../support/parsed.ts';
import fc from '../support/property.ts';

afterEach(() => jest.restoreAllMocks());

/** Adds label sets, each with its position as its place. Returns what `add` did, and how many were read again. */
function addAll(labelSets: readonly LabelSet[]) {
  let compared = 0;
  const distinct = new DistinctLabels((place) => {
    compared++;
    return labelSets[place] as LabelSet;
  });
  return { added: labelSets.map((labels, place) => distinct.add(labels, place)), count: distinct.count, compared };
}

const many = Array.from({ length: 20_000 }, (_, i) => ({ queue: `q${i}`, host: `h${i % 7}` }));

test('label sets that come again are found by their number, and others are hardly read again', () => {
  const { added, count, compared } = addAll([...many, ...many]);
  expect(added).toEqual([...many.map(() => undefined), ...many.keys()]);
  expect(count).toBe(many.length);
  // 20,000 hashes of 32 bits: the chance that any two are equal is 1 in 20.
  expect(compared - many.length).toBeLessThan(10);
});

test.each<[how: string, a: LabelSet, b: LabelSet]>([
  ['in another order', { a: '1', b: '2' }, { b: '2', a: '1' }],
  ['with an empty label', { a: '1' }, { a: '1', b: '' }],
  ['with none but empty labels', {}, { a: '', b: '' }],
  ['with a label of the name __proto__', JSON.parse('{"__proto__":"1"}'), JSON.parse('{"a":"","__proto__":"1"}')],
])('a label set %s comes again', (_how, a, b) => {
  expect(addAll([a, b, a]).added).toEqual([undefined, 0, 0]);
});

const DIFFERENT: LabelSet[] = [
  {},
  { a: '1' },
  { a: '2' },
  { b: '1' },
  { a: '1', b: '1' },
  { a: '1', b: '2' },
  { a: '2', b: '1' },
  { ab: '1' },
  { a: 'b1' },
  { a: '1b1' },
  { toString: '1' },
  JSON.parse('{"__proto__":"1"}'),
];

test('label sets that differ do not come again', () => {
  expect(addAll(DIFFERENT).added).toEqual(DIFFERENT.map(() => undefined));
});

describe('with the same hash for all', () => {
  beforeEach(() => {
    jest.spyOn(Math, 'imul').mockReturnValue(0);
  });

  test('label sets that differ do not come again, and the same ones do', () => {
    const { added, compared } = addAll([...DIFFERENT, ...DIFFERENT]);
    expect(added).toEqual([...DIFFERENT.map(() => undefined), ...DIFFERENT.keys()]);
    expect(compared).toBeGreaterThan(DIFFERENT.length);
  });

  test.each([
    ['ASCII', 'v'],
    ['other characters', 'é→\u{1f600}'],
  ])('series of %s are compared with their lines, wherever these are', async (_what, value) => {
    const numbers = Array.from({ length: 60 }, (_, i) => i);
    const lines = numbers.map((i) => `m{v="${value}${i}"} ${i}\nother ${i}\n`);
    const again = [`{"m",v="${value}7"} 1000`, `m { v = "${value}8" , } 1001`, `m{w="",v="${value}9"} 1002`, ''];
    const messages: string[] = [];
    const onRepair = ({ family, message }: Repair) => messages.push(`${family}: ${message}`);
    const [m] = await readAll(parsePrometheusText(), `${lines.join('')}${again.join('\n')}`, 300, { onRepair });
    expect(m?.samples).toEqual(numbers.map((i) => ({ labels: { v: `${value}${i}` }, value: i })));
    expect(messages).toContain('m: 3 of its series came again, and the first of each is served');
  });

  test('the latest of each series is served, whatever was passed on before the first time', async () => {
    const lines = ['m{v="a"} 1', 'm{v="b"} 2', 'm{v="c"} 3 5', 'm{v="d"} 4 5', 'm{v="c"} 5 6', 'm{v="d"} 6 4', ''];
    const [m] = await readAll(parsePrometheusText(), lines.join('\n'));
    expect(m?.samples.map(({ labels: { v }, value }) => [v, value])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 5],
      ['d', 4],
    ]);
  });
});

test('series with and without times are read alike, whether or not they are known to differ', async () => {
  const series = fc.tuple(fc.constantFrom('', '{v="a"}', '{v="b"}', '{v="c"}'), fc.constantFrom('', ' 5', ' 6', ' 7'));
  const document = fc.array(series).map((all) => all.map(([labels, time], i) => `m${labels} ${i}${time}\n`).join(''));
  await fc.assert(
    fc.asyncProperty(document, async (text) => {
      const parse = parsePrometheusText();
      await readAll(parse, 'm{v="a"} 1\nm{v="b"} 1\nm{v="c"} 1\n');
      expect(await readWithReports(parse, text)).toEqual(await readWithReports(parsePrometheusText(), text));
    }),
    { examples: [['m{v="a"} 1\nm{v="b"} 2 5\nm{v="c"} 3 5\nm{v="b"} 4 6\nm{v="a"} 5 6\n']] },
  );
});
