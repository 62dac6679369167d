import { tabTitle } from '../../lib/dashboard/browser/model/tab-title.ts';
import { thresholdsByName } from '../../lib/dashboard/browser/model/thresholds.ts';
import { firstScreenNames, firstScreenOf } from '../../lib/dashboard/browser/worker/first-screen.ts';
import { Store } from '../../lib/dashboard/browser/worker/store.ts';

const request = (route: string, status_code: string, count: number, slow: number) => ({
  route,
  status_code,
  '@': {
    count,
    sum: count,
    bucket: [
      [0.1, count - slow],
      [1, count],
    ],
  },
});

const gauge = (value: number) => ({ type: 'gauge', value });
const histogram = (value: unknown) => ({ type: 'histogram', value });

const SERVICE = {
  http_request_duration_seconds: histogram([
    request('/fast', '200', 90, 0),
    request('/fast', '500', 10, 0),
    request('/slow', '200', 20, 20),
    request('/idle', '500', 0, 0),
  ]),
  http_requests_in_flight: { type: 'gauge', value: { method: { GET: 3, POST: 1 } } },
  nodejs_eventloop_delay_seconds: histogram({
    count: 100,
    sum: 1,
    bucket: [
      [0.01, 10],
      [0.3, 100],
    ],
  }),
  process_resident_memory_bytes: gauge(95),
  process_memory_limit_bytes: gauge(100),
  other: gauge(1),
};

const START = {
  ...SERVICE,
  http_request_duration_seconds: histogram(
    ['/fast 200', '/fast 500', '/slow 200', '/idle 500'].map((key) => {
      const [route = '', status = ''] = key.split(' ');
      return request(route, status, 0, 0);
    }),
  ),
  nodejs_eventloop_delay_seconds: histogram({
    count: 0,
    sum: 0,
    bucket: [
      [0.01, 0],
      [0.3, 0],
    ],
  }),
};

/** Returns the families after these documents, ten seconds apart. */
function polled(...documents: readonly object[]) {
  const store = new Store();
  for (const [i, document] of documents.entries())
    store.addPoll(document, undefined, { time: 1000 + 10 * i, clock: 10 * i });
  return store.families;
}

test('the first screen shows rate, errors, duration, requests in flight, delay and memory', () => {
  const { tiles } = firstScreenOf(polled(START, SERVICE), thresholdsByName([]));
  expect(tiles.map(({ label, value, note, isAbove }) => [label, value, note, isAbove])).toEqual([
    ['Requests', 12, '', false],
    ['Errors', 10 / 120, '', true],
    ['Duration', expect.closeTo(0.73), 'p95 of 120', false],
    ['In flight', 4, '', false],
    ['Event-loop delay', expect.closeTo(0.284), 'p95 of 100', true],
    ['Memory', 95, '95 % of 100 B', true],
  ]);
});

test('the share of errors has a line, after more polls too', () => {
  const errorsOf = (...documents: object[]) => {
    const { tiles } = firstScreenOf(polled(...documents), new Map());
    const { times, values } = tiles.find(({ label }) => label === 'Errors')!;
    return { times, values };
  };
  expect(errorsOf(START, SERVICE)).toEqual({ times: [1000, 1010], values: [null, 10 / 120] });
  expect(errorsOf(START, SERVICE, SERVICE).values.at(-1)).toBe(10 / 120);
});

test('the first screen lists the slowest and the most failing routes, and none without requests', () => {
  const { slowest, failing } = firstScreenOf(polled(START, SERVICE), thresholdsByName([]));
  expect(slowest.map(({ route, value, note }) => [route, value, note])).toEqual([
    ['/slow', expect.closeTo(0.955), 'of 20'],
    ['/fast', expect.closeTo(0.095), 'of 100'],
  ]);
  expect(failing.map(({ family, label, route, value, isAbove }) => [family, label, route, value, isAbove])).toEqual([
    ['http_request_duration_seconds', 'route', '/fast', 0.1, true],
  ]);
});

test('a service without such metrics has no first screen', () => {
  const families = polled({ other: gauge(1), http_request_duration_seconds: gauge(1) });
  expect(firstScreenOf(families, new Map())).toEqual({ tiles: [], slowest: [], failing: [] });
});

test('memory is not compared with a limit that is missing', () => {
  const families = polled({ process_resident_memory_bytes: gauge(95), process_memory_limit_bytes: gauge(0) });
  expect(firstScreenOf(families, new Map()).tiles).toMatchObject([{ label: 'Memory', note: '', isAbove: false }]);
});

test('the families of the first screen are those that exist', () => {
  expect(firstScreenNames(polled(SERVICE))).toEqual([
    'http_request_duration_seconds',
    'http_requests_in_flight',
    'nodejs_eventloop_delay_seconds',
    'process_resident_memory_bytes',
    'process_memory_limit_bytes',
  ]);
  expect(firstScreenNames(polled({ other: gauge(1) }))).toEqual([]);
});

test('a threshold replaces the usual one of the same name', () => {
  const limits = thresholdsByName([{ name: 'nodejs_eventloop_delay_seconds', above: 2 }]);
  const { tiles } = firstScreenOf(polled(START, SERVICE), limits);
  expect(tiles.find(({ label }) => label === 'Event-loop delay')?.isAbove).toBe(false);
  expect(limits.get('nodejs_eventloop_utilization')).toBe(0.9);
});

test('a count since the start is not compared with a threshold', () => {
  const limits = thresholdsByName([{ name: 'http_request_duration_seconds', above: 0.5 }]);
  const durationAfter = (...documents: object[]) =>
    firstScreenOf(polled(...documents), limits).tiles.find(({ label }) => label === 'Duration');
  expect(durationAfter(SERVICE)).toMatchObject({ value: 120, note: 'since start', isAbove: false });
  expect(durationAfter(START, SERVICE)).toMatchObject({ note: 'p95 of 120', isAbove: true });
});

test.each([
  ['', 0, 'Mail'],
  ['queue_depth', 0, 'queue_depth · Mail'],
  ['', 2, '▲ 2 · Mail'],
  ['queue_depth', 1, '▲ 1 · queue_depth · Mail'],
])('the title of the tab with %j open and %d above thresholds', (open, above, title) => {
  expect(tabTitle('Mail', open, { above, isLost: false })).toBe(title);
});

test('the title of the tab does not count thresholds while the server is lost', () => {
  expect(tabTitle('Mail', 'queue_depth', { above: 3, isLost: true })).toBe('Server lost · queue_depth · Mail');
});

test('event-loop utilization stands in for a delay that is not measured', () => {
  const utilization = { nodejs_eventloop_utilization: gauge(0.95) };
  const labelsOf = (document: object) => {
    const { tiles } = firstScreenOf(polled(document), thresholdsByName([]));
    return tiles.map(({ label, value, isAbove }) => [label, value, isAbove]);
  };
  expect(labelsOf(utilization)).toEqual([['Event-loop utilization', 0.95, true]]);
  expect(firstScreenNames(polled(utilization))).toEqual(['nodejs_eventloop_utilization']);
  const delay = { nodejs_eventloop_lag_seconds: gauge(0.01) };
  expect(labelsOf({ ...utilization, ...delay })).toEqual([['Event-loop delay', 0.01, false]]);
});
