import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricFamily, Sample } from '../../../lib/model/metric-family.ts';
import type { MetricsSource, Scrape } from '../../../lib/model/metrics-source.ts';
import { ChannelMember } from '../../../lib/sources/cluster/channel-member.ts';
import { type CollectResponse, Coordinator } from '../../../lib/sources/cluster/coordinator.ts';
import { createGather } from '../../../lib/sources/cluster/gather.ts';
import type { CoordinatorMessage, MemberMessage } from '../../../lib/sources/cluster/messages.ts';
import { RemoteMember } from '../../../lib/sources/cluster/remote-member.ts';
import { until } from '../../support/clients.ts';
import { family, sample } from '../../support/encode.ts';
import { familiesOf } from '../../support/tables.ts';

// For a machine that is busy: nothing waits for these to pass.
const PATIENCE_MS = 30_000;
jest.setTimeout(2 * PATIENCE_MS);
/** Time to answer that does pass: enough for those who can. */
const SHORT_MS = 500;

/** A process behind a channel that can be held up; its metrics are a counter and a gauge. */
function start(coordinator: Coordinator, name: string, source: Partial<MetricsSource> = {}) {
  let isHeld = false;
  const held: (() => void)[] = [];
  const asked: CoordinatorMessage[] = [];
  const metrics = { count: 1, level: 10 };
  const collect = (): MetricFamily[] => [
    family({ name: 'count', type: 'counter', samples: [sample(metrics.count)] }),
    family({ name: 'level', samples: [sample(metrics.level)] }),
  ];
  // Messages are copied, and take a turn to arrive.
  const deliver = <M>(message: M, receive: (message: M) => void) => {
    const copy = structuredClone(message);
    setImmediate(() => receive(copy));
  };
  let joined: RemoteMember | undefined;
  const member = new ChannelMember(createGather({ collect, ...source }), (message: MemberMessage) => {
    if (message.kind === 'hello') joined ??= new RemoteMember(coordinator, name, fromHub);
    else deliver(message, (copy) => (isHeld ? held.push(() => joined?.receive(copy)) : joined?.receive(copy)));
  });
  function fromHub(message: CoordinatorMessage): void {
    if (message.kind === 'gather') asked.push(message);
    deliver(message, (copy) => member.receive(copy));
  }
  return {
    metrics,
    asked,
    ask: (timeout = 10_000, workerLabel?: string) => member.request({ timeout, workerLabel }, PATIENCE_MS),
    /** What it says stays on its way, */
    hold() {
      isHeld = true;
    },
    /** until now. */
    release() {
      isHeld = false;
      for (const deliver of held.splice(0)) deliver();
    },
    held,
    end: () => joined?.leave(),
  };
}

/** The values, by family; of labelled series, by their labels. */
function summary({ tables, expected, responded }: CollectResponse) {
  const families = familiesOf(tables).map(({ name, samples }) => {
    const values = samples.map(({ labels, value }): [string, Sample['value']] => [Object.values(labels).join(), value]);
    return [name, values.length === 1 && values[0]?.[0] === '' ? values[0][1] : Object.fromEntries(values)];
  });
  return { ...Object.fromEntries(families), workers: `${responded}/${expected}` };
}

test('whoever asks, all answer, time and again', async () => {
  const coordinator = new Coordinator();
  const workers = ['1', '2', '3'].map((name) => start(coordinator, name));
  for (let times = 1; times < 4; times++) {
    for (const worker of workers) {
      expect(summary(await worker.ask())).toEqual({ count: 3 * times, level: 30, workers: '3/3' });
    }
    for (const { metrics } of workers) metrics.count++;
  }
});

test('those who ask at the same time share what is gathered', async () => {
  const coordinator = new Coordinator();
  const workers = ['1', '2', '3'].map((name) => start(coordinator, name));
  await workers[0]?.ask();
  const answers = await Promise.all(workers.flatMap((worker) => [worker.ask(), worker.ask()]));
  expect(answers.map(summary)).toEqual(Array(6).fill({ count: 3, level: 30, workers: '3/3' }));
  for (const { asked } of workers) expect(asked).toHaveLength(2);
});

