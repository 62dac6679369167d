import { MAX_SHARED_BYTES, SharedDocuments } from '../../../lib/http/shared-documents.ts';
import { combineSources, type MetricsSource } from '../../../lib/index.ts';
import { collectAll } from '../../support/collect.ts';
import { MIB, memoryInUse } from '../../support/released.ts';
import { queueDepth, sourceOf } from '../../support/scrape-sources.ts';

/** One that wants to know when the scrape is over, and does not say when that is nothing to it any more. */
const listening: MetricsSource = {
  collect({ signal }) {
    signal.addEventListener('abort', () => {});
    return [{ ...queueDepth, name: 'listening' }];
  },
};

test('a scrape of several sources leaves nothing', async () => {
  const source = combineSources([sourceOf(queueDepth), listening]);
  const scrapes = async (count: number) => {
    for (let n = 0; n < count; n++) await collectAll(source);
  };
  await scrapes(500);
  const before = await memoryInUse();
  await scrapes(2000);
  expect((await memoryInUse()) - before).toBeLessThan(3 * MIB);
});

test('what is beyond the number of documents that are kept is not in memory either', async () => {
  const documents = new SharedDocuments(3_600_000);
  const before = await memoryInUse();
  for (let n = 0; n < 1000; n++) {
    const document = documents.start(`key ${n}`, { waited: 0, onAbandoned: () => {} });
    document.complete({ length: MAX_SHARED_BYTES, parts: [Buffer.alloc(MAX_SHARED_BYTES, n)] });
  }
  expect(documents.cached('key 999')?.length).toBe(MAX_SHARED_BYTES);
  expect(documents.cached('key 0')).toBeUndefined();
  expect((await memoryInUse()) - before).toBeLessThan(30 * MIB);
});
