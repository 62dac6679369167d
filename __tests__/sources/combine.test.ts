import { type CombineOptions, combineSources, type MetricFamily, type MetricsSource } from '../../lib/index.ts';
import { connectRaw, serve, until } from '../support/clients.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { requestText } from '../support/raw-http.ts';
import { endless, never, QUEUE_DEPTH_TEXT, queueDepth, samplesThatFail, sourceOf } from '../support/scrape-sources.ts';
import { watched, watchedAsync } from '../support/watched.ts';

const LOST = new Error('cannot reach db.internal');
const fails = () => {
  throw LOST;
};

const gauge = (name: string, value = 1): MetricFamily => ({ name, type: 'gauge', samples: [{ labels: {}, value }] });
const namesOf = ({ families }: Awaited<ReturnType<typeof collectAll>>) => families.map(({ name }) => name);
const failing: MetricsSource = { collect: fails };

/** Gives some families, and then fails. */
const failingAfter = (...families: MetricFamily[]): MetricsSource => ({
  async *collect() {
    yield* families;
    fails();
  },
});

const failure = (index: number, code = 'ERR_METRICS_SOURCE_FAILED') =>
  expect.objectContaining({ code, message: expect.stringMatching(`^sources?\\[${index}\\] `) });

test('families are given in the order of the list', async () => {
  const source = combineSources([
    sourceOf(gauge('b'), gauge('c')),
    sourceOf(),
    failingAfterNothing(),
    sourceOf(gauge('a')),
  ]);
  expect(await collectAll(source)).toEqual({ families: ['b', 'c', 'a'].map((name) => gauge(name)), reports: [] });
});

function failingAfterNothing(): MetricsSource {
  return {
    async *collect() {
      // Nothing.
    },
  };
}

test('all sources begin at once, and none goes beyond its first family before its turn', async () => {
  const samples = Array.from({ length: 3 }, () => watchedAsync((n) => (n < 2 ? { labels: {}, value: n } : undefined)));
  const families = samples.map((one, i) =>
    watchedAsync((n) => (n < 3 ? { ...gauge(`m${i}_${n}`), samples: n === 0 ? one : [] } : undefined)),
  );
  const collected: number[] = [];
  const source = combineSources(
    families.map((one, i) => ({
      collect() {
        collected.push(i);
        return one;
      },
    })),
  );
  const iterator = (source.collect(scrape()) as AsyncGenerator<MetricFamily>)[Symbol.asyncIterator]();
  await iterator.next();
  expect(collected).toEqual([0, 1, 2]);
  expect(families.map(({ pulled }) => pulled)).toEqual([1, 1, 1]);
  expect(samples.map(({ pulled }) => pulled)).toEqual([0, 0, 0]);
  await iterator.next();
  expect(families.map(({ pulled }) => pulled)).toEqual([2, 1, 1]);
  await iterator.return(undefined);
  expect(families.map(({ closed }) => closed)).toEqual([1, 1, 1]);
});

test('a source that waits for another one is served all the same: they collect side by side', async () => {
  let arrived = () => {};
  const second = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const source = combineSources([
    { collect: () => second.then(() => [gauge('a')]) },
    {
      collect() {
        arrived();
        return [gauge('b')];
      },
    },
  ]);
  expect(namesOf(await collectAll(source))).toEqual(['a', 'b']);
});

