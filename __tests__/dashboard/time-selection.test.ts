import { selectByKey, selectedRange } from '../../lib/dashboard/browser/model/time-selection.ts';

const TIMES = Array.from({ length: 31 }, (_, i) => 100 + 2 * i);

/** Presses keys, the first at a chart in which nothing is selected. */
const press = (keys: readonly string[], times: readonly number[] = TIMES) =>
  keys.reduce<ReturnType<typeof selectByKey>>(
    (before, name) =>
      selectByKey(before, { key: name.replace('Shift+', ''), isExtending: name.startsWith('Shift+') }, times),
    undefined,
  );

test.each<[string[], number]>([
  [['ArrowLeft'], 158],
  [['ArrowRight'], 160],
  [['Home'], 100],
  [['Home', 'ArrowLeft'], 100],
  [['Home', 'ArrowRight', 'ArrowRight'], 104],
  [['PageDown'], 140],
  [['Home', 'PageUp'], 120],
  [['Home', 'End'], 160],
])('the keys %p move to a point', (keys, time) => {
  expect(press(keys)).toEqual({ time, anchor: undefined });
});

test('with Shift, keys select a range in either direction, from where they began', () => {
  expect(selectedRange(press(['Home', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight']))).toEqual({
    min: 102,
    max: 106,
  });
  expect(selectedRange(press(['Shift+ArrowLeft', 'Shift+Home']))).toEqual({ min: 100, max: 160 });
});

test('a point is no range, and a key without Shift gives up the range', () => {
  expect(selectedRange(undefined)).toBeUndefined();
  expect(selectedRange(press(['Home', 'Shift+ArrowLeft']))).toBeUndefined();
  expect(selectedRange(press(['Shift+ArrowLeft', 'ArrowLeft']))).toBeUndefined();
});

test('other keys, and keys in a chart without points, do nothing', () => {
  expect(press(['x'])).toBeUndefined();
  expect(press(['constructor'])).toBeUndefined();
  expect(press(['ArrowLeft'], [])).toBeUndefined();
});

test('a point that is no longer kept is the one next to it', () => {
  expect(selectByKey({ time: 104.4, anchor: undefined }, { key: 'ArrowRight', isExtending: false }, TIMES)).toEqual({
    time: 106,
    anchor: undefined,
  });
});
