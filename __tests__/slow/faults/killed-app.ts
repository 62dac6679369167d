// A service that kills itself at a chunk, as hard as the kernel kills: for every-kill.test.ts to start.

import cluster from 'node:cluster';
import express from 'express';
import { type MetricsSource, metricsRouter } from '../../../lib/index.ts';
import { clusterSource, setupPrimary } from '../../../lib/sources/cluster.ts';
import { families, forever, LONG_TIMEOUT } from './chunks.ts';
import type { Ports } from './fetches.ts';
import { listenInEachWay } from './listeners.ts';

/** What the environment says of a process. */
export interface KillSettings {
  /** Alone, or one of a cluster: the one that is asked, or one of the others. */
  readonly as: 'alone' | 'asked' | 'other';
  /** Below zero: it lives. */
  readonly at: number;
  /** How many scrapes have to come to that chunk before. */
  readonly clients: number;
}

/** What a process says when it is ready: where it listens, if it does. And a cluster, when one of its processes has ended. */
export interface Message {
  readonly ready?: Ports;
  readonly signal?: string;
}

const text = process.env.KILLED;
if (text === undefined) startCluster();
else await start(JSON.parse(text));

/** The primary of a cluster: it starts the workers that it is told to. */
function startCluster(): void {
  setupPrimary();
  process.on('message', (killed: KillSettings) => cluster.fork({ KILLED: JSON.stringify(killed) }));
  cluster.on('message', (_worker, said) => {
    if (said?.ready !== undefined) process.send?.(said);
  });
  cluster.on('exit', (_worker, _code, signal) => process.send?.({ signal } satisfies Message));
  process.on('disconnect', () => process.exit());
}

async function start({ as, at, clients }: KillSettings): Promise<void> {
  const own: MetricsSource = { collect: () => families(() => undefined) };
  if (as === 'other') dieTelling(at);
  const source = as === 'alone' ? own : clusterSource(own);
  const router = express.Router();
  let arrived = 0;
  /** Waits for the others, and takes all of them with it. */
  const die = () => {
    if (++arrived === clients) process.kill(process.pid, 'SIGKILL');
    return forever();
  };
  // Clients of one router might share a document.
  for (let client = 0; client < clients; client++) {
    const collect: MetricsSource['collect'] = async function* (scrape) {
      let chunk = 0;
      for await (const family of await source.collect(scrape)) {
        if (chunk++ === at) await die();
        yield family;
      }
    };
    router.use(
      `/${client}`,
      metricsRouter({ source: { collect }, ...LONG_TIMEOUT, maxInFlight: 2, allowHttp10: true }),
    );
  }
  const { plain, tls, h2 }: Ports = as === 'other' ? { plain: 0, tls: 0, h2: 0 } : await listenInEachWay(router);
  process.send?.({ ready: { plain, tls, h2 } } satisfies Message);
  process.on('disconnect', () => process.exit());
}

/** Dies at one of the messages in which it tells the others of its chunks. */
function dieTelling(at: number): void {
  const send = process.send?.bind(process) as (message: unknown, ...rest: unknown[]) => boolean;
  let told = 0;
  process.send = (message: unknown, ...rest: unknown[]) => {
    const { kind } = (message as { message?: { kind?: string } }).message ?? {};
    if (kind === 'part' && told++ === at) process.kill(process.pid, 'SIGKILL');
    return send(message, ...rest);
  };
}