describe('one source that fails costs its own remaining families', () => {
  test.each<[string, MetricsSource, string[]]>([
    ['collect() throws', failing, []],
    ['collect() rejects', { collect: () => Promise.reject(LOST) }, []],
    ['collect() returns no iterable', { collect: () => 5 as never }, []],
    ['its iterator throws', { collect: () => ({ [Symbol.iterator]: fails }) }, []],
    ['its async iterator throws', { collect: () => ({ [Symbol.asyncIterator]: fails }) }, []],
    ['it fails between families', failingAfter(gauge('begun')), ['begun']],
  ])('%s', async (_how, source, kept) => {
    const { get, failures } = await serve({ source: [sourceOf(queueDepth), source, sourceOf(gauge('last'))] });
    const { status, text } = await get('/metrics.json');
    expect(status).toBe(200);
    expect(Object.keys(JSON.parse(text))).toEqual(['queue_depth', ...kept, 'last']);
    expect(failures).toEqual([{ phase: 'collect', error: failure(1) }]);
  });

  test("what it says afterwards is no news, and its signal is aborted, but not another one's", async () => {
    const signals: Record<string, AbortSignal> = {};
    const source = combineSources([
      {
        async *collect({ signal, report }) {
          signals.failing = signal;
          signal.addEventListener('abort', () => report(new Error('aborted')));
          yield gauge('begun');
          fails();
        },
      },
      {
        collect({ signal }) {
          signals.good = signal;
          return [gauge('a')];
        },
      },
    ]);
    expect((await collectAll(source)).reports).toEqual([
      'scrape: sources[0] failed: its remaining families are missing',
    ]);
    expect(signals).toMatchObject({ failing: { aborted: true }, good: { aborted: false } });
  });

  test("with onSourceError: 'fail' it fails the scrape", async () => {
    const { get, failures } = await serve({ source: [sourceOf(queueDepth), failing], onSourceError: 'fail' });
    expect((await get('/metrics')).status).toBe(500);
    expect(failures.map(({ error }) => error)).toEqual([failure(1)]);
  });

  test('one family that it reports costs that family', async () => {
    const source: MetricsSource = {
      collect({ report }) {
        report(LOST, 'lost');
        return [queueDepth];
      },
    };
    const { get, failures } = await serve({ source: [source] });
    expect(await get('/metrics')).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
    expect(failures).toEqual([{ phase: 'collect', family: 'lost', error: LOST }]);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['without a name', { ...queueDepth, name: 5 }],
    ['without samples', { ...queueDepth, name: 'lost', samples: undefined }],
    ['with a getter that throws', Object.defineProperty({ ...queueDepth }, 'help', { get: fails })],
  ])('a family that is broken costs itself, with or without join: %s', async (_what, family) => {
    for (const join of [false, true]) {
      const broken = { collect: () => [family] } as MetricsSource;
      const good = await serve({ source: combineSources([broken, sourceOf(queueDepth)], { join }) });
      expect(await good.get('/metrics')).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
      expect(good.failures).toHaveLength(1);
      expect(good.failures[0]?.error).not.toMatchObject({ code: 'ERR_METRICS_SOURCE_FAILED' });
      const alone = await serve({ source: combineSources([broken], { join }) });
      expect(await alone.get('/metrics')).toMatchObject({ status: 500 });
    }
  });
});

describe.each([false, true])('a failed scrape is never a 200, with join: %p', (join) => {
  test.each<[string, MetricsSource[]]>([
    ['every source fails', [failing, failing]],
    ['the only one fails', [failing]],
    ['every source fails after a family', [failingAfter(gauge('a')), failingAfter(gauge('b'))]],
    ['one fails, and the other has nothing', [failing, sourceOf()]],
    [
      'one fails, and the only family of the other one does',
      [failing, sourceOf({ ...queueDepth, samples: samplesThatFail(0, LOST) })],
    ],
  ])('%s: 500', async (_what, sources) => {
    const { get, failures } = await serve({ source: combineSources(sources, { join }) });
    expect((await get('/metrics')).status).toBe(500);
    expect(failures.map(({ error }) => error)).toContainEqual(failure(0));
  });
});

test('a query for the families of a source that failed is a 500, not an empty 200', async () => {
  const { get } = await serve({ source: [failing, sourceOf(queueDepth)] });
  expect((await get('/metrics?name[]=lost')).status).toBe(500);
  expect((await get('/metrics?name[]=queue_depth')).status).toBe(200);
});

test.each(['/metrics', '/metrics.json'])(
  'a name met twice is reported once, and the first is kept: %s',
  async (path) => {
    const { get, failures } = await serve({
      source: [sourceOf(gauge('a', 1)), sourceOf(gauge('a', 2), gauge('b', 3))],
    });
    const { status, text } = await get(path);
    expect(status).toBe(200);
    expect(text.match(/\d(?=\.0|\n)/g)).toEqual(['1', '3']);
    expect(failures).toEqual([
      { phase: 'encode', family: 'a', error: expect.objectContaining({ code: 'ERR_METRICS_INVALID_FAMILY' }) },
    ]);
  },
);

