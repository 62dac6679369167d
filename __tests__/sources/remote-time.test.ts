import { remoteSource } from '../../lib/sources/remote.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { closeServers } from '../support/serve.ts';
import { serving, TEXT_TYPE, upstream } from '../support/upstreams.ts';

// Time passes only where a test says so: a busy machine changes nothing.
jest.mock('../../lib/parsers/text-number.ts', () => ({
  plainNumber(text: string, start: number) {
    const rest = text.slice(start);
    return /^\d+$/.test(rest) ? Number(rest) : undefined;
  },
  textNumberValue(text: string) {
    jest.advanceTimersByTime(1);
    return Number(text);
  },
}));

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'] });
});
afterEach(async () => {
  jest.useRealTimers();
  await closeServers();
});

const lines = (count: number, value: string) =>
  Array.from({ length: count }, (_, i) => `m{i="${i}"} ${value}\n`).join('');

test('the time to parse a document counts, though it has come whole and at once', async () => {
  const { url } = await upstream(serving(TEXT_TYPE, lines(1000, '0.5')));
  await expect(collectAll(remoteSource(url, { timeout: 900 }))).rejects.toMatchObject({
    code: 'ERR_METRICS_UPSTREAM_TIMEOUT',
    message: `${url}: no answer within 900 ms; see the option timeout`,
  });
});

test('a document that is parsed in time is whole, and its duration is that of the parsing', async () => {
  const { url } = await upstream(serving(TEXT_TYPE, lines(1000, '0.5')));
  const { families } = await collectAll(remoteSource(url, { timeout: 1100, up: true }));
  expect(
    families.map(({ name, samples }) => [name, samples.length === 1 ? samples[0]?.value : samples.length]),
  ).toEqual([
    ['m', 1000],
    ['remote_up', 1],
    ['remote_scrape_duration_seconds', 1],
    ['remote_scrape_body_size_bytes', lines(1000, '0.5').length],
  ]);
});

test('the time that a client takes does not count', async () => {
  const { url } = await upstream(serving(TEXT_TYPE, lines(20_000, '1')));
  const source = remoteSource(url, { timeout: 100, up: true });
  let count = 0;
  for await (const { name, samples } of source.collect(scrape()) as AsyncIterable<{
    name: string;
    samples: AsyncIterable<{ value: number }>;
  }>) {
    for await (const { value } of samples) {
      if (name === 'm' && ++count % 1000 === 0) jest.advanceTimersByTime(3_600_000);
      if (name === 'remote_up') expect(value).toBe(1);
      if (name === 'remote_scrape_duration_seconds') expect(value).toBe(0);
    }
    jest.advanceTimersByTime(3_600_000);
  }
  expect(count).toBe(20_000);
});
