import { areaRange, axisLabels, axisRange, chartRange, needsOwnAxis } from '../../lib/dashboard/browser/model/scale.ts';
import type { Unit } from '../../lib/dashboard/browser/model/units.ts';

test.each<[string, number, number, [number, number]]>([
  ['zero is at the bottom of positive values', 1, 11, [0, 12]],
  ['zero is at the top of negative values', -11, -1, [-12, 0]],
  ['values far from zero fill the axis', 100, 110, [99, 111]],
  ['a constant zero is at the bottom', 0, 0, [0, 1]],
  ['a constant value is in the middle', 5, 5, [0, 10]],
  ['a constant negative value is in the middle', -5, -5, [-10, 0]],
  ['rounding errors are no change', 5, 5 + 1e-12, [0, 10]],
])('%s', (_what, min, max, range) => {
  const [low, high] = axisRange({ min, max });
  expect([low, high].map((bound) => Number(bound.toFixed(6)))).toEqual(range);
});

test.each<[string, number, number, Unit, [number, number]]>([
  ['a steady rate has zero at the bottom', 2.43, 2.5, { of: 'number', perSecond: true }, [0, 2.75]],
  ['a rate of bytes has zero at the bottom', 100, 101, { of: 'bytes', perSecond: true }, [0, 111.1]],
  ['a count has zero at the bottom', 100, 110, { of: 'number' }, [0, 121]],
  ['a duration has zero at the bottom', 1, 1.1, { of: 'seconds' }, [0, 1.21]],
  ['a share has zero at the bottom', 0.9, 0.91, { of: 'ratio' }, [0, 1.001]],
  ['a negative count has zero at the top', -110, -100, { of: 'number' }, [-121, 0]],
  ['a memory that changes little looks steady', 990, 1000, { of: 'bytes' }, [895, 1095]],
  ['a memory that changes much fills the axis', 600, 800, { of: 'bytes' }, [580, 820]],
  ['a memory near zero has zero at the bottom', 100, 800, { of: 'bytes' }, [0, 870]],
  ['a temperature has no zero', 20, 21, { of: 'celsius' }, [19.9, 21.1]],
  ['a constant count is in the middle', 5, 5, { of: 'number' }, [0, 10]],
])('in a large chart, %s', (_what, min, max, unit, range) => {
  const [low, high] = chartRange({ min, max }, unit, false);
  expect([low, high].map((bound) => Number(bound.toFixed(6)))).toEqual(range);
});

test('values fill a large chart that is zoomed', () => {
  expect(chartRange({ min: 100, max: 110 }, { of: 'number' }, true)).toEqual([99, 111]);
});

test.each<[string, number, number, Unit['of'], [number, number]]>([
  ['starts at zero, however far values are from it', 100, 110, 'number', [0, 121]],
  ['ends at zero below it', -110, -100, 'number', [-121, 0]],
  ['contains zero between positive and negative values', -1, 2, 'number', [-1.1, 2.2]],
  ['starts at zero for a constant value', 5, 5, 'bytes', [0, 5.5]],
  ['has a height for a constant zero', 0, 0, 'number', [0, 1]],
  ['has the range of the values of points in time', 1e9, 1e9 + 10, 'timestamp', [1e9 - 1, 1e9 + 11]],
  ['has the range of the values of temperatures', 20, 21, 'celsius', [19.9, 21.1]],
])('the area of a small chart %s', (_what, min, max, of, range) => {
  const [low, high] = areaRange({ min, max }, { of });
  expect([low, high].map((bound) => Number(bound.toFixed(6)))).toEqual(range);
});

test('a total has its own axis if the other lines would be flat beside it', () => {
  expect(
    needsOwnAxis(
      [100, 500],
      [
        [1, null],
        [undefined, 100],
      ],
    ),
  ).toBe(true);
  expect(
    needsOwnAxis(
      [100, 400],
      [
        [1, null],
        [undefined, 100],
      ],
    ),
  ).toBe(false);
  expect(needsOwnAxis([100, 400], [[0, 0], [null]])).toBe(false);
  expect(needsOwnAxis([], [])).toBe(false);
});

test.each<[string, number[], string[]]>([
  ['few digits where they suffice', [0, 0.5, 1], ['0', '0.5', '1']],
  ['as many digits as they need to differ', [1_000_100, 1_000_200], ['1.0001 M', '1.0002 M']],
  ['the numbers of their lines', [485, 487.5, 490, 492.5], ['485', '487.5', '490', '492.5']],
  ['no rounding errors', [0.1 + 0.2, 0.4], ['0.3', '0.4']],
  ['none twice', [1, 1 + 1e-14], ['1', '']],
])('the labels of an axis have %s', (_what, splits, labels) => {
  expect(axisLabels(splits, { of: 'number' })).toEqual(labels);
});

test('the labels of an axis of points in time do not repeat a minute', () => {
  const minute = new Date(2026, 0, 2, 3, 4).getTime() / 1000;
  expect(axisLabels([minute, minute + 20, minute + 60], { of: 'timestamp' })).toEqual([
    '2026-01-02 03:04',
    '',
    '2026-01-02 03:05',
  ]);
});
