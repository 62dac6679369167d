import fc from 'fast-check';
import type { Encoder } from '../../lib/encoders/encoder.ts';
import { openMetricsEncoder } from '../../lib/encoders/openmetrics-text.ts';
import type { MetricFamily, Sample } from '../../lib/metric-family.ts';
import { encode, family, sample } from '../support/encode.ts';
import { json, text004, text100 } from '../support/encoders.ts';

const makers: [format: string, make: () => Encoder][] = [
  ['JSON', () => json()],
  ['JSON with lists', () => json({ singleLabel: 'list', nonFinite: 'omit' })],
  ['text 0.0.4', text004],
  ['text 1.0.0', text100],
  ['OpenMetrics', () => openMetricsEncoder({ escaping: 'dots' })],
];

const x = { a: 'x' };
const y = { a: 'y' };
const both = { a: 'x', 'b.c': 'y' };

/** Scrape after scrape of one family, and what changes between them. */
const scrapes: [what: string, ...samples: Sample[][]][] = [
  ['nothing but the values', [sample(1, x), sample(2, y)], [sample(3, x), sample(4, y)]],
  ['the label objects, which say the same', [sample(1, x), sample(2, y)], [sample(1, { ...x }), sample(2, { ...y })]],
  ['the label values', [sample(1, x), sample(2, y)], [sample(1, { a: 'z' }), sample(2, { a: 'w' })]],
  ['the order', [sample(1, x), sample(2, y)], [sample(1, y), sample(2, x)]],
  ['the order of the labels', [sample(1, both)], [sample(1, { 'b.c': 'y', a: 'x' })]],
  ['the label names', [sample(1, x), sample(1, y)], [sample(1, { b: 'x' }), sample(1, { b: 'y' })]],
  ['a series more in front', [sample(1, x)], [sample(1, y), sample(1, x)]],
  ['a series less in front', [sample(1, x), sample(2, y)], [sample(2, y)]],
  ['no series for once', [sample(1, x), sample(2, y)], [], [sample(2, y), sample(1, x)]],
  ['the shape', [sample(1, x)], [sample(1, x), sample(2, both)], [sample(1)], [sample(1, x)]],
  ['a broken sample in front', [sample(1, x), sample(2, y)], [sample('bad', x), sample(1, y)], [sample(1, y)]],
  ['a sample that is left out', [sample(Number.NaN, x), sample(2, y)], [sample(1, x), sample(2, y)]],
  [
    'labels that go missing',
    [sample(1, x), sample(2, y)],
    [sample(1, x), { value: 2 } as Sample, { value: 3 } as Sample],
  ],
  ['a label value that breaks', [sample(1, x), sample(2, y)], [sample(1, { a: null }), sample(2, y)], [sample(1, x)]],
  ['a number that becomes a text', [sample(1, { a: 1 })], [sample(1, { a: '1' })], [sample(1, { a: true })]],
];

describe.each(makers)('an encoder writes the next document as if it were the first, in %s', (_, make) => {
  const written = async (encoder: Encoder, families: readonly MetricFamily[], prefix = '') => {
    const { text, losses } = await encode(encoder, families, prefix);
    return { text, losses };
  };

  test.each(scrapes)('when it changes %s', async (_, ...documents) => {
    const encoder = make();
    for (const samples of documents) {
      const families = [family({ samples }), family({ name: 'n', samples: samples.toReversed() })];
      expect(await written(encoder, families)).toEqual(await written(make(), families));
    }
  });

  test('when it changes the prefix, the type and the declared label names', async () => {
    const encoder = make();
    const histogram = sample({ count: 1, bounds: [], cumulativeCounts: [] }, { a: 'x', le: 'y' });
    for (const [prefix, members] of [
      ['', { samples: [sample(1, { a: 'x', le: 'y' })] }],
      ['p_', { samples: [sample(1, { a: 'x', le: 'y' })] }],
      ['', { type: 'histogram', samples: [histogram] }],
      ['', { type: 'counter', labelNames: ['a'], samples: [sample(1, x)] }],
      ['', { type: 'counter', labelNames: ['a', 'b'], samples: [sample(1, x)] }],
      ['', { type: 'counter', labelNames: ['b', 'c'], samples: [sample(1, x)] }],
      ['', { type: 'counter', labelNames: [], samples: [sample(1, x)] }],
    ] as const) {
      expect(await written(encoder, [family(members)], prefix)).toEqual(
        await written(make(), [family(members)], prefix),
      );
    }
  });

  test('when others are written at the same time', async () => {
    const encoder = make();
    const numbered = (count: number, step: number) =>
      family({ samples: Array.from({ length: count }, (_, i) => sample(i, { a: `${i * step}` })) });
    const sources = [numbered(3000, 1), numbered(2000, 2), numbered(1000, 1), family({ samples: [sample(1, both)] })];
    const together = await Promise.all(sources.map((source) => written(encoder, [source])));
    for (const [i, document] of together.entries()) {
      expect(document).toEqual(await written(make(), [sources[i] as MetricFamily]));
    }
  });

  test('whatever changes', async () => {
    // A few label objects, so that the same ones come back, in other places.
    const pool = [x, y, both, { ...x }, { ...y }, {}, { '': 'x' }, { a: 1 }, { a: '1' }, { a: 'x', b: 'y', c: 'z' }];
    const samples = fc.array(fc.constantFrom(...pool), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(samples, { minLength: 2, maxLength: 5 }), async (documents) => {
        const encoder = make();
        for (const labelSets of documents) {
          const families = [family({ samples: labelSets.map((labels, i) => sample(i, labels)) })];
          expect(await written(encoder, families)).toEqual(await written(make(), families));
        }
      }),
    );
  });
});
