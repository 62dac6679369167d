import type { MetricFamily, MetricsRouterOptions, MetricsSource } from '../../lib/index.ts';
import { serve } from '../support/clients.ts';
import {
  QUEUE_DEPTH_JSON,
  QUEUE_DEPTH_TEXT,
  queueDepth,
  samplesThatFail,
  sourceOf,
} from '../support/scrape-sources.ts';

const SECRET = new Error('cannot reach db.internal:5432 as admin');

const answers = {
  '/metrics.json': {
    status: 500,
    type: 'application/problem+json; charset=utf-8',
    text: '{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"The metrics could not be collected"}\n',
    document: QUEUE_DEPTH_JSON,
  },
  '/metrics': {
    status: 500,
    type: 'text/plain; charset=utf-8',
    text: 'The metrics could not be collected\n',
    document: QUEUE_DEPTH_TEXT,
  },
};
const paths = ['/metrics.json', '/metrics'] as const;
const modes = ['continue', 'fail'] as const;

const fails = () => {
  throw SECRET;
};

/** Scrapes it on both endpoints, each time with a slot to come back: 500 and nothing else. */
async function expect500(source: MetricsSource, options: Partial<MetricsRouterOptions> = {}) {
  const service = await serve({ maxInFlight: 1, ...options, source });
  for (const path of paths) {
    const { status, type, text } = answers[path];
    const answer = await service.get(path, { 'Accept-Encoding': 'gzip' });
    expect(answer).toMatchObject({ status, text });
    expect(answer.headers).toMatchObject({ 'content-type': type, 'cache-control': 'no-store' });
    expect(answer.headers).not.toHaveProperty('content-encoding');
    expect(answer.headers).not.toHaveProperty('retry-after');
  }
  return service;
}

async function* rejects() {
  yield queueDepth;
  throw SECRET;
}

describe.each(modes)(
  "a source that fails before the first byte is a 500, with onSourceError: '%s'",
  (onSourceError) => {
    test.each<[string, () => unknown]>([
      ['collect() throws', fails],
      ['collect() rejects', () => Promise.reject(SECRET)],
      ['its iterator throws', () => ({ [Symbol.iterator]: fails })],
      ['its async iterator throws', () => ({ [Symbol.asyncIterator]: fails })],
      ['the first step throws', () => ({ [Symbol.iterator]: () => ({ next: fails }) })],
      ['a later step rejects', rejects],
      ['a family in an array rejects', () => [queueDepth, Promise.reject(SECRET)]],
      ['its then is a getter that throws', () => Object.defineProperty({}, 'then', { get: fails })],
    ])('%s', async (_how, collect) => {
      const { failures } = await expect500({ collect } as MetricsSource, { onSourceError });
      expect(failures).toEqual([
        { phase: 'collect', error: SECRET },
        { phase: 'collect', error: SECRET },
      ]);
    });

    test.each<[string, unknown]>([
      ['undefined', undefined],
      ['null', null],
      ['a number', 1],
      ['an object', {}],
      ['an object without a prototype', Object.create(null)],
      ['a symbol', Symbol('families')],
      ['a function', () => [queueDepth]],
    ])('collect() returns %s', async (_what, returned) => {
      const source = { collect: () => returned } as MetricsSource;
      const { failures } = await expect500(source, { onSourceError });
      expect(failures).toHaveLength(2);
      expect(failures).toMatchObject([{ phase: 'collect', error: expect.any(TypeError) }, {}]);
    });

    test('every family is lost', async () => {
      const lost = (name: string): MetricFamily => ({ ...queueDepth, name, samples: { [Symbol.iterator]: fails } });
      const source = sourceOf(lost('a'), lost('b'));
      const { failures } = await expect500(source, { onSourceError, selfMetrics: true });
      const perScrape =
        onSourceError === 'fail'
          ? [{ phase: 'collect', family: 'a', error: SECRET }]
          : [
              { phase: 'collect', family: 'a', error: SECRET },
              { phase: 'collect', family: 'b', error: SECRET },
              { phase: 'collect', error: expect.objectContaining({ code: 'ERR_METRICS_NO_FAMILY_LEFT' }) },
            ];
      expect(failures).toEqual([...perScrape, ...perScrape]);
    });

    test('the source reports every family as lost', async () => {
      const source: MetricsSource = {
        collect({ report }) {
          report(SECRET, 'queue_depth');
          return [];
        },
      };
      const { failures } = await expect500(source, { onSourceError });
      expect(failures[0]).toEqual({ phase: 'collect', family: 'queue_depth', error: SECRET });
    });
  },
);

test('a scrape that fails aborts its signal, for what the source may still be doing', async () => {
  let signal: AbortSignal | undefined;
  const source: MetricsSource = {
    collect(scrape) {
      signal = scrape.signal;
      return [{ ...queueDepth, samples: { [Symbol.iterator]: fails } }];
    },
  };
  await expect500(source, { onSourceError: 'fail' });
  expect(signal).toMatchObject({ aborted: true, reason: SECRET });
});

