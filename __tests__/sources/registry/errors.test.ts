import { createRegistry } from '../../../lib/sources/registry.ts';
import { seriesOf } from '../../support/registries.ts';

const help = 'h';

/** A registry as JavaScript sees it, whose calls are not checked by types. */
// biome-ignore lint/suspicious/noExplicitAny: JavaScript passes anything
const untyped = (...options: unknown[]): any => (createRegistry as (...given: unknown[]) => unknown)(...options);

const messageOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  throw new Error('it took these arguments');
};

test.each<[options: unknown, message: string]>([
  [null, 'options: expected an object of options, got null; write { labels: … }'],
  [{ label: {} }, 'options: expected the name of an option, got "label"; did you mean "labels"?'],
  [{ labels: ['a'] }, 'labels: expected an object of labels, got [ \'a\' ]; write { region: "eu" }'],
  [{ labels: { region: undefined } }, 'labels.region: expected a string, got undefined; write "…"'],
  [{ labels: { region: {} } }, 'labels.region: expected a string, got {}; write "…"'],
  [
    { labels: { le: 'x' } },
    'labels: expected a label name: letters, digits and _, and neither le nor quantile, got "le"; write "worker"',
  ],
])('createRegistry(%j) fails', (options, message) => {
  expect(messageOf(() => untyped(options))).toBe(`createRegistry: ${message}`);
});

const labelName = 'a label name: letters, digits and _, not __ first';

test.each<[method: string, options: unknown, message: string]>([
  ['counter', undefined, 'options: expected an object of options, got undefined; write { name: … }'],
  ['gauge', { help }, 'name: expected a metric name: letters, digits, _ and :, got undefined; write "messages_total"'],
  [
    'gauge',
    { name: 'a b', help },
    'name: expected a metric name: letters, digits, _ and :, got "a b"; write "messages_total"',
  ],
  [
    'gauge',
    { name: '', help },
    'name: expected a metric name: letters, digits, _ and :, got ""; write "messages_total"',
  ],
  ['counter', { name: 'c' }, 'help: expected a string, got undefined; write "…"'],
  [
    'counter',
    { name: 'c', help, label: [] },
    'options: expected the name of an option, got "label"; did you mean "labelNames"?',
  ],
  [
    'counter',
    { name: 'c', help, aggregator: 'max' },
    'options: expected the name of an option, got "aggregator"; write one of name, help, unit, labelNames, maxSeries, expireAfter, collect',
  ],
  [
    'gauge',
    { name: 'g', help, aggregator: 'average ' },
    'aggregator: expected "sum" or "first" or "min" or "max" or "average" or "omit", got "average "; write "average"',
  ],
  [
    'counter',
    { name: 'c', help, labelNames: 'queue' },
    'labelNames: expected a list of label names, got "queue"; write ["queue"]',
  ],
  [
    'counter',
    { name: 'c', help, labelNames: ['a', 'b-c'] },
    `labelNames[1]: expected ${labelName}, got "b-c"; write "queue"`,
  ],
  [
    'counter',
    { name: 'c', help, labelNames: ['__name__'] },
    `labelNames[0]: expected ${labelName}, got "__name__"; write "queue"`,
  ],
  [
    'counter',
    { name: 'c', help, labelNames: ['a', 'b', 'a'] },
    'labelNames[2]: expected each name once, got "a"; write another name',
  ],
  [
    'counter',
    { name: 'c', help, labelNames: ['q', 'region'] },
    'labelNames[1]: expected another name than a constant label of the registry, got "region"; write another name',
  ],
  [
    'histogram',
    { name: 'h', help, labelNames: ['le'] },
    'labelNames[0]: expected another name than the buckets\' label, got "le"; write another name',
  ],
  [
    'histogram',
    { name: 'h', help, buckets: 1 },
    'buckets: expected a list of upper bounds, got 1; write [0.1, 0.5, 1]',
  ],
  ['histogram', { name: 'h', help, buckets: [1, 3, 2] }, 'buckets[2]: expected more than 3, got 2; write [1, 2, 3]'],
  ['histogram', { name: 'h', help, buckets: [1, 1] }, 'buckets[1]: expected more than 1, got 1; write [1]'],
  [
    'histogram',
    { name: 'h', help, buckets: [1, Number.POSITIVE_INFINITY] },
    'buckets[1]: expected a finite number, got Infinity; write 0.5',
  ],
  ['histogram', { name: 'h', help, buckets: [Number.NaN] }, 'buckets[0]: expected a finite number, got NaN; write 0.5'],
  [
    'gauge',
    { name: 'g', help, maxSeries: 0 },
    'maxSeries: expected a positive integer, got 0; write a number such as 1000',
  ],
  [
    'gauge',
    { name: 'g', help, expireAfter: '1h' },
    'expireAfter: expected milliseconds, above 0 and at most 2147483647, got "1h"; write 3600000',
  ],
  ['gauge', { name: 'g', help, collect: 1 }, 'collect: expected a function, got 1; write (…) => …'],
])('%s(%j) fails', (method, options, message) => {
  const registry = untyped({ labels: { region: 'eu' } });
  expect(messageOf(() => registry[method](options))).toBe(`${method}: ${message}`);
});

test('labels that only histograms reserve may be those of others', async () => {
  const registry = createRegistry();
  registry.gauge({ name: 'g', help, labelNames: ['le', 'quantile'] }).set({ le: 1, quantile: 0.5 }, 2);
  expect(await seriesOf(registry)).toEqual({ 'g{le="1",quantile="0.5"}': 2 });
});

test.each([
  ['counter', 'counter', 'taken', 'taken'],
  ['counter', 'histogram', 'taken', 'taken'],
  ['histogram', 'gauge', 'h', 'h_sum'],
  ['gauge', 'histogram', 'h_count', 'h'],
  ['histogram', 'counter', 'h', 'h_bucket'],
  ['histogram', 'histogram', 'h', 'h_count'],
])('after %s, %s is not given a name that is taken', (first, second, name, other) => {
  const registry = untyped();
  registry[first]({ name, help });
  expect(messageOf(() => registry[second]({ name: other, help }))).toMatch(
    `${second}: name: expected a name that the registry does not have yet, got "`,
  );
  expect(() => registry.gauge({ name: 'free', help })).not.toThrow();
});

test("the registry's own counter is not to be created", () => {
  expect(messageOf(() => untyped().counter({ name: 'metrics_series_dropped_total', help }))).toBe(
    'counter: name: expected a name that the registry does not have yet, got "metrics_series_dropped_total"; write another name',
  );
});

test('a metric that could not be created takes no name', () => {
  const registry = untyped();
  expect(() => registry.counter({ name: 'c', help, maxSeries: -1 })).toThrow(TypeError);
  expect(() => registry.counter({ name: 'c', help })).not.toThrow();
});
