import { setImmediate as turn } from 'node:timers/promises';

const SAMPLE_INTERVAL = 10_000;

const { setInterval } = globalThis;

/** Catches the timers of dashboards that are created from now on. Returns what fires them all, and waits for the samples. */
export function catchSampleTimers(): { readonly count: number; sample(times?: number): Promise<void> } {
  const fires: (() => void)[] = [];
  jest.spyOn(globalThis, 'setInterval').mockImplementation(((callback: () => void, ms?: number) => {
    const timer = setInterval(callback, ms);
    if (ms === SAMPLE_INTERVAL) fires.push(callback);
    return timer;
  }) as typeof setInterval);
  return {
    get count() {
      return fires.length;
    },
    async sample(times = 1) {
      for (let n = 0; n < times; n++) {
        for (const fire of fires) fire();
        // Of several samples that are due, one goes on in each turn.
        for (let turns = 0; turns < 20 + 5 * fires.length; turns++) await turn();
      }
    },
  };
}
