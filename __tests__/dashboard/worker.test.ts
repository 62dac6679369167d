import { readHash, type ViewState } from '../../lib/dashboard/browser/model/url-state.ts';
import type { ViewRequest, ViewUpdate } from '../../lib/dashboard/browser/protocol.ts';

// The worker as the browser runs it, with a clock, a network and a page of the test's own.

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
};

/** Starts a worker whose document is what the test sets: a family of each name, or nothing while it is undefined. */
async function start(names: readonly string[], { size = 0 } = {}) {
  const page = { names: names as readonly string[] | undefined, asked: [] as string[], seen: [] as ViewUpdate[] };
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
      page.asked.push(url.slice(URL_OF_DOCUMENT.length));
      return answer(new URL(url));
    },
  });
  await jest.isolateModulesAsync(async () => {
    await import('../../lib/dashboard/browser/worker.ts');
  });
  return { page, look: (look: Partial<ViewRequest>) => self.onmessage?.({ data: { ...usual, ...look } }) };
}

const { fetch } = globalThis;
beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  Object.assign(globalThis, { fetch });
});

/** So many of the intervals, of 5 s. */
const intervals = (count: number) => jest.advanceTimersByTimeAsync(count * 5000);

test('a large document is asked for as a whole again after a minute, so that new families come and old ones go', async () => {
  const { page, look } = await start(['a', 'b'], { size: 1_000_000 });
  look({});
  await intervals(0.5);
  look({ onScreen: ['b'] });
  await intervals(3);
  expect(new Set(page.asked)).toEqual(new Set(['', '?name[]=b']));
  page.names = ['b', 'c'];
  const parts = page.asked.length;
  await intervals(12);
  expect(page.asked.slice(parts).filter((url) => url === '')).toHaveLength(1);
  const { catalogue } = page.seen.filter((seen) => seen.catalogue !== undefined).at(-1)!;
  expect(catalogue?.groups.flatMap(({ families }) => families.map(({ name }) => name))).toEqual(['b', 'c']);
});

test('a small document is asked for as a whole each time', async () => {
  const { page, look } = await start(['a', 'b']);
  look({ onScreen: ['b'] });
  await intervals(3.5);
  expect(page.asked).toEqual(['', '', '', '']);
});

test('with nothing on screen a server that is lost is noticed all the same', async () => {
  const { page, look } = await start(['a', 'b'], { size: 1_000_000 });
  look({});
  await intervals(2.5);
  expect(page.asked).toEqual(['', '?name[]=a', '?name[]=a']);
  page.names = undefined;
  await intervals(1);
  look({ onScreen: ['a'] });
  const { status, rows } = page.seen.at(-1)!;
  expect(status).toMatchObject({ state: 'lost', problem: 'it cannot be reached' });
  // A gap in the line.
  expect(rows[0]?.values).toEqual([1, 1, 1, null]);
});

test('while it is paused it asks for nothing, and once when it is told to', async () => {
  const { page, look } = await start(['a']);
  look({});
  await intervals(0.5);
  const paused = { ...state, isPaused: true };
  look({ state: paused });
  page.names = undefined;
  await intervals(3);
  expect(page.asked).toHaveLength(1);
  look({ state: paused, refreshCount: 1 });
  await intervals(3);
  expect(page.asked).toHaveLength(2);
  expect(page.seen.at(-1)?.status.state).toBe('lost');
});

test('a rate is of the time between two documents, and not of the time that it took to read them', async () => {
  const { page, look } = await start(['a']);
  let counted = 0;
  Object.assign(globalThis, {
    fetch: async () => {
      counted += 500;
      const text = JSON.stringify({ a: { type: 'counter', value: counted } });
      // The first document takes 4 s to come whole.
      return { ok: true, text: () => new Promise((come) => setTimeout(come, counted === 500 ? 4000 : 0, text)) };
    },
  });
  look({ onScreen: ['a'] });
  await jest.advanceTimersByTimeAsync(13_000);
  // The second is asked for 12 s after the first: a document that takes long gets three quarters of the time.
  expect(page.seen.at(-1)?.rows[0]?.value).toBeCloseTo(500 / 12);
});

test('a family that is open is told with its detail, through another filter, a lost server and another family', async () => {
  const { page, look } = await start([]);
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
  const show = (view: Partial<ViewState>) => look({ state: { ...state, ...view } });
  const detail = () => page.seen.at(-1)!.detail;

  show({ open: 'a' });
  await intervals(0.5);
  expect(detail()).toMatchObject({ name: 'a', table: { matching: 2 } });
  show({ open: 'a', filter: { q: '=y' } });
  expect(detail()).toMatchObject({ name: 'a', table: { matching: 1 }, figures: [{ label: 'Now', value: 2 }, {}, {}] });
  await intervals(1);
  document = undefined;
  await intervals(1);
  expect(detail()?.charts).toMatchObject([{ lines: [{ label: 'q=y', values: [2, null] }] }]);
  show({ open: 'b' });
  expect(detail()).toMatchObject({ name: 'b', charts: [{ lines: [{ label: 'value', values: [3, 3, null] }] }] });
  for (const open of ['', 'gone']) {
    show({ open });
    expect(detail()).toBeUndefined();
  }
});

test('a row has what says most of its type, and a search finds labels too', async () => {
  const { page, look } = await start([]);
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
  look({ onScreen });
  await intervals(1.5);
  expect(page.seen.at(-1)?.rows.map(({ name, value, kind, unit }) => [name, value, kind, unit])).toEqual([
    ['c_bytes_total', 20, '', { of: 'bytes', perSecond: true }],
    ['g', 3, 'sum', { of: 'number' }],
    ['h_seconds', 0.9, 'p90', { of: 'seconds' }],
    ['s_seconds', 2, '', { of: 'number', perSecond: true }],
    ['t_celsius', 25, 'avg', { of: 'celsius' }],
  ]);
  look({ onScreen, state: { ...state, search: 'west' } });
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
