import { BATCH_SIZE } from '../../lib/encoders/batches.ts';
import type { Encoder } from '../../lib/encoders/encoder.ts';
import { CHUNK_SIZE } from '../../lib/encoders/unsent-text.ts';
import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import type { MetricFamilies } from '../../lib/model/metrics-source.ts';
import { chunksOf, encode, family, sample } from '../support/encode.ts';
import { FORMATS, json, text004 } from '../support/encoders.ts';
import { watched, watchedAsync } from '../support/watched.ts';

const KIB = 1024;

const losses = {
  onFamilyDropped(error: unknown) {
    throw error;
  },
  onDuplicateFamily(buildError: () => unknown) {
    throw buildError();
  },
  onSampleDropped(buildError: () => unknown) {
    throw buildError();
  },
};
const start = (encoder: Encoder, families: MetricFamilies) =>
  chunksOf(encoder, families, { prefix: '', drops: losses });

const numbered = (i: number) => sample(i + 0.5, { queue: `queue-${String(i).padStart(6, '0')}` });
const upTo = (count: number) => (i: number) => (i < count ? numbered(i) : undefined);

describe.each(FORMATS)('a document in %s', (_, make, read) => {
  const big: Record<string, () => MetricFamilies> = {
    '20,000 samples in an array': () => [family({ samples: Array.from({ length: 20_000 }, (_, i) => numbered(i)) })],
    '20,000 samples one by one': () => [family({ labelNames: ['queue'], samples: watched(upTo(20_000)) })],
    '20,000 samples later': () => [family({ labelNames: ['queue'], samples: watchedAsync(upTo(20_000)) })],
    '5,000 families': () => watched((i) => (i < 5000 ? family({ name: `m${i}`, samples: [numbered(i)] }) : undefined)),
    '5,000 families without samples': () => watched((i) => (i < 5000 ? family({ name: `m${i}` }) : undefined)),
    'wide characters': () => [
      family({ samples: Array.from({ length: 20_000 }, (_, i) => sample(i, { a: `${'中'.repeat(20)}${i}` })) }),
    ],
  };

  test.each(Object.entries(big))('of %s comes in chunks of 16 to 64 KiB', async (_, families) => {
    const { chunks, text } = await encode(make(), families());
    expect(() => read(text)).not.toThrow();
    expect(chunks.length).toBeGreaterThan(2);
    for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBeGreaterThanOrEqual(16 * KIB);
    for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(64 * KIB);
  });

  test('that is small comes in one chunk, which is not empty', async () => {
    expect((await encode(make(), [family({ samples: [numbered(1)] }), family({ name: 'n' })])).chunks).toHaveLength(1);
  });

  test.each([
    [100_000, 'sync', watched],
    [20_000, 'async', watchedAsync],
  ] as const)(
    'of %i samples (%s) is made as it is read: none is pulled long before its chunk',
    async (count, _, once) => {
      const samples = once(upTo(count));
      const chunks = start(make(), [family({ labelNames: ['queue'], samples })]);
      expect(samples.pulled).toBe(0);
      let text = '';
      for await (const chunk of chunks) {
        text += chunk;
        // The last chunk may be the end of the document alone.
        if (!chunk.includes('queue-')) continue;
        const written = Number(chunk.slice(chunk.lastIndexOf('queue-') + 6).slice(0, 6));
        expect(samples.pulled - written).toBeLessThan(1000);
      }
      expect(text).toContain(numbered(count - 1).labels.queue);
    },
  );

  test('is made as it is read: no family is pulled before the one in front of it is written', async () => {
    const seen: string[] = [];
    const families = watched((i) => {
      if (i === 3) return undefined;
      seen.push(`family ${i}`);
      const samples = watched((j) => {
        if (j === 2) return undefined;
        seen.push(`sample ${i}.${j}`);
        return numbered(j);
      });
      return family({ name: `m${i}`, labelNames: ['queue'], samples });
    });
    await encode(make(), families);
    expect(seen).toEqual([0, 1, 2].flatMap((i) => [`family ${i}`, `sample ${i}.0`, `sample ${i}.1`]));
  });

  test.each([
    ['sync', watched],
    ['async', watchedAsync],
  ] as const)('whose reader leaves closes the samples and the families (%s)', async (_, once) => {
    const samples = once(numbered);
    const families = once(() => family({ labelNames: ['queue'], samples }));
    const chunks = start(make(), families);
    await chunks.next();
    expect([samples.closed, families.closed]).toEqual([0, 0]);
    await chunks.return();
    expect([samples.closed, families.closed]).toEqual([1, 1]);
    expect(families.pulled).toBe(1);
    const { pulled } = samples;
    await new Promise(setImmediate);
    expect(samples.pulled).toBe(pulled);
  });

  test('that is cut closes the families', async () => {
    const samples = watched((i) => {
      if (i === 9) throw new Error('no more');
      return numbered(i);
    });
    const families = watched(() => family({ labelNames: ['queue'], samples }));
    await expect(encode(make(), families)).rejects.toMatchObject({ code: 'ERR_METRICS_CUT_DOCUMENT' });
    expect(families.closed).toBe(1);
    expect(families.pulled).toBe(1);
  });

  test('that ends at the news of a loss closes the samples and the families', async () => {
    const samples = watched((i) => (i === 400 ? sample('bad', { queue: 'x' }) : numbered(i)));
    const families = watched(() => family({ labelNames: ['queue'], samples }));
    const chunks = start(make(), families);
    await expect(
      (async () => {
        for (;;) await chunks.next();
      })(),
    ).rejects.toThrow();
    expect([samples.closed, families.closed]).toEqual([1, 1]);
  });

  test('that was begun by nobody leaves its source alone', async () => {
    const families = watched(() => family({}));
    await start(make(), families).return();
    expect(families.pulled).toBe(0);
  });
});

