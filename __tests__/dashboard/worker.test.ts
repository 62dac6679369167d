import { readHash, type ViewState } from '../../lib/dashboard/browser/model/url-state.ts';
import type { ViewRequest, ViewUpdate } from '../../lib/dashboard/browser/protocol.ts';

// Runs the worker as in a browser, with a fake clock, network and page.

const URL_OF_DOCUMENT = 'http://a/metrics.json';
const state = readHash('', 5);
const usual: ViewRequest = {
  url: URL_OF_DOCUMENT,
  state,
  isHidden: false,
  onScreen: [],
  from: 0,
  to: 0,
  refreshCount: 0,
  holdsRows: false,
  settings: { rollups: true, thresholds: [], history: '' },
};

/** Starts a worker. Its document has a family of each name; the server is unreachable while `page.names` is undefined. */
async function start(names: readonly string[], { size = 0 } = {}) {
  const page = { names: names as readonly string[] | undefined, requested: [] as string[], seen: [] as ViewUpdate[] };
  const answer = (url: URL) => {
    if (page.names === undefined) throw new TypeError('Failed to fetch');
    const wanted = url.searchParams.getAll('name[]');
    const families = page.names.filter((name) => wanted.length === 0 || wanted.includes(name));
    const help = wanted.length === 0 ? 'x'.repeat(size) : '';
    return Response.json(Object.fromEntries(families.map((name) => [name, { type: 'gauge', help, value: 1 }])));
  };
  const self: { onmessage?: (event: { data: ViewRequest }) => void; postMessage(seen: ViewUpdate): void } = {
    postMessage: (seen) => void page.seen.push(seen),
  };
  Object.assign(globalThis, {
    self,
    fetch: async (url: string) => {
      page.requested.push(url.slice(URL_OF_DOCUMENT.length));
      return answer(new URL(url));
    },
  });
  await jest.isolateModulesAsync(async () => {
    await import('../../lib/dashboard/browser/worker.ts');
  });
  return { page, requestView: (view: Partial<ViewRequest>) => self.onmessage?.({ data: { ...usual, ...view } }) };
}

const { fetch } = globalThis;
beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  Object.assign(globalThis, { fetch });
});

/** Advances the clock by a number of intervals of 5 s. */
const intervals = (count: number) => jest.advanceTimersByTimeAsync(count * 5000);

test('the whole of a large document is requested again after a minute, to find new families and drop old ones', async () => {
  const { page, requestView } = await start(['a', 'b'], { size: 1_000_000 });
  requestView({});
  await intervals(0.5);
  requestView({ onScreen: ['b'] });
  await intervals(3);
  expect(new Set(page.requested)).toEqual(new Set(['', '?name[]=b']));
  page.names = ['b', 'c'];
  const parts = page.requested.length;
  await intervals(12);
  expect(page.requested.slice(parts).filter((url) => url === '')).toHaveLength(1);
  const { catalogue } = page.seen.filter((seen) => seen.catalogue !== undefined).at(-1)!;
  expect(catalogue?.groups.flatMap(({ families }) => families.map(({ name }) => name))).toEqual(['b', 'c']);
});

test('the first part of a large document follows after an interval, however long the whole has taken', async () => {
  const { page, requestView } = await start(['a'], { size: 1_000_000 });
  const { fetch: answer } = globalThis;
  Object.assign(globalThis, {
    fetch: async (url: string) => {
      if (!url.includes('?')) await new Promise((resolve) => setTimeout(resolve, 8000));
      return answer(url);
    },
  });
  requestView({ onScreen: ['a'] });
  await jest.advanceTimersByTimeAsync(12_900);
  expect(page.requested).toEqual(['']);
  await jest.advanceTimersByTimeAsync(200);
  expect(page.requested).toEqual(['', '?name[]=a']);
});

test('a small document is always requested as a whole', async () => {
  const { page, requestView } = await start(['a', 'b']);
  requestView({ onScreen: ['b'] });
  await intervals(3.5);
  expect(page.requested).toEqual(['', '', '', '']);
});