test('a scrape that succeeds does not', async () => {
  let signal: AbortSignal | undefined;
  const { get } = await serve({
    source: {
      collect(scrape) {
        signal = scrape.signal;
        return [queueDepth];
      },
    },
  });
  await get('/metrics');
  expect(signal).toMatchObject({ aborted: false });
});

test.each(paths)('every family that was wanted is lost: the ones that were not do not help: %s', async (path) => {
  const source = sourceOf({ ...queueDepth, name: 'lost', samples: { [Symbol.iterator]: fails } }, queueDepth);
  const { get } = await serve({ source });
  expect(await get(`${path}?name[]=lost`)).toMatchObject({ status: 500 });
  expect(await get(`${path}?name[]=queue_depth`)).toMatchObject({ status: 200, text: answers[path].document });
});

class FamilyOfAClass {
  readonly #samples: MetricFamily['samples'];
  constructor(samples: MetricFamily['samples']) {
    this.#samples = samples;
  }
  get name() {
    return this.#samples === undefined ? '' : 'queue_depth';
  }
  get type() {
    return 'gauge' as const;
  }
  get help() {
    return 'messages waiting';
  }
  get samples() {
    return this.#samples;
  }
}

test.each<[string, () => MetricFamily['samples']]>([
  ['an array', () => [...(queueDepth.samples as [])]],
  ['a generator', () => samplesThatEnd()],
  [
    'an async generator',
    async function* () {
      yield* queueDepth.samples;
    },
  ],
])("a family's members can be getters of a class with private fields: its samples are %s", async (_what, samples) => {
  const { get, failures } = await serve({ source: { collect: () => [new FamilyOfAClass(samples())] } });
  for (const path of paths) expect(await get(path)).toMatchObject({ status: 200, text: answers[path].document });
  expect(failures).toEqual([]);
});

function* samplesThatEnd() {
  yield* queueDepth.samples as [];
}

const lost = { ...queueDepth, name: 'lost' };
const lostFamilies: [string, () => unknown][] = [
  ['its iterator throws', () => ({ ...lost, samples: { [Symbol.iterator]: fails } })],
  ['its async iterator throws', () => ({ ...lost, samples: { [Symbol.asyncIterator]: fails } })],
  ['its first sample throws', () => ({ ...lost, samples: samplesThatFail(0, SECRET) })],
  [
    'its first sample rejects',
    () => ({ ...lost, samples: { [Symbol.asyncIterator]: () => ({ next: async () => fails() }) } }),
  ],
  ['its samples are a getter that throws', () => Object.defineProperty({ ...lost }, 'samples', { get: fails })],
  ['its help is a getter that throws', () => Object.defineProperty({ ...lost }, 'help', { get: fails })],
  ['its name is a getter that throws', () => Object.defineProperty({ ...lost }, 'name', { get: fails })],
];

describe.each(lostFamilies)('one family fails: %s', (how, family) => {
  const source = { collect: () => [family(), queueDepth] } as MetricsSource;
  const failure = { phase: 'collect', ...(!how.startsWith('its name') && { family: 'lost' }), error: SECRET };

  test("it is left out and reported with onSourceError: 'continue'", async () => {
    const { get, failures } = await serve({ source });
    for (const path of paths) expect(await get(path)).toMatchObject({ status: 200, text: answers[path].document });
    expect(failures).toEqual([failure, failure]);
  });

  test("it fails the scrape with onSourceError: 'fail', and is reported once", async () => {
    const { failures } = await expect500(source, { onSourceError: 'fail' });
    expect(failures).toEqual([failure, failure]);
  });
});

describe.each(modes)("what is no family is left out and reported, with onSourceError: '%s'", (onSourceError) => {
  test.each<[string, unknown, string | undefined]>([
    ['null', null, undefined],
    ['a string', 'queue_depth', undefined],
    ['no name', { ...queueDepth, name: undefined }, undefined],
    ['a number for a name', { ...queueDepth, name: 5 }, undefined],
    ['an unknown type', { ...queueDepth, name: 'lost', type: 'meter' }, 'lost'],
    ['no samples', { ...queueDepth, name: 'lost', samples: undefined }, 'lost'],
    ['samples that are no iterable', { ...queueDepth, name: 'lost', samples: { length: 0 } }, 'lost'],
    ['a second family of the same name', queueDepth, 'queue_depth'],
  ])('%s', async (_what, family, name) => {
    const source = { collect: () => [queueDepth, family] } as MetricsSource;
    const { get, failures } = await serve({ source, onSourceError });
    for (const path of paths) expect(await get(path)).toMatchObject({ status: 200, text: answers[path].document });
    expect(failures).toHaveLength(2);
    for (const failure of failures) {
      expect(failure).toEqual({
        phase: 'encode',
        error: expect.objectContaining({ code: 'ERR_METRICS_INVALID_FAMILY' }),
        ...(name !== undefined && { family: name }),
      });
    }
  });
});