describe('a worker that ran before the coordinator was opened', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  const turns = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };

  /** A coordinator that expects worker 2, and a request of worker 1 that is under way. */
  async function askEarly(timeout = 1_000_000) {
    const coordinator = new Coordinator();
    for (const name of ['1', '2']) coordinator.arrivals.expect(name);
    const first = start(coordinator, '1');
    const answers = [first.ask(timeout), first.ask(timeout), first.ask(timeout)];
    await turns();
    // The first one could answer by now, alone.
    expect(first.asked).toEqual([]);
    return { coordinator, first, answer: Promise.all(answers).then((all) => all.map(summary)) };
  }

  test('is in the first documents, which share what is gathered, however late it reads that it may join', async () => {
    const { coordinator, first, answer } = await askEarly();
    jest.advanceTimersByTime(1999);
    await turns();
    start(coordinator, '2');
    expect(await answer).toEqual(Array(3).fill({ count: 2, level: 20, workers: '2/2' }));
    expect(first.asked).toHaveLength(1);
  });

  test('is not waited for any more once it has exited', async () => {
    const { coordinator, answer } = await askEarly();
    coordinator.arrivals.settle('2');
    expect(await answer).toEqual(Array(3).fill({ count: 1, level: 10, workers: '1/1' }));
  });

  test('is waited for during half of the time of a request: the others have the other half to answer', async () => {
    const { first, answer } = await askEarly(1000);
    jest.advanceTimersByTime(500);
    expect(await answer).toEqual(Array(3).fill({ count: 1, level: 10, workers: '1/1' }));
    expect(first.asked).toMatchObject([{ timeout: 0.9 * 500 }]);
  });

  test('is not waited for longer than the grace, and then never again', async () => {
    const { first, answer } = await askEarly();
    jest.advanceTimersByTime(2000);
    expect(await answer).toEqual(Array(3).fill({ count: 1, level: 10, workers: '1/1' }));
    expect(summary(await first.ask(1000))).toEqual({ count: 1, level: 10, workers: '1/1' });
    expect(first.asked).toMatchObject([{ timeout: 0.9 * 998_000 }, { timeout: 0.9 * 1000 }]);
  });
});

describe('a worker that is silent', () => {
  test('is waited for once; its counter goes on to count, and its gauge does not', async () => {
    const coordinator = new Coordinator();
    const [first, second] = [start(coordinator, '1'), start(coordinator, '2')];
    second.metrics.count = 5;
    await first.ask();
    second.hold();
    expect(summary(await first.ask(SHORT_MS))).toEqual({ count: 6, level: 10, workers: '1/2' });
    // These would not end within the test, if they waited for it.
    for (let times = 0; times < 3; times++) {
      expect(summary(await first.ask(1_000_000))).toEqual({ count: 6, level: 10, workers: '1/2' });
    }
    expect(second.asked).toHaveLength(2);
  });

  test('is waited for once, even if the timer fires before the clock says so', async () => {
    const coordinator = new Coordinator();
    const [first, second] = [start(coordinator, '1'), start(coordinator, '2')];
    second.hold();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    try {
      expect(summary(await first.ask(SHORT_MS))).toMatchObject({ workers: '1/2' });
    } finally {
      clock.mockRestore();
    }
    expect(summary(await first.ask(1_000_000))).toMatchObject({ workers: '1/2' });
  });

  test('is in again when it speaks, and what it says then is not taken for an answer to what is asked then', async () => {
    const coordinator = new Coordinator();
    const [first, second] = [start(coordinator, '1'), start(coordinator, '2')];
    await first.ask();
    second.hold();
    second.metrics.level = 20;
    await first.ask(SHORT_MS);
    second.metrics.level = 30;
    const answer = first.ask();
    while (second.held.length === 0) await sleep(1);
    second.release();
    // It may be too late for this one, or not; but 20 is what it was before.
    expect([10, 40]).toContain(summary(await answer).level);
    expect(summary(await first.ask())).toEqual({ count: 2, level: 40, workers: '2/2' });
  });

  test('is waited for, where nobody else has anything to say', async () => {
    const coordinator = new Coordinator();
    const only = start(coordinator, '1');
    only.hold();
    const first = await coordinator.request({ timeout: 20 });
    expect(summary(first)).toEqual({ workers: '0/1' });
    const second = coordinator.request({ timeout: 10_000 });
    only.release();
    expect(summary(await second)).toEqual({ count: 1, level: 10, workers: '1/1' });
  });

  test('does not hold up those who have less time', async () => {
    const coordinator = new Coordinator();
    const [first, second] = [start(coordinator, '1'), start(coordinator, '2')];
    second.hold();
    const patient = first.ask(10_000);
    expect(summary(await first.ask(SHORT_MS))).toEqual({ count: 1, level: 10, workers: '1/2' });
    second.release();
    expect(summary(await patient).workers).toBe('2/2');
  });
});