test('an unreachable server is noticed even with nothing on screen', async () => {
  const { page, requestView } = await start(['a', 'b'], { size: 1_000_000 });
  requestView({});
  await intervals(2.5);
  expect(page.requested).toEqual(['', '?name[]=a', '?name[]=a']);
  page.names = undefined;
  await intervals(1);
  requestView({ onScreen: ['a'] });
  const { status, rows } = page.seen.at(-1)!;
  expect(status).toMatchObject({ state: 'lost', problem: 'it cannot be reached' });
  // A gap in the line.
  expect(rows[0]?.values).toEqual([1, 1, 1, null]);
});

test('while paused, it polls only when asked to refresh', async () => {
  const { page, requestView } = await start(['a']);
  requestView({});
  await intervals(0.5);
  const paused = { ...state, isPaused: true };
  requestView({ state: paused });
  page.names = undefined;
  await intervals(3);
  expect(page.requested).toHaveLength(1);
  requestView({ state: paused, refreshCount: 1 });
  await intervals(3);
  expect(page.requested).toHaveLength(2);
  expect(page.seen.at(-1)?.status.state).toBe('lost');
});

test('rates use the time between the first bytes of documents, not the time to read them', async () => {
  const { page, requestView } = await start(['a']);
  let counted = 0;
  Object.assign(globalThis, {
    fetch: async () => {
      counted += 500;
      const text = JSON.stringify({ a: { type: 'counter', value: counted } });
      // The first document takes 4 s to arrive.
      return { ok: true, text: () => new Promise((come) => setTimeout(come, counted === 500 ? 4000 : 0, text)) };
    },
  });
  requestView({ onScreen: ['a'] });
  await jest.advanceTimersByTimeAsync(13_000);
  // The second is requested 12 s after the first: polls take at most a third of the time.
  expect(page.seen.at(-1)?.rows[0]?.value).toBeCloseTo(500 / 12);
});

test('the open family is sent in detail, after another filter, a failed poll and for another family', async () => {
  const { page, requestView } = await start([]);
  let document: object | undefined = {
    a: { type: 'gauge', value: { q: { x: 1, y: 2 } } },
    b: { type: 'gauge', value: 3 },
  };
  Object.assign(globalThis, {
    fetch: async () => {
      if (document === undefined) throw new TypeError('Failed to fetch');
      return Response.json(document);
    },
  });
  const show = (view: Partial<ViewState>) => requestView({ state: { ...state, ...view } });
  const detail = () => page.seen.at(-1)!.detail;

  show({ open: 'a' });
  await intervals(0.5);
  expect(detail()).toMatchObject({ name: 'a', table: { matching: 2 } });
  show({ open: 'a', filter: { q: '=y' } });
  expect(detail()).toMatchObject({ name: 'a', table: { matching: 1 }, figures: [{ label: 'Now', value: 2 }, {}, {}] });
  await intervals(1);
  document = undefined;
  await intervals(1);
  expect(detail()?.charts).toMatchObject([{ lines: [{ label: 'q=y', values: [2, 2, null] }] }]);
  show({ open: 'b' });
  expect(detail()).toMatchObject({ name: 'b', charts: [{ lines: [{ label: 'value', values: [3, 3, null] }] }] });
  for (const open of ['', 'gone']) {
    show({ open });
    expect(detail()).toBeUndefined();
  }
});

