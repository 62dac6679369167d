import { createRegistry } from '../../../lib/sources/registry.ts';
import { seriesOf } from '../../support/registries.ts';

const help = 'h';

const messageOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  throw new Error('it took these arguments');
};

const fail = (): never => {
  throw new Error('it has no text');
};

// biome-ignore lint/suspicious/noExplicitAny: JavaScript passes anything
type Wrong = [title: string, use: (metrics: any) => unknown, message: string];

const values = '{ a: "…", b: "…" }';

test.each<Wrong>([
  [
    'an unknown label',
    (m) => m.one.inc({ aa: 1 }),
    'one: labels: expected the name of a label, got "aa"; did you mean "a"?',
  ],
  [
    'one label too many',
    (m) => m.one.inc({ a: 1, x: 1 }),
    'one: labels: expected the name of a label, got "x"; write one of a',
  ],
  [
    'an unknown label of an existing series',
    (m) => [m.one.inc({ a: 1 }), m.one.inc({ a: 1, b: 2 })],
    'one: labels: expected the name of a label, got "b"; write one of a',
  ],
  ['no label', (m) => m.one.inc({}), 'one: labels: expected a value for "a", got none for "a"; write { a: "…" }'],
  [
    'a missing label',
    (m) => m.two.set({ b: 1 }, 1),
    `two: labels: expected a value for "a" and "b", got none for "a"; write ${values}`,
  ],
  [
    'another label in its place',
    (m) => m.two.set({ b: 1, c: 1 }, 1),
    'two: labels: expected the name of a label, got "c"; write one of a, b',
  ],
  ['no labels', (m) => m.two.set(3), `two: labels: expected a value for "a" and "b", got 3; write ${values}`],
  ['no arguments', (m) => m.two.inc(), `two: labels: expected a value for "a" and "b", got undefined; write ${values}`],
  [
    'labels where there are none',
    (m) => m.none.observe({ a: 1 }, 1),
    'none: labels: expected no labels, got "a"; write nothing in its place',
  ],
  ['a symbol', (m) => m.one.inc({ a: Symbol('x') }), 'one: labels.a: expected a string, got Symbol(x); write "…"'],
  [
    'an object that has no text',
    (m) => m.one.inc({ a: Object.create(null) }),
    'one: labels.a: expected a string, got [Object: null prototype] {}; write "…"',
  ],
  [
    'an object whose text fails, for a handle',
    (m) => m.two.labels({ a: 1, b: { toString: () => fail() } }),
    'two: labels.b: expected a string, got [Object]; write "…"',
  ],
  [
    'a label that every object inherits, and an unknown one',
    (m) => m.inherited.set({ b: 1, z: 1 }, 1),
    'inherited: labels: expected the name of a label, got "z"; write one of constructor, b',
  ],
  [
    'an inherited label in place of the only one',
    (m) => m.only.set({ x: 1 }, 1),
    'only: labels: expected the name of a label, got "x"; write one of toString',
  ],
  [
    'no value for a label that every object inherits',
    (m) => m.inherited.set({ b: 1 }, 1),
    'inherited: labels: expected a value for "constructor" and "b", got none for "constructor"; write { constructor: "…", b: "…" }',
  ],
  [
    'an unknown label of a handle',
    (m) => m.two.labels({ a: 1, c: 1 }),
    'two: labels: expected the name of a label, got "c"; write one of a, b',
  ],
  [
    'too few values of a handle',
    (m) => m.two.labels('x'),
    `two: labels: expected a value for "a" and "b", got "x"; write ${values}`,
  ],
  [
    'an unknown label to remove',
    (m) => m.one.remove({ b: 1 }),
    'one: labels: expected the name of a label, got "b"; write one of a',
  ],
  [
    'a counter that decreases',
    (m) => m.one.inc({ a: 1 }, -1),
    'one: inc: expected a finite number of at least 0, got -1; write 1',
  ],
  [
    'a counter that is not a number',
    (m) => m.one.labels('x').inc(Number.NaN),
    'one: inc: expected a finite number of at least 0, got NaN; write 1',
  ],
  [
    'an infinite counter',
    (m) => m.one.inc({ a: 1 }, Number.POSITIVE_INFINITY),
    'one: inc: expected a finite number of at least 0, got Infinity; write 1',
  ],
  [
    'a counter with a string',
    (m) => m.one.inc({ a: 1 }, '2'),
    'one: inc: expected a finite number of at least 0, got "2"; write 1',
  ],
  ['a gauge with a string', (m) => m.two.set({ a: 1, b: 1 }, '2'), 'two: set: expected a number, got "2"; write 1'],
  ['a gauge without a number', (m) => m.two.set({ a: 1, b: 1 }), 'two: set: expected a number, got undefined; write 1'],
  ['a gauge with null', (m) => m.two.labels(1, 2).dec(null), 'two: dec: expected a number, got null; write 1'],
  [
    'a histogram that is not a number',
    (m) => m.none.observe(Number.NaN),
    'none: observe: expected a finite number, got NaN; write 0.1',
  ],
  [
    'a histogram without a number',
    (m) => m.none.observe(),
    'none: observe: expected a finite number, got undefined; write 0.1',
  ],
  [
    'an exemplar that is no object',
    (m) => m.one.inc({ a: 1 }, 1, 'xx'),
    'one: inc: exemplar: expected an object of labels, got "xx"; write { trace_id: "…" }',
  ],
  [
    'an exemplar of a handle that is null',
    (m) => m.one.labels('1').inc(1, null),
    'one: inc: exemplar: expected an object of labels, got null; write { trace_id: "…" }',
  ],
  [
    'an exemplar whose label has no valid name',
    (m) => m.none.observe(1, { 'trace-id': 'x' }),
    'none: observe: exemplar: expected a label name: letters, digits and _, got "trace-id"; write { trace_id: "…" }',
  ],
  [
    'an exemplar of a handle that is too long',
    (m) => m.none.labels().observe(1, { trace_id: 'é'.repeat(121) }),
    'none: observe: exemplar: expected names and values of at most 128 characters together, got 129; write { trace_id: "…" }',
  ],
  [
    "an exemplar whose label's value has no text",
    (m) => m.timed.observe({ a: 1, b: 1 }, 1, { trace_id: Symbol('x') }),
    'timed: observe: exemplar.trace_id: expected a string, got Symbol(x); write "…"',
  ],
  [
    'a timer whose exemplar is an array',
    (m) => m.none.startTimer()(undefined, []),
    'none: observe: exemplar: expected an object of labels, got []; write { trace_id: "…" }',
  ],
  [
    'a timer that lacks a label',
    (m) => m.timed.startTimer({ a: 1 })(),
    'timed: labels: expected a value for "a" and "b", got none for "b"; write { a: "…", b: "…" }',
  ],
])('%s is an error, and creates no series', async (_, use, message) => {
  const registry = createRegistry();
  const metrics = {
    none: registry.histogram({ name: 'none', help, buckets: [] }),
    one: registry.counter({ name: 'one', help, labelNames: ['a'] }),
    two: registry.gauge({ name: 'two', help, labelNames: ['a', 'b'] }),
    inherited: registry.gauge({ name: 'inherited', help, labelNames: ['constructor', 'b'] }),
    only: registry.gauge({ name: 'only', help, labelNames: ['toString'] }),
    timed: registry.histogram({ name: 'timed', help, labelNames: ['a', 'b'] }),
  };
  expect(messageOf(() => use(metrics))).toBe(message);
  metrics.one.remove({ a: 1 });
  expect(await seriesOf(registry)).toEqual({ none: { count: 0, sum: 0, bounds: [], cumulativeCounts: [] } });
});
