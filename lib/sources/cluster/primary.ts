import cluster from 'node:cluster';
import { MetricsError } from '../../errors.ts';
import { type Gather, gatherFor } from './gather.ts';
import { type Asker, createHub, type Hub, NO_PRIMARY } from './hub.ts';
import { serveProcesses } from './process-channel.ts';
import { serveThreads } from './thread-channel.ts';

/** Where workers and threads meet, while it is open. */
let open: { readonly hub: Hub; close(): void } | undefined;
/** How this process gathers its own metrics, if it has a source. */
let own: Gather | undefined;

export const isOpen = () => open !== undefined;

/** Opens the hub to workers and threads, if it is not open; returns how to close it. */
export function openHub(): () => void {
  if (open !== undefined) return open.close;
  const hub = createHub();
  const stops = [serveProcesses(hub), serveThreads(hub)];
  if (own !== undefined) join(hub, own);
  const opened = {
    hub,
    close() {
      for (const stop of stops.splice(0)) stop();
      if (open === opened) open = undefined;
    },
  };
  open = opened;
  return opened.close;
}

/** The primary process itself, or one that has no workers and is its whole cluster. */
export function joinAsPrimary(gather: Gather): Asker {
  own = gather;
  if (open !== undefined) join(open.hub, gather);
  const alone = createHub();
  join(alone, gather);
  return {
    async ask(question) {
      const hasWorkers = Object.keys(cluster.workers ?? {}).length > 0;
      if (open === undefined && hasWorkers) throw new MetricsError('NO_PRIMARY', NO_PRIMARY);
      return (open?.hub ?? alone).ask(question);
    },
  };
}

function join(hub: Hub, gather: Gather): void {
  const membership = hub.join('primary', (round, timeout) => void gatherFor(membership, gather, round, timeout));
}
