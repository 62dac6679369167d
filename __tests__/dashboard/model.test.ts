import type { MetricType } from '../../lib/dashboard/browser/model/document.ts';
import { duration, exact, format, percent } from '../../lib/dashboard/browser/model/format.ts';
import { groupByPrefix } from '../../lib/dashboard/browser/model/groups.ts';
import { documentUrl, fullPollDelay, nextDelay } from '../../lib/dashboard/browser/model/poll-policy.ts';
import { createFilter, createSearch, exactFilter, filterText } from '../../lib/dashboard/browser/model/search.ts';
import { estimatedBy, perSecond, unitOf as unitOfFamily } from '../../lib/dashboard/browser/model/units.ts';
import { readHash, type ViewState, writeHash } from '../../lib/dashboard/browser/model/url-state.ts';

const unitOf = (name: string, type: MetricType, help = '', statedUnit = '') =>
  unitOfFamily({ name, type, help, statedUnit });

describe('a number is formatted in the unit of its name', () => {
  test.each<[string, number | null, string]>([
    ['a', 0, '0'],
    ['a', -1234, '−1,234'],
    ['a', 12_345, '12.3 k'],
    ['a', 0.123456, '0.123'],
    ['a', 1e-9, '1.00e-9'],
    ['a', 1.5e15, '1,500 T'],
    ['a', null, '–'],
    ['a', NaN, '–'],
    ['a', Infinity, '+∞'],
    ['a', -Infinity, '−∞'],
    ['a_seconds', 0.00125, '1.25 ms'],
    ['a_seconds', 90, '90 s'],
    ['a_seconds', 5400, '90 min'],
    ['a_seconds', 10_800, '3 h'],
    ['a_seconds', -259_200, '−3 d'],
    ['a_milliseconds', 1500, '1.5 s'],
    ['a_bytes', 1_572_864, '1.5 MiB'],
    ['a_bytes', 0, '0 B'],
    ['a_kib', 3, '3 KiB'],
    ['a_volts', 3.3, '3.3 V'],
    ['a_ratio', 0.256, '25.6 %'],
    ['a_percent', 3, '3 %'],
    ['a_celsius', 21.5, '21.5 °C'],
    ['response_time_seconds', 0.25, '250 ms'],
    ['response_time_seconds', 0, '0 s'],
    ['start_time_seconds', new Date(2026, 0, 2, 3, 4).getTime() / 1000, '2026-01-02 03:04'],
    ['start_time_seconds', 1e300, '1.00e+300'],
  ])('%s %d', (name, value, text) => {
    expect(format(value, unitOf(name, 'gauge'))).toBe(text);
  });

  test("a counter's rate is formatted per second", () => {
    expect(format(2048, perSecond(unitOf('sent_bytes_total', 'counter')))).toBe('2 KiB/s');
    expect(format(0.05, perSecond(unitOf('cpu_seconds_total', 'counter')))).toBe('50 ms/s');
  });

  test.each<[number | null, string]>([
    [0.0004, '≤ 500 µs'],
    [0.0005, '≤ 500 µs'],
    [0.00205, '≈ 2 ms'],
    [0.163, '≈ 200 ms'],
    // Rounding does not leave the bucket.
    [0.74, '≈ 700 ms'],
    [0.251, '≈ 300 ms'],
    [1, '≥ 1 s'],
    [null, '–'],
  ])('the quantile %d has only the digits that its bucket supports', (value, text) => {
    const bounds = [0.0005, 0.001, 0.0025, 0.1, 0.25, 1];
    expect(format(value, estimatedBy({ of: 'seconds' }, bounds))).toBe(text);
  });

  test('a quantile stays within its bucket when it is rounded', () => {
    expect(format(1.4, estimatedBy({ of: 'number' }, [1.3, 1.45, 1.5]))).toBe('≈ 1.4');
    expect(format(14, estimatedBy({ of: 'number' }, [13, 14.5, 25, 40]))).toBe('≈ 14');
    expect(format(26, estimatedBy({ of: 'number' }, [13, 25, 45]))).toBe('≈ 30');
    expect(format(13.2, estimatedBy({ of: 'number' }, [1, 13, 25, 45]))).toBe('≈ 13');
  });

  test.each([
    [undefined, '–'],
    [2, '2'],
  ])('without a unit, %s is formatted as %s', (value, text) => {
    expect(format(value)).toBe(text);
  });

  test.each([
    [1_234_567.25, '1,234,567.25'],
    [null, '–'],
  ])('with all digits, %d is formatted as %s', (value, text) => {
    expect(exact(value)).toBe(text);
  });

  test.each([
    [0.125, '12.5 %'],
    [1e-6, '0.0001 %'],
    [1.234e-9, '0.000000123 %'],
    [null, '–'],
  ])('as a percentage, %d is formatted as %s', (value, text) => {
    expect(percent(value)).toBe(text);
  });

  test.each([
    [0, '0 s'],
    [119, '119 s'],
    [180, '3 min'],
    [7200, '2 h'],
    [5 * 86_400, '5 d'],
  ])('as a duration, %d seconds are formatted as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  test('a point in time is a date for a gauge, and a duration otherwise', () => {
    expect(unitOf('process_start_time_seconds', 'gauge').of).toBe('timestamp');
    expect(unitOf('wait_time_seconds', 'histogram').of).toBe('seconds');
  });
});