test('who has more time is not cut short by who asked before and has less', async () => {
  const coordinator = new Coordinator();
  const given: ((families: MetricFamily[]) => void)[] = [];
  const collect = () => new Promise<MetricFamily[]>((give) => given.push(give));
  const fast = start(coordinator, 'fast');
  start(coordinator, 'slow', { collect });
  const hurried = fast.ask(SHORT_MS);
  const patient = fast.ask();
  expect(summary(await hurried)).toMatchObject({ workers: '1/2' });
  await until(() => given.length === 2);
  given[1]?.([family({ name: 'level', samples: [sample(20)] })]);
  expect(summary(await patient)).toMatchObject({ workers: '2/2', level: 30 });
});

describe('a worker that has ended', () => {
  test('is expected no more; its counter goes on to count, and its gauge does not', async () => {
    const coordinator = new Coordinator();
    const [first, second] = [start(coordinator, '1'), start(coordinator, '2')];
    second.metrics.count = 5;
    await first.ask();
    second.end();
    for (let times = 0; times < 2; times++) {
      expect(summary(await first.ask())).toEqual({ count: 6, level: 10, workers: '1/1' });
    }
    const third = start(coordinator, '3');
    expect(summary(await third.ask())).toEqual({ count: 7, level: 20, workers: '2/2' });
    first.end();
    expect(summary(await third.ask())).toEqual({ count: 7, level: 10, workers: '1/1' });
  });

  test('is not waited for', async () => {
    const coordinator = new Coordinator();
    const [first, second] = [start(coordinator, '1'), start(coordinator, '2')];
    await first.ask();
    second.hold();
    const answer = first.ask(1_000_000);
    while (second.held.length === 0) await sleep(1);
    second.end();
    expect(summary(await answer)).toEqual({ count: 2, level: 10, workers: '1/1' });
  });

  test('takes its series along, where they have its label', async () => {
    const coordinator = new Coordinator();
    const [first, second] = [start(coordinator, '1'), start(coordinator, '2')];
    expect(summary(await first.ask(10_000, 'worker'))).toMatchObject({
      count: { 1: 1, 2: 1 },
      level: { 1: 10, 2: 10 },
    });
    second.end();
    expect(summary(await first.ask(10_000, 'worker'))).toMatchObject({ count: { 1: 1 }, level: { 1: 10 } });
    expect(summary(await first.ask())).toMatchObject({ count: 2, level: 10 });
  });

  test('never makes a sum go backwards, whenever it ends', async () => {
    const coordinator = new Coordinator();
    const asker = start(coordinator, 'asker');
    let last = 0;
    let counted = 0;
    for (let i = 0; i < 50; i++) {
      const mortal = start(coordinator, `${i}`);
      mortal.metrics.count = 3;
      const answers = [asker.ask(), asker.ask(10_000, 'worker'), asker.ask()];
      for (let turns = i % 12; turns > 0; turns--) await new Promise(setImmediate);
      mortal.end();
      for (const answer of await Promise.all(answers)) {
        const { count } = summary(answer);
        if (typeof count !== 'number') continue;
        expect(count).toBeGreaterThanOrEqual(last);
        last = count;
      }
      counted += 3;
      expect(last).toBeLessThanOrEqual(1 + counted);
    }
    expect(last).toBeGreaterThan(1);
  });
});

