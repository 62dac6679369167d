import type { MetricFamily } from '../../../lib/model/metric-family.ts';
import { markFor, wholeOf } from '../../../lib/model/series-mark.ts';
import { type FamilyTable, familyOf } from '../../../lib/sources/cluster/family-table.ts';
import { Recorder } from '../../../lib/sources/cluster/recorder.ts';
import { SnapshotDecoder } from '../../../lib/sources/cluster/snapshot-decoder.ts';
import {
  type FamilyUpdate,
  SnapshotEncoder,
  type SnapshotPart,
} from '../../../lib/sources/cluster/snapshot-encoder.ts';
import { anyText, families } from '../../support/arbitraries.ts';
import fc from '../../support/property.ts';
import { familiesOf, plainFamilies, tablesOf } from '../../support/tables.ts';

// For a machine that is busy.
jest.setTimeout(60_000);

/** A process, a channel and its other end; what goes over the channel is a copy. */
function channel() {
  const recorder = new Recorder();
  const encoder = new SnapshotEncoder();
  const decoder = new SnapshotDecoder();
  return {
    async send(families: readonly MetricFamily[]) {
      const parts: SnapshotPart[] = [];
      const end = await encoder.encode(await tablesOf(families, recorder), (part) => parts.push(structuredClone(part)));
      for (const part of parts) decoder.add(part);
      const tables: readonly FamilyTable[] = await decoder.end(structuredClone(end));
      const updates = parts.flatMap((part): FamilyUpdate[] => ('update' in part ? [part.update] : []));
      const values = parts.flatMap((part) => ('values' in part ? [part.values.length] : []));
      return { tables, updates, values, end };
    },
  };
}

const counter = (name: string, queues: readonly string[], value = 1): MetricFamily => ({
  name,
  type: 'counter',
  labelNames: ['queue'],
  samples: queues.map((queue) => ({ labels: { queue }, value })),
});

const textsOf = (updates: readonly FamilyUpdate[]) => updates.flatMap(({ runs }) => runs.flatMap(({ texts }) => texts));

test('what comes out is what went in, whatever changes from one snapshot to the next', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(families(anyText), { minLength: 1, maxLength: 5 }), async (snapshots) => {
      const { send } = channel();
      for (const given of snapshots) expect(familiesOf((await send(given)).tables)).toEqual(plainFamilies(given));
    }),
    { numRuns: 60 },
  );
});

test('a family is the same, whatever is added to it, removed or put in another order', async () => {
  const queues = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));
  const names = fc.uniqueArray(fc.constantFrom('one_total', 'two_total', 'three_total'));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(names, queues), { minLength: 2, maxLength: 6 }), async (snapshots) => {
      const { send } = channel();
      for (const [i, [names, queues]] of snapshots.entries()) {
        const given = names.map((name) => counter(name, queues, i));
        expect(familiesOf((await send(given)).tables)).toEqual(given);
      }
    }),
    { numRuns: 60 },
  );
});

test('what the series of a family were a part of comes out, also after it has changed', async () => {
  const { send } = channel();
  const family = counter('h_count', ['a']);
  for (const whole of [undefined, 'h']) {
    const given = { ...(whole !== undefined && markFor(whole)), ...family };
    const { tables } = await send([given]);
    expect(tables.map((table) => wholeOf(familyOf(table)))).toEqual([whole]);
    expect(familiesOf(tables)).toEqual([given]);
  }
});

