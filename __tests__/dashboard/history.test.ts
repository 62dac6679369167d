import {
  createHistory,
  createOutline,
  type History,
  markGap,
  rangeOf,
  record,
} from '../../lib/dashboard/browser/model/history.ts';

const at = (poll: number, limit = 100) => ({ poll, time: poll, limit });

function recorded(from: number, to: number, valueAt: (poll: number) => number | null = (poll) => poll): History {
  const history = createHistory(1);
  for (let poll = from; poll < to; poll++) record(history, at(poll), [valueAt(poll)]);
  return history;
}

const without = (poll: number) => (history: History) => history.times.filter((time) => time >= poll);

test('a history is bounded: old moments are downsampled, the first and the last stay', () => {
  const history = createHistory(1);
  let longest = 0;
  for (let i = 0; i < 10_000; i++) {
    record(history, at(i), [i]);
    longest = Math.max(longest, history.times.length);
  }
  expect(longest).toBeGreaterThan(90);
  expect(longest).toBeLessThanOrEqual(100);
  expect(history.columns[0]).toEqual(history.times);
  expect([history.times[0], history.times.at(-1), history.times.at(-2)]).toEqual([0, 9999, 9998]);
});

test('histories that started at different times keep the same moments, so that they can be drawn together', () => {
  for (const end of [120, 555, 1000, 4321]) {
    const old = recorded(0, end);
    for (const from of [7, 119]) expect(recorded(from, end).times).toEqual(without(from)(old));
  }
});

test('a history that was not polled for a while keeps the same moments as the others', () => {
  const partial = createHistory(1);
  for (let poll = 0; poll < 1000; poll++) if (poll < 130 || poll > 700) record(partial, at(poll), [poll]);
  const kept = new Set(recorded(0, 1000).times);
  expect(partial.times.filter((time) => !kept.has(time))).toEqual([]);
  expect(partial.times.length).toBeGreaterThan(60);
});

test('a gap is kept when moments are downsampled', () => {
  for (const gap of [1, 2, 3, 100, 501]) {
    const history = recorded(0, 5000, (poll) => (poll === gap ? null : poll));
    const [values = []] = history.columns;
    expect(values.filter((value) => value === null)).toHaveLength(1);
    // The gap is within the time of one remaining moment.
    expect(Math.abs(history.times[values.indexOf(null)]! - gap)).toBeLessThanOrEqual(5000 / 25 + 64);
    expect(values.indexOf(null)).toBeGreaterThan(0);
  }
});

test('alternating values and gaps do not become gaps only', () => {
  const [values = []] = recorded(0, 5000, (poll) => (poll % 2 === 0 ? poll : null)).columns;
  expect(values.slice(0, 20).filter((value) => value !== null).length).toBeGreaterThanOrEqual(10);
});

test('several failures in a row leave one gap', () => {
  const history = createHistory(2);
  markGap(history, at(0));
  record(history, at(1), [1, 2]);
  for (let i = 2; i < 5; i++) markGap(history, at(i));
  expect(history).toEqual({
    polls: [1, 2],
    times: [1, 2],
    columns: [
      [1, null],
      [2, null],
    ],
  });
});

test('infinities become gaps', () => {
  const history = createHistory(1);
  record(history, at(0), [Infinity]);
  expect(history.columns).toEqual([[null]]);
});

test('the range ignores gaps', () => {
  expect(rangeOf([null, 3, 1, null])).toEqual({ min: 1, max: 3, last: null });
  expect(rangeOf([null])).toBeUndefined();
});

describe('the outline of a history', () => {
  test('equals a history with few moments', () => {
    const { times, columns } = recorded(0, 40, (poll) => (poll === 7 ? null : poll));
    expect(createOutline({ polls: times, times, columns }, 0, 80)).toEqual({ times, values: columns[0] });
  });

  test('has few moments, including the first, the last and every peak', () => {
    const { times, columns } = recorded(0, 95, (poll) => (poll === 31 ? 1000 : poll === 50 ? null : poll % 5));
    const { times: drawn, values } = createOutline({ polls: times, times, columns }, 0, 20);
    expect(drawn.length).toBeLessThan(40);
    expect([drawn[0], drawn.at(-1)]).toEqual([0, 94]);
    expect(values[drawn.indexOf(31)]).toBe(1000);
    expect(values[drawn.indexOf(50)]).toBeNull();
    expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
  });

  test('of an empty history is empty', () => {
    expect(createOutline(createHistory(1), 0, 80)).toEqual({ times: [], values: [] });
    expect(createOutline(createHistory(0), 3, 80)).toEqual({ times: [], values: [] });
  });
});
