import express from 'express';
import { yieldToEventLoop } from '../../lib/util/event-loop.ts';
import { requestPath, serve, until } from '../support/clients.ts';

/** Works for at least `ms` milliseconds, with calls of `yieldToEventLoop`. */
async function work(ms: number, each = () => {}): Promise<void> {
  let worked = 0;
  while (worked < ms) {
    const startedAt = performance.now();
    while (performance.now() < startedAt + 0.5);
    worked += performance.now() - startedAt;
    each();
    await yieldToEventLoop();
  }
}

/** Counts turns of the event loop until it is stopped. */
function countTurns() {
  const counter = { turns: 0, stop: () => clearImmediate(immediate) };
  const count = () => {
    counter.turns++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  return counter;
}

/** Uses up the time slice and waits for the next one. */
async function freshSlice(): Promise<void> {
  let turn = yieldToEventLoop();
  while (turn === undefined) turn = yieldToEventLoop();
  await turn;
}

test('long work yields to the event loop every 5 ms', async () => {
  let now = Math.ceil(performance.now());
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
  try {
    now += 5;
    await freshSlice();
    const counter = countTurns();
    const yieldedAfter: number[] = [];
    for (let worked = 0.5; worked <= 200; worked += 0.5) {
      now += 0.5;
      const turn = yieldToEventLoop();
      if (turn === undefined) continue;
      await turn;
      yieldedAfter.push(worked);
    }
    counter.stop();
    expect(yieldedAfter).toEqual(Array.from({ length: 40 }, (_, slice) => 5 * (slice + 1)));
    expect(counter.turns).toBeGreaterThanOrEqual(yieldedAfter.length);
  } finally {
    clock.mockRestore();
  }
});

test('several tasks hold the event loop no longer than one, as it turns between them', async () => {
  await freshSlice();
  const counter = countTurns();
  const workers: Set<string>[] = [];
  const noted = (name: string) => () => {
    workers[counter.turns] = (workers[counter.turns] ?? new Set()).add(name);
  };
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => work(50, noted(name))));
  counter.stop();
  // All start at once; from then on, each turn belongs to one of them.
  expect(workers[0]?.size).toBe(4);
  expect(workers.slice(1).map((names) => names.size)).toEqual(workers.slice(1).map(() => 1));
});

test('short work is not interrupted', async () => {
  await freshSlice();
  let interruptions = 0;
  for (let i = 0; i < 100; i++) if (yieldToEventLoop() !== undefined) interruptions++;
  expect(interruptions).toBeLessThan(100);
});

test('waiting tasks resume one after the other', async () => {
  const order: number[] = [];
  while (yieldToEventLoop() === undefined);
  await Promise.all(Array.from({ length: 10 }, (_, n) => yieldToEventLoop()?.then(() => order.push(n))));
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('other requests get responses while large documents are written', async () => {
  const app = express();
  let answered = 0;
  app.get('/ping', (_req, res) => {
    answered++;
    res.end('pong');
  });
  const samples = Array.from({ length: 100_000 }, (_, n) => ({
    labels: { id: `series-${n}`, zone: 'a' },
    value: n / 3,
  }));
  const source = { collect: () => [{ name: 'many', type: 'gauge' as const, samples }] };
  const service = await serve({ source }, app);

  let areScraping = true;
  const scrapes = Promise.all(Array.from({ length: 4 }, () => service.get('/metrics.json'))).finally(() => {
    areScraping = false;
  });
  await until(() => service.decisions.length > 0);
  answered = 0;
  while (areScraping) expect((await requestPath(service.port, '/ping')).text).toBe('pong');
  for (const { status } of await scrapes) expect(status).toBe(200);
  expect(answered).toBeGreaterThan(10);
});