describe('over the channel go', () => {
  test('values alone, as long as the series are the same', async () => {
    const { send } = channel();
    const first = await send([counter('one_total', ['a', 'b']), counter('two_total', ['a'])]);
    expect(textsOf(first.updates)).toEqual(['a', 'b', 'a']);
    const second = await send([counter('one_total', ['a', 'b'], 2), counter('two_total', ['a'], 2)]);
    expect(second).toMatchObject({ updates: [], values: [3], end: {} });
    expect(second.tables.map(({ series }) => series)).toEqual(first.tables.map(({ series }) => series));
    for (const [i, table] of second.tables.entries()) expect(table.series).toBe(first.tables[i]?.series);
  });

  test.each([
    ['those that are new, where some are added', ['a', 'b'], ['a', 'b', 'c', 'd'], 2, ['c', 'd']],
    ['those from the first difference on, where one is removed', ['a', 'b', 'c'], ['a', 'c'], 1, ['c']],
    ['no others, where the last ones are removed', ['a', 'b', 'c'], ['a'], 1, []],
    ['no others, where all are removed', ['a', 'b'], [], 0, []],
  ])('of a family whose series change, %s', async (_what, before, after, keep, texts) => {
    const { send } = channel();
    await send([counter('one_total', before), counter('two_total', before)]);
    const { updates } = await send([counter('one_total', after), counter('two_total', before)]);
    expect(updates).toMatchObject([{ keep }]);
    expect(textsOf(updates)).toEqual(texts);
    expect(updates[0]).not.toHaveProperty('head');
  });

  test('a new help text without the series that it is of', async () => {
    const { send } = channel();
    await send([counter('one_total', ['a', 'b'])]);
    const { updates, tables } = await send([{ ...counter('one_total', ['a', 'b']), help: 'new' }]);
    expect(updates).toMatchObject([{ keep: 2, runs: [], head: { help: 'new' } }]);
    expect(tables[0]?.head.help).toBe('new');
  });

  test('many series in messages of 32 Ki characters, and many values in messages of 64 Ki', async () => {
    const { send } = channel();
    const queues = Array.from({ length: 100_000 }, (_, i) => `queue-${i}`);
    const { updates, values, tables } = await send([counter('one_total', queues, 7)]);
    const lengths = updates.map((update) => textsOf([update]).join('').length);
    expect(Math.max(...lengths)).toBeLessThan(33 * 1024);
    expect(values).toEqual([65_536, 100_000 - 65_536]);
    expect(tables[0]?.series.at(-1)?.labels).toEqual({ queue: 'queue-99999' });
    expect(tables[0]?.values.every((value) => value === 7)).toBe(true);
  });
});

test('tables that were given out stay as they are', async () => {
  const { send } = channel();
  const first = await send([counter('one_total', ['a', 'b'], 1)]);
  await send([counter('one_total', ['a', 'b', 'c'], 2)]);
  await send([counter('one_total', ['b'], 3)]);
  expect(familiesOf(first.tables)).toEqual([counter('one_total', ['a', 'b'], 1)]);
});

test('the snapshot before is what is known while the parts of the next are on their way', async () => {
  const encoder = new SnapshotEncoder();
  const decoder = new SnapshotDecoder();
  const recorder = new Recorder();
  const ends = [];
  for (const queues of [['a'], ['a', 'b']]) {
    const end = await encoder.encode(await tablesOf([counter('one_total', queues)], recorder), (part) =>
      decoder.add(part),
    );
    ends.push(decoder.end(end));
  }
  const [first = [], second = []] = await Promise.all(ends);
  expect(familiesOf(first)).toEqual([counter('one_total', ['a'])]);
  expect(familiesOf(second)).toEqual([counter('one_total', ['a', 'b'])]);
});

test('a snapshot that fails half-way leaves nothing behind, at either end', async () => {
  const encoder = new SnapshotEncoder();
  const decoder = new SnapshotDecoder();
  const recorder = new Recorder();
  const send = async (queues: readonly string[], value: number, failAt = Number.POSITIVE_INFINITY) => {
    let sent = 0;
    const tables = await tablesOf([counter('one_total', queues, value), counter('two_total', ['x'], value)], recorder);
    const end = await encoder.encode(tables, (part) => {
      if (sent++ === failAt) throw new Error('the channel is broken');
      decoder.add(structuredClone(part));
    });
    return familiesOf(await decoder.end(end));
  };
  await send(['a'], 1);
  for (const failAt of [0, 1]) {
    await expect(send(['a', 'b', `c${failAt}`], 2, failAt)).rejects.toThrow('the channel is broken');
    expect(await send(['a', 'd'], 3)).toEqual([counter('one_total', ['a', 'd'], 3), counter('two_total', ['x'], 3)]);
  }
});
