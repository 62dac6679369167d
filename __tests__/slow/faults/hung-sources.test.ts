import { activeTimeouts } from '../../support/active-timeouts.ts';
import { serve, until } from '../../support/clients.ts';

const SCRAPES = 1000;

test.each(['collect()', 'its samples'])(
  '1,000 scrapes whose source hangs in %s are given up: signals are aborted, slots and timers come back',
  async (place) => {
    const signals: AbortSignal[] = [];
    let hangs = true;
    const never = () => new Promise<never>(() => {});
    const samples = { [Symbol.asyncIterator]: () => ({ next: never }) };
    const service = await serve({
      source: {
        collect({ signal }) {
          if (!hangs) return [];
          signals.push(signal);
          return place === 'collect()' ? never() : [{ name: 'hung', type: 'gauge' as const, samples }];
        },
      },
      maxInFlight: SCRAPES,
      timeout: 500,
    });
    const timeouts = activeTimeouts();
    // Documents that differ are not shared.
    const scrape = (n: number) => service.get(`/metrics.json?name[]=hung&name[]=other_${n}`);
    const answers = await Promise.all(Array.from({ length: SCRAPES }, (_, n) => scrape(n)));

    expect(answers.filter(({ status }) => status !== 503)).toEqual([]);
    expect(signals).toHaveLength(SCRAPES);
    expect(signals.filter(({ aborted }) => !aborted)).toEqual([]);
    hangs = false;
    await until(() => activeTimeouts() <= timeouts);
    const after = await Promise.all(Array.from({ length: SCRAPES }, (_, n) => scrape(n)));
    expect(after.filter(({ status }) => status !== 200)).toEqual([]);
  },
);
