import { merge, quantile } from '../../lib/dashboard/browser/model/histogram.ts';
import fc from '../support/property.ts';

describe('quantile', () => {
  const bounds = [1, 2, 4];

  // The results of histogram_quantile.
  test.each([
    ['in the middle of a bucket', 0.5, [0, 10, 0, 0], 1.5],
    ['at the bound', 1, [0, 10, 0, 0], 2],
    ['in the first bucket, from zero', 0.5, [10, 0, 0, 0], 0.5],
    ['above all bounds, the highest of them', 0.99, [1, 0, 0, 99], 4],
    ['across buckets', 0.9, [50, 30, 20, 0], 3],
    ['no observations', 0.5, [0, 0, 0, 0], null],
  ])('%s', (_where, q, counts, expected) => {
    expect(quantile(q, { bounds, counts })).toBe(expected);
  });

  test('is the bound of the first bucket if that is not above zero', () => {
    expect(quantile(0.1, { bounds: [-1, 1], counts: [10, 0, 0] })).toBe(-1);
  });

  test('is null without bounds', () => {
    expect(quantile(0.5, { bounds: [], counts: [5] })).toBeNull();
  });

  test('never decreases as q increases, and stays within the bounds', () => {
    const counts = fc
      .array(fc.nat(1000), { minLength: 4, maxLength: 4 })
      .filter((all) => all.some((count) => count > 0));
    fc.assert(
      fc.property(
        counts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, a, b) => {
          const low = quantile(Math.min(a, b), { bounds, counts }) as number;
          const high = quantile(Math.max(a, b), { bounds, counts }) as number;
          expect(low).toBeLessThanOrEqual(high);
          expect(low >= 0 && high <= 4).toBe(true);
        },
      ),
    );
  });
});

describe('merge', () => {
  test('adds buckets', () => {
    const one = { bounds: [1, 2], counts: [1, 2, 3] };
    expect(merge([one, { bounds: [1, 2], counts: [10, 20, 30] }])).toEqual({ bounds: [1, 2], counts: [11, 22, 33] });
  });

  test('keeps the bounds of all histograms and every observation', () => {
    const merged = merge([
      { bounds: [1, 2], counts: [1, 2, 3] },
      { bounds: [2, 4], counts: [10, 20, 30] },
    ]);
    expect(merged).toEqual({ bounds: [1, 2, 4], counts: [1, 12, 20, 33] });
  });

  test('of no histograms is empty', () => {
    expect(merge([])).toEqual({ bounds: [], counts: [0] });
  });
});