describe('a source that fails', () => {
  const failing = { collect: () => Promise.reject(new Error('cannot be read')) };

  test('is a worker that did not respond, and says why', async () => {
    const coordinator = new Coordinator();
    const first = start(coordinator, '1');
    start(coordinator, '2', failing);
    const answer = await first.ask();
    expect(summary(answer)).toEqual({ count: 1, level: 10, workers: '1/2' });
    expect(answer.losses).toEqual([{ message: 'worker 2: cannot be read', family: undefined }]);
    expect(answer.failed).toBe(1);
  });

  test('with a family of its own is told of by its name', async () => {
    const coordinator = new Coordinator();
    const first = start(coordinator, '1', {
      collect({ report }: Scrape) {
        report(new Error('cannot be read'), 'level');
        return [family({ name: 'count', type: 'counter', samples: [sample(4)] })];
      },
    });
    start(coordinator, '2');
    const answer = await first.ask();
    expect(summary(answer)).toEqual({ count: 5, level: 10, workers: '2/2' });
    expect(answer.losses).toEqual([{ message: 'worker 1: cannot be read', family: 'level' }]);
  });

  test('and one that hangs has its signal aborted, and answers the next time', async () => {
    const coordinator = new Coordinator();
    const first = start(coordinator, '1');
    let scrapes = 0;
    const signals: AbortSignal[] = [];
    start(coordinator, '2', {
      collect({ signal }) {
        signals.push(signal);
        return ++scrapes === 1 ? new Promise(() => {}) : [family({ samples: [sample(1)] })];
      },
    });
    expect(summary(await first.ask(SHORT_MS)).workers).toBe('1/2');
    while (signals[0]?.aborted === false) await sleep(1);
    expect(signals[0]?.reason).toMatchObject({
      code: 'ERR_METRICS_SOURCE_TIMEOUT',
      message: 'its source did not answer within 450 ms',
    });
    while (summary(await first.ask()).workers !== '2/2') await sleep(1);
  });
});

test('a source that times out again and again leaves no generator running', async () => {
  const coordinator = new Coordinator();
  let started = 0;
  let ended = 0;
  start(coordinator, '1', {
    async *collect() {
      started++;
      try {
        for (;;) {
          await new Promise(setImmediate);
          yield family({ name: 'endless' });
        }
      } finally {
        ended++;
      }
    },
  });
  for (let scrapes = 0; scrapes < 20; scrapes++) await coordinator.request({ timeout: 20 });
  await until(() => started > 0 && ended === started);
});

test.each<[string, unknown]>([
  ['an object without a prototype', Object.create(null)],
  ['an error whose message is a function', Object.assign(new Error(), { message: () => 'broken' })],
  ['nothing', undefined],
])('a worker whose source rejects with %s answers all the same, and the next time, too', async (_what, error) => {
  const coordinator = new Coordinator();
  const first = start(coordinator, '1');
  let scrapes = 0;
  start(coordinator, '2', {
    collect: () => (scrapes++ === 0 ? Promise.reject(error) : [family({ name: 'level', samples: [sample(5)] })]),
  });
  const answer = await first.ask();
  expect(summary(answer)).toEqual({ count: 1, level: 10, workers: '1/2' });
  expect(answer.losses).toEqual([{ message: expect.stringMatching(/^worker 2: ./), family: undefined }]);
  expect(summary(await first.ask())).toEqual({ count: 1, level: 15, workers: '2/2' });
});

test('a family that only one worker gets wrong costs that family of that worker', async () => {
  const coordinator = new Coordinator();
  const first = start(coordinator, '1');
  start(coordinator, '2', {
    collect: () => [
      family({ name: 'level', aggregator: 'avg' as never, samples: [sample(5)] }),
      family({ name: 'count', type: 'counter', help: (() => 'help') as never, samples: [sample(5)] }),
      null as never,
      family({ name: 'fine', samples: [sample(5)] }),
    ],
  });
  const answer = await first.ask();
  expect(summary(answer)).toEqual({ count: 1, level: 10, fine: 5, workers: '2/2' });
  expect(answer.losses.map(({ family }) => family)).toEqual(['level', 'count', undefined]);
});