describe('a chunk', () => {
  const lengths = async (...families: MetricFamily[]) =>
    (await encode(text004(), families)).chunks.map(({ length }) => length);
  const lengthOf = async (one: MetricFamily) => (await lengths(one))[0] as number;

  test('ends behind the family that fills it', async () => {
    const spare = CHUNK_SIZE - (await lengthOf(family({ help: '' })));
    const after = family({ name: 'after' });
    const rest = await lengthOf(after);
    const [first] = await lengths(family({ help: 'x'.repeat(spare) }), after);
    const [longer] = await lengths(family({ help: 'x'.repeat(spare - 1) }), after);
    expect([first, longer]).toEqual([CHUNK_SIZE, CHUNK_SIZE - 1 + rest]);
  });

  test('ends after the batch that fills it, and inside of a batch that is longer than a chunk', async () => {
    const head = await lengthOf(family({}));
    const line = (await lengthOf(family({ samples: [sample(1, { a: '' })] }))) - head;
    const padded = sample(1, { a: 'x'.repeat(64 - line) });
    const many = Array<Sample>(3 * BATCH_SIZE).fill(padded);
    expect(await lengths(family({ samples: many }))).toEqual([head + 2 * 64 * BATCH_SIZE, 64 * BATCH_SIZE]);
    const long = sample(1, { a: 'x'.repeat(CHUNK_SIZE - line) });
    expect(await lengths(family({ samples: [long, long] }))).toEqual([head + CHUNK_SIZE, CHUNK_SIZE, 0]);
  });
});

describe('the event loop', () => {
  // A look at the clock costs 1 ms: what is measured is work, not the speed of this machine.
  let now = 0;
  beforeEach(() => {
    now = Math.max(now, performance.now()) + 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => ++now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** How many samples are pulled in each turn of the loop, until the document is complete. */
  async function pulledPerTurn(encoder: Encoder, families: MetricFamilies, pulled: () => number): Promise<number[]> {
    const turns: number[] = [];
    let last = 0;
    let isDone = false;
    const turn = () => {
      turns.push(pulled() - last);
      last = pulled();
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    await encode(encoder, families);
    isDone = true;
    return turns;
  }

  test.each(FORMATS)('turns again and again while a large family is written in %s', async (_, make) => {
    const samples = watched(upTo(50_000));
    const families = [family({ labelNames: ['queue'], samples })];
    const turns = await pulledPerTurn(make(), families, () => samples.pulled);
    expect(turns.length).toBeGreaterThan(20);
    expect(Math.max(...turns)).toBeLessThan(3000);
  });

  test.each(FORMATS)('turns again and again while many families are written in %s', async (_, make) => {
    const families = watched((i) => (i < 1000 ? family({ name: `m${i}` }) : undefined));
    const turns = await pulledPerTurn(make(), families, () => families.pulled);
    expect(turns.length).toBeGreaterThan(100);
    expect(Math.max(...turns)).toBeLessThan(20);
  });

  test.each(FORMATS)('turns again and again while many families are left out of %s', async (_, make) => {
    const families = watched((i) => (i < 1000 ? family({ name: `m${i}`, type: 'unheard of' }) : undefined));
    const turns = await pulledPerTurn(make(), families, () => families.pulled);
    expect(turns.length).toBeGreaterThan(100);
    expect(Math.max(...turns)).toBeLessThan(20);
  });

  test('turns again and again while samples are looked through for their shape', async () => {
    let pulled = 0;
    const again = {
      *[Symbol.iterator]() {
        for (let i = 0; i < 50_000; i++, pulled++) yield numbered(i);
      },
    };
    const turns = await pulledPerTurn(json(), [family({ samples: again })], () => pulled);
    expect(pulled).toBe(100_000);
    expect(Math.max(...turns)).toBeLessThan(3000);
  });
});
