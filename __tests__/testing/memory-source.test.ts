import { type MemorySource, memorySource } from '../../lib/testing.ts';
import { collectAll, scrape } from '../support/collect.ts';

let source: MemorySource;
beforeEach(() => {
  source = memorySource();
});

/** Reads the values of all series, by their names and labels. */
const values = async () => {
  const { families } = await collectAll(source);
  return families.map(({ name, type, samples }) => [
    name,
    type,
    ...samples.map(({ labels, value }) => [labels, value]),
  ]);
};

test('series keep their order when they are set again', async () => {
  source.counter('requests_total', 1);
  source.gauge('queue_depth', 3, { queue: 'a', zone: 1 });
  source.gauge('queue_depth', 4, { queue: 'b' });
  source.gauge('queue_depth', 5, { zone: '1', queue: 'a' });
  expect(await values()).toEqual([
    ['requests_total', 'counter', [{}, 1]],
    ['queue_depth', 'gauge', [{ queue: 'a', zone: '1' }, 5], [{ queue: 'b' }, 4]],
  ]);
});

test('series can be set in a family that was set as a whole', async () => {
  source.set('queue_depth', { type: 'gauge', help: 'waiting', samples: [{ labels: { queue: 'a' }, value: 3 }] });
  source.gauge('queue_depth', 4, { queue: 'a' });
  source.gauge('queue_depth', 1, { queue: 'b' });
  const { families } = await collectAll(source);
  expect(families).toEqual([
    {
      name: 'queue_depth',
      type: 'gauge',
      help: 'waiting',
      samples: [
        { labels: { queue: 'a' }, value: 4 },
        { labels: { queue: 'b' }, value: 1 },
      ],
    },
  ]);
});

test('each scrape gets new samples with the same label objects', async () => {
  source.gauge('up', 0, { host: 'a' });
  const [before] = (await collectAll(source)).families;
  source.gauge('up', 1, { host: 'a' });
  const [after] = (await collectAll(source)).families;
  expect(before?.samples).toEqual([{ labels: { host: 'a' }, value: 0 }]);
  expect(after?.samples[0]?.labels).toBe(before?.samples[0]?.labels);
});

test('a series of another type is refused', () => {
  source.gauge('m', 1);
  expect(() => source.counter('m', 1)).toThrow(
    new TypeError('memorySource: name: expected the name of a counter, got "m", which is a gauge; write another name'),
  );
});

test('families that were not requested are left out', async () => {
  source.gauge('a', 1);
  source.gauge('b', 1);
  source.fail(new Error('lost'), 'a');
  const { families, reports } = await collectAll(source, { wants: (name) => name === 'b' });
  expect([families.map(({ name }) => name), reports]).toEqual([['b'], []]);
});

test('scrapes fail until recover() is called', async () => {
  const error = new Error('lost');
  source.gauge('up', 1);
  source.fail(error);
  expect(() => source.collect(scrape())).toThrow(error);
  source.recover();
  expect(await values()).toHaveLength(1);
});

test('one family is dropped until recover() is called', async () => {
  source.gauge('a', 1);
  source.gauge('b', 1);
  source.fail(new Error('gone'), 'a');
  const { families, reports } = await collectAll(source);
  expect([families.map(({ name }) => name), reports]).toEqual([['b'], ['a: gone']]);
  source.recover();
  expect(await values()).toHaveLength(2);
});

test('clear() removes all families and failures', async () => {
  source.gauge('a', 1);
  source.fail(new Error('lost'));
  source.clear();
  expect(await values()).toEqual([]);
});