test('a hundred workers that all fail say so a hundred times at most, before what others have lost', async () => {
  const coordinator = new Coordinator();
  const first = start(coordinator, '0', {
    collect({ report }) {
      for (let i = 0; i < 100; i++) report(new Error('a part is lost'));
      return [];
    },
  });
  for (let i = 1; i < 150; i++) start(coordinator, `${i}`, { collect: () => Promise.reject(new Error('lost')) });
  const { losses, failed } = await first.ask();
  expect(losses.map(({ message }) => message)).toEqual(Array.from({ length: 100 }, (_, i) => `worker ${i + 1}: lost`));
  expect(failed).toBe(149);
});

describe('a coordinator that takes the place of another one during a scrape', () => {
  /** A process that can be moved from one coordinator to the next. */
  function startMovable() {
    const metrics = { count: 1 };
    const collect = () => [family({ name: 'count', type: 'counter', samples: [sample(metrics.count, { of: 'own' })] })];
    const joined: RemoteMember[] = [];
    const member = new ChannelMember(createGather({ collect }), (message) => {
      const copy = structuredClone(message);
      // Both coordinators listen to the same channel.
      setImmediate(() => joined.forEach((one) => void one.receive(copy)));
    });
    return {
      metrics,
      ask: () => member.request({ timeout: 10_000 }, PATIENCE_MS),
      join(coordinator: Coordinator) {
        const one = new RemoteMember(coordinator, 'worker', (message) => {
          const copy = structuredClone(message);
          setImmediate(() => member.receive(copy));
        });
        joined.push(one);
        return one;
      },
    };
  }

  /** A process beside the coordinator that answers when it is told to. */
  function joinSlow(coordinator: Coordinator) {
    const waiting: (() => void)[] = [];
    const gather = createGather({
      collect: () => [
        family({ name: 'count', type: 'counter', samples: [sample(100, { of: 'slow' })] }),
        family({ name: 'slow', samples: [sample(1, { queue: 'a' }), sample(2, { queue: 'b' })] }),
      ],
    });
    const membership = coordinator.join('slow', (round) => {
      waiting.push(async () => membership.answer(round, (await gather(PATIENCE_MS)).tables, []));
    });
    return waiting;
  }

  test.each([
    ['was closed', true],
    ['is still open', false],
  ])(
    'gives its own numbers, then and later: the one before %s, and its late answer is ignored',
    async (_how, isClosed) => {
      const [before, after] = [new Coordinator(), new Coordinator()];
      const worker = startMovable();
      const old = worker.join(before);
      expect(summary(await worker.ask())).toEqual({ count: { own: 1 }, workers: '1/1' });

      const waiting = joinSlow(before);
      const answer = worker.ask();
      await until(() => waiting.length === 1);
      if (isClosed) old.close();
      worker.join(after);
      waiting[0]?.();
      expect(summary(await answer)).toEqual({ count: { own: 1 }, workers: '1/1' });
      // The answer of the coordinator before would have arrived by then.
      expect(summary(await before.request({ timeout: 1 }))).toMatchObject({ count: { slow: 100 } });
      for (let times = 2; times < 5; times++) {
        worker.metrics.count = times;
        expect(summary(await worker.ask())).toEqual({ count: { own: times }, workers: '1/1' });
      }
    },
  );

  test('is waited for by those who have asked the one before', async () => {
    const [before, after] = [new Coordinator(), new Coordinator()];
    const worker = startMovable();
    const old = worker.join(before);
    await worker.ask();
    old.close();
    await new Promise(setImmediate);
    const answer = worker.ask();
    worker.join(after);
    expect(summary(await answer)).toEqual({ count: { own: 1 }, workers: '1/1' });
  });
});

