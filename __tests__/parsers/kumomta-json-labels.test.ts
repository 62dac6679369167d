import type { LabelSet } from '../../lib/model/metric-family.ts';
import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { readAll } from '../support/parsed.ts';

const gauge = (value: string, name = 'm') => `{"${name}":{"type":"gauge","value":${value}}}`;

/** Reads one document after the other, and gives the label sets of each. */
async function labelSets(...documents: string[]): Promise<LabelSet[][]> {
  const parse = parseKumoMtaJson();
  const read: LabelSet[][] = [];
  for (const document of documents) {
    const families = await readAll(parse, document);
    read.push(families.flatMap(({ samples }) => samples.map(({ labels }) => labels)));
  }
  return read;
}

test.each([
  ['a list', gauge('[{"a":"1","b":"2","@":1},{"a":"3","@":2}]'), gauge('[{"a":"1","b":"2","@":3}, {"a":"3","@":4}]')],
  ['a map', gauge('{"q":{"a":1,"größe":2}}'), gauge('{ "q": { "a":3, "größe":4 } }')],
])('label sets of %s that stand where they stood are the same objects', async (_, first, second) => {
  const [before, after] = await labelSets(first, second);
  expect(after).toHaveLength(2);
  expect(after?.map((labels, i) => labels === before?.[i])).toEqual([true, true]);
});

test.each([
  [
    'a label more behind the value',
    gauge('[{"a":"1","@":1}]'),
    gauge('[{"a":"1","@":1,"b":"2"}]'),
    [{ a: '1', b: '2' }],
  ],
  ['a label less behind the value', gauge('[{"a":"1","@":1,"b":"2"}]'), gauge('[{"a":"1","@":1}]'), [{ a: '1' }]],
  ['a map of another label', gauge('{"a":{"1":1}}'), gauge('{"b":{"1":1}}'), [{ b: '1' }]],
  ['a list in the place of a map', gauge('{"a":{"1":1}}'), gauge('[{"a":"2","@":1}]'), [{ a: '2' }]],
  ['another order', gauge('{"q":{"a":1,"b":1}}'), gauge('{"q":{"b":1,"a":1}}'), [{ q: 'b' }, { q: 'a' }]],
  ['one less in front', gauge('{"q":{"a":1,"b":1,"c":1}}'), gauge('{"q":{"b":1,"c":1}}'), [{ q: 'b' }, { q: 'c' }]],
  ['another family', gauge('{"q":{"a":1}}'), gauge('{"q":{"b":1}}', 'n'), [{ q: 'b' }]],
  [
    'a longer text',
    gauge('[{"a":"1","@":1}]'),
    gauge('[{"a":"1","@":1},{"a":"1","@b":"2","@":1}]'),
    [{ a: '1' }, { a: '1', '@b': '2' }],
  ],
])('nothing is taken for what it was: %s', async (_, first, second, expected) => {
  expect((await labelSets(first, second))[1]).toEqual(expected);
  expect((await labelSets(second, first, second))[2]).toEqual(expected);
});
