import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { runInThisContext } from 'node:vm';
import { connections, type Service, until } from './clients.ts';
import type { CountedSource } from './counted.ts';

jest.setTimeout(120_000);

export const MIB = 1024 * 1024;

/** Waits until no iterator and no connection is open, and asserts that every slot can be taken. */
export async function expectAllReleased(
  { server, get }: Service,
  { families, samples, hold }: CountedSource,
  maxInFlight: number,
): Promise<void> {
  await until(() => samples.open === 0 && families.open === 0);
  await until(async () => (await connections(server)) === 0);

  const held = hold();
  // Different documents are not shared, so each needs a slot.
  const scrape = (n: number) => get(`/metrics.json?name[]=queue_depth&name[]=slot_${n}`);
  const inSlots = Promise.all(
    Array.from({ length: maxInFlight }, async (_, n) => {
      // A client that left while waiting for its turn holds its slot until then.
      await until(async () => (await scrape(n)).status === 200);
    }),
  );
  await Promise.race([inSlots, until(() => held.waiting === maxInFlight)]);
  expect(held.waiting).toBe(maxInFlight);
  expect(await scrape(maxInFlight)).toMatchObject({ status: 503 });
  held.release();
  await inSlots;
  await until(async () => (await connections(server)) === 0);
}

/** Returns the bytes of heap and buffers in use. `external` includes `arrayBuffers`. */
export async function memoryInUse(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('run these tests with `npm run test:faults`, for --expose-gc');
  // Finalizers of one collection release memory for the next.
  for (let times = 0; times < 3; times++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Returns the least growth of the memory in use, in bytes, in one of three equal runs of some work.
 *
 * A leak shows in each. Code that Node compiles on the way does not, and a process that ran other suites compiles some late.
 */
export async function leastGrowth(work: (run: number) => Promise<void>): Promise<number> {
  const growths: number[] = [];
  let before = await memoryInUse();
  for (let run = 0; run < 3; run++) {
    await work(run);
    const after = await memoryInUse();
    growths.push(after - before);
    before = after;
  }
  return Math.min(...growths);
}

/** Watches the server's sockets without keeping them from being garbage-collected. */
export function watchSockets({ server }: Service): { readonly opened: number; readonly alive: number } {
  const sockets: WeakRef<Socket>[] = [];
  server.on('connection', (socket) => sockets.push(new WeakRef(socket)));
  return {
    get opened() {
      return sockets.length;
    },
    get alive() {
      return sockets.filter((socket) => socket.deref() !== undefined).length;
    },
  };
}

// Jest gives tests a copy of `process`, on which Node emits no events.
const nodeProcess: NodeJS.Process = runInThisContext('process');

/** Watches warnings of Node, such as about too many listeners. */
export function watchNodeWarnings(): { readonly seen: string[]; stop(): void } {
  const seen: string[] = [];
  const listener = (warning: Error) => seen.push(String(warning));
  nodeProcess.on('warning', listener);
  return { seen, stop: () => void nodeProcess.off('warning', listener) };
}

/** Returns the number of listeners of each event. */
export const listenersOf = (socket: Socket) =>
  Object.fromEntries(socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]));
