import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Reply } from './mail-queue.ts';

interface Behaviour {
  readonly medianMs: number;
  /** Fraction of attempts that the server defers. */
  readonly busy: number;
}

const behaviours: Readonly<Record<string, Behaviour>> = {
  'slow.example': { medianMs: 2500, busy: 0.05 },
  'greylisting.example': { medianMs: 200, busy: 0.5 },
};
const ordinary: Behaviour = { medianMs: 120, busy: 0.03 };
const noSuchMailbox = 0.02;

/** Simulates the internet: latencies with a long tail, servers that are busy, mailboxes that do not exist. */
export async function simulatedDelivery({ queue }: Message, signal: AbortSignal): Promise<Reply> {
  const { medianMs, busy } = behaviours[queue] ?? ordinary;
  await sleep(logNormal(medianMs), undefined, { signal });

  if (Math.random() < busy) return { code: 451, reason: 'busy' };
  if (Math.random() < noSuchMailbox) return { code: 550, reason: 'no_such_mailbox' };
  return { code: 250, reason: 'ok' };
}

/** Network latencies are roughly log-normal: most are near the median, a few far above it. */
function logNormal(median: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return median * Math.exp(0.6 * normal);
}
