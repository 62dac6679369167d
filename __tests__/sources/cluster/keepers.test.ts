import { setImmediate as turn } from 'node:timers/promises';
import { KeeperOffers } from '../../../lib/sources/cluster/keeper-offers.ts';
import { KeeperPeer, Keepers } from '../../../lib/sources/cluster/keepers.ts';

/** Processes that offer to keep a topic; each answers with its name and the query. */
function start(...names: string[]) {
  const keepers = new Keepers();
  return names.map((name) => {
    const offers = new KeeperOffers();
    const peer = new KeeperPeer(keepers, (message) => offers.receive(message));
    offers.offer('topic', async function* answer(query) {
      yield name;
      yield query;
      if (query === 'fail') throw new Error('no');
    });
    return { offers, join: () => offers.start((message) => peer.receive(message)), leave: () => peer.leave() };
  });
}

const ask = ({ offers }: { readonly offers: KeeperOffers }, query = '?') => offers.ask('topic', query, 60_000);

test('the first process that offers keeps the topic, and answers for all', async () => {
  const [a, b, c] = start('a', 'b', 'c') as [ReturnType<typeof start>[0], ...ReturnType<typeof start>];
  for (const one of [b!, a, c!]) one.join();
  expect([a, b!, c!].map(({ offers }) => offers.isKeeper('topic'))).toEqual([false, true, false]);
  expect(await Promise.all([a, b!, c!].map((one) => ask(one)))).toEqual([
    ['b', '?'],
    ['b', '?'],
    ['b', '?'],
  ]);
});

test('the next process keeps the topic when the keeper leaves', async () => {
  const [a, b] = start('a', 'b');
  a!.join();
  b!.join();
  expect(b!.offers.isKeeper('topic')).toBe(false);
  a!.leave();
  expect(b!.offers.isKeeper('topic')).toBe(true);
  expect(await ask(b!)).toEqual(['b', '?']);
});

test('the next process keeps the topic when the keeper withdraws its offer, and only that topic', async () => {
  const [a, b] = start('a', 'b');
  for (const { offers } of [a!, b!]) offers.offer('other', async function* answer() {});
  a!.join();
  b!.join();
  a!.offers.withdraw('topic');
  expect([a!, b!].map(({ offers }) => offers.isKeeper('topic'))).toEqual([false, true]);
  expect([a!, b!].map(({ offers }) => offers.isKeeper('other'))).toEqual([true, false]);
  expect(await ask(a!)).toEqual(['b', '?']);
  b!.offers.withdraw('topic');
  expect(await ask(a!)).toBeUndefined();
});

test('a process that withdraws an offer without being the keeper changes nothing, and is not chosen later', () => {
  const [a, b, c] = start('a', 'b', 'c');
  for (const one of [a!, b!, c!]) one.join();
  b!.offers.withdraw('topic');
  expect(a!.offers.isKeeper('topic')).toBe(true);
  a!.leave();
  expect([b!, c!].map(({ offers }) => offers.isKeeper('topic'))).toEqual([false, true]);
});

test('an offer that is withdrawn is not repeated to a new coordinator, and does not answer', async () => {
  const [a] = start('a');
  a!.offers.withdraw('topic');
  const send = jest.fn();
  a!.offers.start(send);
  a!.offers.receive({ kind: 'chosen', topic: 'topic' });
  a!.offers.receive({ kind: 'ask', id: 1, topic: 'topic', query: '?' });
  await turn();
  expect(a!.offers.isKeeper('topic')).toBe(false);
  expect(send.mock.calls).toEqual([[{ kind: 'answered', id: 1, isComplete: false }]]);
});

test('there is no answer without a coordinator, without a keeper, and if the keeper fails or leaves meanwhile', async () => {
  const [a, b] = start('a', 'b');
  expect(await ask(b!)).toBeUndefined();
  a!.join();
  b!.join();
  expect(await b!.offers.ask('other', '?', 60_000)).toBeUndefined();
  expect(await ask(b!, 'fail')).toBeUndefined();
  const pending = ask(b!);
  a!.leave();
  expect(await pending).toBeUndefined();
});

test('a process that is told that the coordinator is gone keeps nothing, and waits for no answer', async () => {
  const [a, b] = start('a', 'b');
  a!.join();
  b!.join();
  const pending = ask(b!);
  for (const one of [a!, b!]) one.offers.end();
  expect(await pending).toBeUndefined();
  expect(a!.offers.isKeeper('topic')).toBe(false);
  b!.join();
  expect(a!.offers.isKeeper('topic')).toBe(false);
});

test('a keeper that does not answer is given up after the timeout', async () => {
  const offers = new KeeperOffers();
  offers.start(() => undefined);
  expect(await offers.ask('topic', '?', 5)).toBeUndefined();
});

test('the coordinator forgets the questions that a keeper has not answered when their time is up', async () => {
  jest.useFakeTimers();
  try {
    const keepers = new Keepers();
    const keeper = new KeeperPeer(keepers, () => undefined);
    keeper.receive({ kind: 'offer', topic: 'topic' });
    const send = jest.fn();
    const asker = new KeeperPeer(keepers, send);
    for (let id = 1; id <= 100; id++) asker.receive({ kind: 'ask', id, topic: 'topic', query: '?', timeout: 50 });
    await jest.advanceTimersByTimeAsync(49);
    expect(send).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(send.mock.calls).toEqual(
      Array.from({ length: 100 }, (_, i) => [{ kind: 'answered', id: i + 1, isComplete: false }]),
    );
    for (let id = 1; id <= 100; id++) keeper.receive({ kind: 'chunk', id, text: 'late' });
    keeper.leave();
    expect(send).toHaveBeenCalledTimes(100);
  } finally {
    jest.useRealTimers();
  }
});

test('an answer in time leaves no timer', async () => {
  jest.useFakeTimers();
  try {
    const [a, b] = start('a', 'b');
    a!.join();
    b!.join();
    expect(await ask(b!)).toEqual(['a', '?']);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});