test('what is shown of a metric is exported once, with all rows that pass the filter, in their order', async () => {
  const { page, requestView } = await start([]);
  const long = `long-${'x'.repeat(500)}`;
  const queues = { a: 1, b: 22, [long]: 3, other: 9 };
  Object.assign(globalThis, {
    fetch: async () => Response.json({ depth: { type: 'gauge', help: 'queued', value: { queue: queues } } }),
  });
  const view = { from: 0, to: 1, state: { ...state, open: 'depth', filter: { queue: 'A' }, window: 300 as const } };
  requestView(view);
  await intervals(0.5);
  expect(page.seen.at(-1)?.detail?.table).toMatchObject({ matching: 1 });

  requestView({ ...view, state: { ...view.state, filter: {} }, exports: 'csv' });
  const { exported, detail } = page.seen.at(-1)!;
  expect(detail?.table?.rows).toHaveLength(1);
  const lines = ['queue,Value,Share', `b,22,${22 / 35}`, `other,9,${9 / 35}`, `${long},3,${3 / 35}`, `a,1,${1 / 35}`];
  expect(exported).toEqual({ name: 'depth.csv', contentType: 'text/csv', text: `${lines.join('\r\n')}\r\n` });

  requestView({ ...view, exports: 'json' });
  const file = page.seen.at(-1)?.exported;
  expect(file).toMatchObject({ name: 'depth.json', contentType: 'application/json' });
  expect(JSON.parse(file!.text)).toEqual({
    name: 'depth',
    type: 'gauge',
    help: 'queued',
    time: new Date().toISOString(),
    window: 300,
    filter: { queue: 'A' },
    figures: [
      { label: 'Now', value: 1 },
      { label: 'Lowest seen', value: 1 },
      { label: 'Highest seen', value: 1 },
    ],
    charts: [{ title: 'Value', times: [expect.any(Number)], lines: [{ label: 'queue=a', values: [1] }] }],
    rows: [{ labels: { queue: 'a' }, values: { Value: 1, Share: 1 } }],
  });
  await intervals(1);
  expect(page.seen.at(-1)?.exported).toBeUndefined();
});

test('the file of a histogram has its distribution, and infinite numbers as the document writes them', async () => {
  const { page, requestView } = await start([]);
  let count = 0;
  Object.assign(globalThis, {
    fetch: async () => {
      count += 5;
      const value = { count, sum: '+Inf', bucket: [[1, count]] };
      return Response.json({ h: { type: 'histogram', value }, g: { type: 'gauge', value: '-Inf' } });
    },
  });
  const exported = (open: string) => {
    requestView({ state: { ...state, open }, exports: 'json' });
    return JSON.parse(page.seen.at(-1)!.exported!.text);
  };
  requestView({});
  await intervals(1.5);
  expect(exported('h').distribution).toEqual({ bounds: [1], counts: [5, 0] });
  expect(exported('h')).not.toHaveProperty('rows');
  expect(exported('g').figures[0]).toEqual({ label: 'Now', value: '-Inf' });
});

test('a row shows the value typical of its type, and a search matches labels too', async () => {
  const { page, requestView } = await start([]);
  let polls = 0;
  Object.assign(globalThis, {
    fetch: async () => {
      polls++;
      const distribution = { count: 10 * polls, sum: polls };
      return Response.json({
        c_bytes_total: { type: 'counter', value: 100 * polls },
        g: { type: 'gauge', value: { q: { east: 1, west: 2 } } },
        h_seconds: { type: 'histogram', value: { ...distribution, bucket: [[1, 10 * polls]] } },
        s_seconds: { type: 'summary', value: { ...distribution, quantile: [[0.5, 7]] } },
        t_celsius: { type: 'gauge', value: { q: { east: 20, west: 30 } } },
      });
    },
  });
  const onScreen = ['c_bytes_total', 'g', 'gone', 'h_seconds', 's_seconds', 't_celsius'];
  requestView({ onScreen });
  await intervals(0.5);
  // Before there is a rate, counts are shown.
  expect(page.seen.at(-1)?.rows.map(({ value, kind }) => [value, kind])).toEqual([
    [100, 'since start'],
    [3, 'sum'],
    [10, 'since start'],
    [10, 'since start'],
    [25, 'avg'],
  ]);
  await intervals(1);
  expect(page.seen.at(-1)?.rows.map(({ name, value, kind, unit }) => [name, value, kind, unit])).toEqual([
    ['c_bytes_total', 20, '', { of: 'bytes', perSecond: true }],
    ['g', 3, 'sum', { of: 'number' }],
    ['h_seconds', 0.95, 'p95 of 10', { of: 'seconds', bounds: [1] }],
    ['s_seconds', 2, '', { of: 'number', perSecond: true }],
    ['t_celsius', 25, 'avg', { of: 'celsius' }],
  ]);
  requestView({ onScreen, state: { ...state, search: 'west' } });
  expect(page.seen.at(-1)?.catalogue).toMatchObject({
    matchCount: 2,
    groups: [
      {
        prefix: '',
        families: [
          { name: 'g', label: ['q', 'west'] },
          { name: 't_celsius', label: ['q', 'west'] },
        ],
      },
    ],
  });
});