describe('without a unit in the name, the unit is that of the help', () => {
  test.each<[string, string, number, string]>([
    ['memory_limit', 'soft memory limit measured in bytes', 2048, '2 KiB'],
    ['memory_usage', 'number of bytes of used memory', 2048, '2 KiB'],
    ['wait', 'Time in the queue (milliseconds)', 1500, '1.5 s'],
    ['latency', 'How long a call takes, in seconds.', 0.2, '200 ms'],
    ['load', 'CPU load in percent', 3, '3 %'],
    ['sizes', 'Number of messages by size in bytes', 2048, '2,048'],
    ['settings', 'Changes in secondsary settings', 2048, '2,048'],
    ['wait_seconds', 'Time in milliseconds', 2, '2 s'],
    ['toString', 'measured in constructor', 2, '2'],
  ])('%s: %s', (name, help, value, text) => {
    expect(format(value, unitOf(name, 'gauge', help))).toBe(text);
  });
});

describe('the unit that a family states comes before those of its name and help', () => {
  test.each<[string, string, number, string]>([
    ['bytes', 'wait_seconds', 2048, '2 KiB'],
    ['milliseconds', 'wait', 1500, '1.5 s'],
    ['ms', 'wait', 1500, '1.5 s'],
    ['s', 'wait', 0.2, '200 ms'],
    ['By', 'size', 2048, '2 KiB'],
    ['MiBy', 'size', 1, '1 MiB'],
    ['%', 'load', 3, '3 %'],
    ['bytes_per_second', 'speed', 2048, '2 KiB/s'],
    ['By/s', 'speed', 2048, '2 KiB/s'],
    // A unit that is not known is no unit of the name or help either.
    ['messages', 'size_in_bytes', 2048, '2,048'],
    ['constructor', 'size_in_bytes', 2048, '2,048'],
    // Counts and shares have the unit 1.
    ['1', 'cpu_ratio', 0.5, '50 %'],
    ['', 'size_in_bytes', 2048, '2 KiB'],
    ['seconds', 'start_time_seconds', new Date(2026, 0, 2, 3, 4).getTime() / 1000, '2026-01-02 03:04'],
    ['milliseconds', 'start_time_seconds', 1500, '1.5 s'],
  ])('%s: %s', (statedUnit, name, value, text) => {
    expect(format(value, unitOf(name, 'gauge', 'in bytes', statedUnit))).toBe(text);
  });
});

describe('groups', () => {
  const grouped = (...names: string[]) =>
    groupByPrefix(names.map((name) => ({ name }))).map(({ prefix, families }) => [
      prefix,
      families.map(({ name }) => name),
    ]);

  test('have a common prefix; single families come first, those of the runtime last', () => {
    expect(grouped('process_cpu', 'queue_depth', 'http_b', 'http_a', 'up')).toEqual([
      ['', ['queue_depth', 'up']],
      ['http_', ['http_a', 'http_b']],
      ['process_', ['process_cpu']],
    ]);
  });

  test('of the runtime come last, even with a single family', () => {
    expect(grouped('process_a', 'b_x', 'b_y', 'a_x', 'a_y', 'nodejs_a', 'nodejs_b')).toEqual([
      ['a_', ['a_x', 'a_y']],
      ['b_', ['b_x', 'b_y']],
      ['nodejs_', ['nodejs_a', 'nodejs_b']],
      ['process_', ['process_a']],
    ]);
  });

  test('are found in linear time for long names', () => {
    const name = 'a'.repeat(10_000);
    const replace = jest.spyOn(RegExp.prototype, Symbol.replace as never);
    const groups = grouped(`${name}_${name}1`, `${name}_${name}2`);
    expect(replace).not.toHaveBeenCalled();
    replace.mockRestore();
    expect(groups).toEqual([[`${name}_`, [`${name}_${name}1`, `${name}_${name}2`]]]);
  });

  test('list families by the numbers in their names', () => {
    expect(grouped('q_10', 'q_9', 'alone10', 'alone9')).toEqual([
      ['', ['alone9', 'alone10']],
      ['q_', ['q_9', 'q_10']],
    ]);
  });

  test('are named by the longest common prefix', () => {
    expect(grouped('a_b_c', 'a_b_d', 'x:y:1', 'x:y:2')).toEqual([
      ['a_b_', ['a_b_c', 'a_b_d']],
      ['x:y:', ['x:y:1', 'x:y:2']],
    ]);
  });
});