describe('without a coordinator', () => {
  const question = { timeout: 10 };

  test('a question fails in time, and says what to do', async () => {
    const member = new ChannelMember(createGather({ collect: () => [] }), () => undefined);
    await expect(member.request(question, 20)).rejects.toMatchObject({
      code: 'ERR_METRICS_NO_PRIMARY',
      message: expect.stringMatching(/call setupPrimary\(\).*PM2/),
    });
  });

  test('a later question fails at once: no timer is set for it', async () => {
    const member = new ChannelMember(createGather({ collect: () => [] }), () => undefined);
    await expect(member.request(question, 20)).rejects.toThrow(/call setupPrimary\(\)/);
    const timers = jest.spyOn(globalThis, 'setTimeout');
    try {
      await expect(member.request(question, 20)).rejects.toThrow(/call setupPrimary\(\)/);
      expect(timers).not.toHaveBeenCalled();
    } finally {
      timers.mockRestore();
    }
    member.receive({ kind: 'announce' });
    const answer = member.request(question, PATIENCE_MS);
    member.receive({ kind: 'welcome', session: 'late' });
    member.receive({ kind: 'refused', session: 'late', id: 2, message: 'it is busy' });
    await expect(answer).rejects.toThrow('the primary process failed: it is busy');
  });

  test('the first question waits, also in a process that was blocked for long and has the answer unread', async () => {
    const member = new ChannelMember(createGather({ collect: () => [] }), () => undefined);
    const now = performance.now();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(now + 10 * PATIENCE_MS);
    try {
      const answer = member.request(question, PATIENCE_MS);
      member.receive({ kind: 'welcome', session: 'unread' });
      member.receive({ kind: 'refused', session: 'unread', id: 1, message: 'it is busy' });
      await expect(answer).rejects.toThrow('the primary process failed: it is busy');
    } finally {
      clock.mockRestore();
    }
  });

  test('and one that falls silent is told apart from that', async () => {
    const member = new ChannelMember(createGather({ collect: () => [] }), () => undefined);
    member.receive({ kind: 'welcome', session: 'first' });
    await expect(member.request(question, 20)).rejects.toMatchObject({
      code: 'ERR_METRICS_NO_PRIMARY',
      message: 'the primary process did not answer within 20 ms',
    });
  });

  test('and one that was closed is no coordinator any more', async () => {
    const member = new ChannelMember(createGather({ collect: () => [] }), () => undefined);
    member.receive({ kind: 'welcome', session: 'first' });
    member.receive({ kind: 'closed', session: 'another one' });
    await expect(member.request(question, 20)).rejects.toThrow('the primary process did not answer within 20 ms');
    member.receive({ kind: 'closed', session: 'first' });
    await expect(member.request(question, 20)).rejects.toThrow(/call setupPrimary\(\)/);
  });

  test('questions wait for one that comes later', async () => {
    const coordinator = new Coordinator();
    let joined: RemoteMember | undefined;
    const member = new ChannelMember(createGather({ collect: () => [family({ samples: [sample(1)] })] }), (message) =>
      joined?.receive(structuredClone(message)),
    );
    const answer = member.request({ timeout: 10_000 }, 20_000);
    joined = new RemoteMember(coordinator, '1', (message) =>
      setImmediate(() => member.receive(structuredClone(message))),
    );
    expect(summary(await answer)).toEqual({ m: 1, workers: '1/1' });
  });

  test('and what was said to one before is not taken up by the next', async () => {
    const said: MemberMessage[] = [];
    const families = [family({ samples: [sample(1, { queue: 'a' })] })];
    const member = new ChannelMember(createGather({ collect: () => families }), (message) => said.push(message));
    for (const session of ['first', 'second']) {
      member.receive({ kind: 'welcome', session });
      member.receive({ kind: 'gather', session, round: 1, timeout: 1000 });
      while (said.at(-1)?.kind !== 'gathered') await sleep(1);
      expect(said.splice(0).filter(({ kind }) => kind !== 'hello')).toMatchObject([
        { session, part: { update: { keep: 0, runs: [{ texts: ['a'] }] } } },
        { session, part: { values: new Float64Array([1]) } },
        { session, round: 1 },
      ]);
    }
  });
});