test('families that are filtered out are not collected', async () => {
  const asked: string[] = [];
  const source: MetricsSource = {
    collect: ({ wants }) => ['a', 'b'].filter((name) => wants(name) && asked.push(name)).map((name) => gauge(name)),
  };
  const { get } = await serve({ source: [source, sourceOf(queueDepth)] });
  expect((await get('/metrics?name[]=b')).text).toBe('# TYPE b gauge\nb 1\n');
  expect(asked).toEqual(['b']);
});

describe('leaving early closes every source that was begun', () => {
  test.each([false, true])('when the client goes away, with join: %p', async (join) => {
    const [first, second] = [endless(), endless()];
    const { port, failures } = await serve({ source: combineSources([first, second], { join }) });
    const client = connectRaw(port, requestText({ target: '/metrics' }));
    await until(() => first.pulled > 0);
    client.socket.destroy();
    await until(() => first.returned === 1);
    await until(() => first.scrape?.signal.aborted && second.scrape?.signal.aborted);
    expect(second.pulled).toBe(0);
    expect(failures).toEqual([]);
  });

  test('while a source is waited for', async () => {
    const families = watched((n) => (n === 0 ? queueDepth : undefined));
    const { port, failures } = await serve({ source: [{ collect: never }, { collect: () => families }] });
    const client = connectRaw(port, requestText({ target: '/metrics' }));
    await until(() => families.pulled > 0);
    client.socket.destroy();
    await until(() => families.closed === 1);
    expect(failures).toEqual([]);
  });

  test('even one whose collect() has not resolved yet: its families are closed as they come', async () => {
    const families = watchedAsync(() => queueDepth);
    let give: (value: typeof families) => void = () => {};
    const slow: MetricsSource = { collect: () => new Promise((resolve) => (give = resolve)) };
    const collected = combineSources([sourceOf(queueDepth), slow]).collect(scrape()) as AsyncGenerator<MetricFamily>;
    await collected.next();
    await collected.return(undefined);
    give(families);
    await until(() => families.closed === 1);
  });
});

describe('what is given', () => {
  const LIST = 'expected a list of at least one source';
  const SOURCE = 'expected a source: an object with a method collect()';

  test.each<[string, unknown, CombineOptions | undefined, string]>([
    ['an empty list', [], undefined, `sources: ${LIST}, got []; write `],
    ['no list', sourceOf(), undefined, `sources: ${LIST}, got [Object]; write `],
    ['nothing', undefined, undefined, `sources: ${LIST}, got undefined; write `],
    ['a member that is no source', [sourceOf(), {}], undefined, `sources[1]: ${SOURCE}, got {}; write `],
    ['null in the list', [null], undefined, `sources[0]: ${SOURCE}, got null; write `],
    ['a hole in the list', new Array(1), undefined, `sources[0]: ${SOURCE}, got undefined; write `],
    ['a bad timeout', [sourceOf()], { timeout: 0 }, 'timeout: expected milliseconds, above 0 and at most 2147483647, '],
    ['a bad join', [sourceOf()], { join: 1 as never }, 'join: expected a boolean, got 1; write true or false'],
    ['a bad maxBuffered', [sourceOf()], { maxBuffered: 0.5 }, 'maxBuffered: expected a positive integer, got 0.5; '],
    ['an unknown option', [sourceOf()], { joined: true } as never, 'options: expected the name of an option, '],
  ])('is a TypeError: %s', (_what, sources, options, message) => {
    const construct = () => combineSources(sources as MetricsSource[], options);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  test('is looked at once: a list that is changed later has no effect', async () => {
    const list = [sourceOf(gauge('a'))];
    const source = combineSources(list, { timeout: undefined, join: undefined, maxBuffered: undefined });
    list.push(sourceOf(gauge('b')));
    expect(namesOf(await collectAll(source))).toEqual(['a']);
  });

  test('may be a combination itself', async () => {
    const inner = combineSources([failing, sourceOf(gauge('b'))]);
    const { families, reports } = await collectAll(combineSources([sourceOf(gauge('a')), inner]));
    expect(families.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(reports).toEqual(['scrape: sources[0] failed: its remaining families are missing']);
  });
});
