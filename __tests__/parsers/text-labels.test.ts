import { TextCursor } from '../../lib/parsers/text-cursor.ts';
import { LabelParser, parseLabels } from '../../lib/parsers/text-labels.ts';
import fc from '../support/property.ts';

const cursor = new TextCursor('prometheus-text', (reason) => new Error(reason));

function outcomeOf(parse: () => object): unknown {
  try {
    return Object.entries(parse());
  } catch (error) {
    return String(error);
  }
}

test('labels are parsed in the same way, whatever the labels before them were', () => {
  const name = fc.constantFrom('a', 'b', '__proto__', '"1"', '"c.d"', ' a', 'é');
  const value = fc.constantFrom('', 'x', 'x,y="', '\\"', '\\n\\\\', 'x"', ',', '{}', '🦊');
  const label = fc
    .tuple(name, fc.constantFrom('="', ' = "', '='), value)
    .map(([key, sign, it]) => `${key}${sign}${it}"`);
  const labels = fc
    .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom(',', ', ', ',,'), fc.constantFrom('', ','))
    .map(([all, comma, end]) => all.join(comma) + end);
  const none = fc.constantFrom('', ' ', ',', 'x');
  let parsed = 0;
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: labels }, none), { minLength: 2, maxLength: 4 }), (texts) => {
      const parser = new LabelParser();
      // Each comes twice in a row, too.
      for (const text of texts.flatMap((it) => [it, it])) {
        const expected = outcomeOf(() => parseLabels(text, cursor));
        if (Array.isArray(expected)) parsed++;
        expect(outcomeOf(() => parser.parse(text, cursor))).toEqual(expected);
      }
    }),
    { numRuns: 5_000 },
  );
  expect(parsed).toBeGreaterThan(1_000);
});

test('the labels of a shape are parsed by it', () => {
  const parser = new LabelParser();
  const first = parser.parse('a="1",b="2"', cursor);
  cursor.load('untouched');
  expect(first).toEqual({ a: '1', b: '2' });
  expect(parser.parse('a="3",b=""', cursor)).toEqual({ a: '3', b: '' });
  expect(cursor.text).toBe('untouched');
});