describe('with a history of the service', () => {
  const settings = { rollups: true, thresholds: [], history: 'http://a/metrics.history.json' };
  const series = [{ labels: [], columns: [[7, 8, 9]] }];
  const past = { type: 'gauge', help: '', leftOut: 0, totals: [], series };

  async function startWithPast(names: string[], status = 200) {
    const { page, requestView } = await start(names);
    const loaded: string[] = [];
    const history = { isEmpty: false, unit: '' };
    const { fetch: fetchDocument } = globalThis;
    Object.assign(globalThis, {
      fetch: async (url: string) => {
        if (!url.startsWith(settings.history)) return fetchDocument(url);
        const wanted = new URL(url).searchParams.getAll('name[]');
        loaded.push(wanted.join());
        if (history.isEmpty) return Response.json({ ages: [], leftOut: 0, families: {} });
        const families = Object.fromEntries(wanted.map((name) => [name, { ...past, unit: history.unit }]));
        return Response.json({ ages: [30, 20, 10], leftOut: 0, families }, { status });
      },
    });
    return { page, loaded, history, requestView: (view: Partial<ViewRequest>) => requestView({ settings, ...view }) };
  }

  test('the past of a family is loaded once, when it comes on screen', async () => {
    const { page, loaded, requestView } = await startWithPast(['a', 'b', 'c']);
    requestView({ onScreen: ['a', 'b'] });
    await intervals(0.5);
    expect(page.seen.at(-1)!.rows.map(({ values }) => values)).toEqual([
      [7, 8, 9, 1],
      [7, 8, 9, 1],
    ]);
    requestView({ onScreen: ['b', 'c'] });
    await intervals(3);
    expect(loaded).toEqual(['a,b', 'c']);
  });

  test('an open family has its past at once, and with another filter too', async () => {
    const { page, requestView } = await startWithPast(['a']);
    requestView({ state: { ...state, open: 'a' } });
    await intervals(0.5);
    const valuesShown = () => page.seen.at(-1)!.detail!.charts[0]!.lines[0]!.values;
    expect(valuesShown()).toEqual([7, 8, 9, 1]);
    requestView({ state: { ...state, open: 'a', filter: { zone: '=x' } } });
    await intervals(0.5);
    requestView({ state: { ...state, open: 'a' } });
    await intervals(1);
    expect(valuesShown()).toEqual([7, 8, 9, 1, 1, 1]);
  });

  test('a service that has no sample yet is asked again with each poll', async () => {
    const { page, loaded, history, requestView } = await startWithPast(['a']);
    history.isEmpty = true;
    requestView({ onScreen: ['a'] });
    await intervals(1.5);
    expect(loaded).toEqual(['a', 'a']);
    history.isEmpty = false;
    await intervals(3);
    expect(loaded).toEqual(['a', 'a', 'a']);
    // The youngest is not older than the first poll.
    expect(page.seen.at(-1)!.rows[0]!.values).toEqual([7, 8, 1, 1, 1, 1, 1]);
  });

  test('a family has the unit that the service states for it', async () => {
    const { page, history, requestView } = await startWithPast(['a']);
    history.unit = 'bytes';
    requestView({ onScreen: ['a'] });
    await intervals(1.5);
    expect(page.seen.at(-1)!.rows[0]!.unit).toEqual({ of: 'bytes' });
  });

  test('a service that does not answer is asked three times, with each poll', async () => {
    const { page, loaded, requestView } = await startWithPast(['a'], 503);
    requestView({ onScreen: ['a'] });
    await intervals(6);
    expect(loaded).toEqual(['a', 'a', 'a']);
    expect(page.seen.at(-1)).toMatchObject({ status: { state: 'live' }, rows: [{ name: 'a', value: 1 }] });
  });
});