describe('a search', () => {
  const family = {
    name: 'queue_depth',
    help: 'Messages waiting',
    type: 'gauge',
    series: [{ labels: ['domain', 'Example.com'] }],
  };

  test.each([
    ['', {}],
    ['DEPTH', {}],
    ['waiting', {}],
    ['gauge', {}],
    ['domain', { label: ['domain', 'Example.com'] }],
    ['example depth', { label: ['domain', 'Example.com'] }],
    ['depth nothing', undefined],
    ['domain=Example.com', { label: ['domain', 'Example.com'] }],
    ['domain=other', undefined],
  ])('for %j', (text, match) => {
    expect(createSearch(text)(family)).toEqual(match);
  });

  test.each([
    [{}, true],
    [{ a: 'ON' }, true],
    [{ a: 'one', b: 'two' }, true],
    [{ a: 'two' }, false],
    [{ c: 'x' }, false],
    [{ a: exactFilter('one') }, true],
    [{ a: exactFilter('on') }, false],
    [{ a: exactFilter('ONE') }, false],
    [{ a: exactFilter('') }, false],
    [{ c: exactFilter('') }, true],
    [{ constructor: '' }, false],
  ])('a filter %j', (filter, passes) => {
    expect(createFilter(filter as Record<string, string>)(['a', 'one', 'b', 'two'])).toBe(passes);
  });
});

test('a label may have the name of a member of Object.prototype', () => {
  expect(filterText({}, 'constructor')).toBe('');
  expect(filterText(readHash('#label.constructor=a', 5).filter, 'constructor')).toBe('a');
});

describe('polling', () => {
  const usual = { interval: 2000, isHidden: false, failures: 0, lastPollDuration: 50, isPartNext: false };

  test.each([
    ['at its interval', {}, 2000],
    ['less often when documents take long', { lastPollDuration: 1000 }, 3000],
    ['at its interval after the whole of a large document', { lastPollDuration: 9000, isPartNext: true }, 11_000],
    ['once a minute while hidden', { isHidden: true }, 60_000],
    ['soon after a failure', { failures: 1 }, 1000],
    ['later after more', { failures: 4 }, 8000],
    ['at last every 30 s', { failures: 50 }, 30_000],
    ['once a minute while hidden and lost', { failures: 1, isHidden: true }, 60_000],
  ])('%s', (_what, change, delay) => {
    expect(nextDelay({ ...usual, ...change })).toBe(delay);
  });

  test('requests the whole of a large document once a minute, and less often when it takes long', () => {
    expect([fullPollDelay(500), fullPollDelay(5000)]).toEqual([60_000, 100_000]);
  });

  test('requests at most 100 names, each once, in a URL of at most 8,000 characters', () => {
    const names = Array.from({ length: 500 }, (_, i) => `name_${i % 250}`);
    expect(new URL(documentUrl('http://a/m.json', names)).searchParams.getAll('name[]')).toEqual(names.slice(0, 100));
    const long = Array.from({ length: 100 }, (_, i) => `${i}${'ä'.repeat(200)}`);
    expect(documentUrl('http://a/m.json', long).length).toBeLessThanOrEqual(8000);
    expect(documentUrl('http://a/m.json', [])).toBe('http://a/m.json');
  });
});

describe('the state in the URL', () => {
  const state: ViewState = {
    search: 'a & b',
    pins: ['x', 'ü_"<'],
    interval: 7,
    theme: 'dark',
    isPaused: true,
    open: 'a_total',
    compare: 'b_&total',
    filter: { 'a=b&': 'c#d' },
    order: 'value',
    group: '*',
    window: 300,
    folded: ['', 'a_'],
  };

  test('is restored from the URL', () => {
    expect(readHash(writeHash(state, 5), 5)).toEqual(state);
  });

  test('is empty for the default state', () => {
    expect(writeHash(readHash('', 5), 5)).toBe('');
  });

  test.each([
    'interval=0',
    'interval=61',
    'interval=1.5',
    'interval=x',
    'theme=red',
    'order=name',
    'window=31',
    '%',
    'label.a=',
  ])('#%s is as if it were not there', (hash) => {
    expect(writeHash(readHash(`#${hash}`, 5), 5)).toBe('');
  });

  test('a label may be named __proto__', () => {
    expect(Object.entries(readHash('#label.__proto__=a', 5).filter)).toEqual([['__proto__', 'a']]);
  });
});
