import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import express from 'express';
import { metricsRouter } from '../../../lib/index.ts';
import { remoteSource } from '../../../lib/sources/remote.ts';
import { bundle } from '../../support/bundle.ts';
import { CHUNKS, KILOBYTES, LONG_TIMEOUT } from './chunks.ts';
import { type Ports, ways } from './fetches.ts';
import type { KillSettings, Message } from './killed-app.ts';
import { listenInEachWay } from './listeners.ts';

// As every-chunk.test.ts, with a process that is killed: it has no chance to break a connection off itself.

const SERIES = CHUNKS * KILOBYTES;

const children = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.disconnect();
    await once(child, 'exit');
  }
});

let app: string | undefined;

function startChild(killed?: KillSettings): ChildProcess {
  app ??= bundle(__dirname, 'killed-app');
  const child = fork(app, {
    execArgv: [],
    env: { ...process.env, ...(killed && { KILLED: JSON.stringify(killed) }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  children.add(child);
  return child;
}

/** The next thing of its kind that the child says. */
function hear<K extends keyof Message>(child: ChildProcess, kind: K): Promise<NonNullable<Message[K]>> {
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => {
      child.off('message', listen).off('exit', fail);
      finish();
    };
    const listen = ({ [kind]: said }: Message) => {
      if (said !== undefined) end(() => resolve(said));
    };
    const fail = () => end(() => reject(new Error(`it has ended without a word: ${kind}`)));
    child.on('message', listen).on('exit', fail);
  });
}

/** How many series every way brought, each from a router of its own; undefined for what was not whole. */
function fetchAll(ports: Ports) {
  return Promise.all(
    ways.map(async ({ path, fetch }, way) => {
      const document = await fetch(ports, `/${way}${path}`);
      return document === undefined ? undefined : (document.match(/"?noise"?[=:]"/g)?.length ?? 0);
    }),
  );
}

const NOTHING = ways.map(() => undefined);

/** Each takes a process to start: fewer in CI, where other suites have to run. */
const chunks = Array.from({ length: CHUNKS }, (_, chunk) => chunk).filter(
  (chunk) => !process.env.CI || chunk % 3 === 0,
);

describe('the process that serves', () => {
  const clients = 2 * ways.length;

  /** A service that reads from it, once for each way, the document that it gives. */
  async function startFront({ plain }: Ports) {
    const router = express.Router();
    for (const [way, { path }] of ways.entries()) {
      const source = remoteSource(`http://127.0.0.1:${plain}/${ways.length + way}${path}`, LONG_TIMEOUT);
      router.use(`/${way}`, metricsRouter({ source, ...LONG_TIMEOUT, allowHttp10: true, onError: () => {} }));
    }
    return listenInEachWay(router);
  }

  async function fetchFrom(child: ChildProcess) {
    const exited = once(child, 'exit');
    const ports = await hear(child, 'ready');
    const front = await startFront(ports);
    const [directly, through] = await Promise.all([fetchAll(ports), fetchAll(front)]);
    front.close();
    return { directly, through, exited };
  }

  const start = (at: number) => startChild({ as: 'alone', at, clients });

  test('is heard to the end when nobody kills it, and so is who reads from it', async () => {
    const { directly, through } = await fetchFrom(start(-1));
    expect([...directly, ...through]).toEqual(Array(clients).fill(SERIES));
  });

  test(`is killed at each of ${chunks.length} chunks: no client, and none of who reads from it, gets a body that ends as whole`, async () => {
    for (const at of chunks) {
      const child = start(at);
      const { directly, through, exited } = await fetchFrom(child);
      expect({ at, directly, through }).toEqual({ at, directly: NOTHING, through: NOTHING });
      expect(await exited).toEqual([null, 'SIGKILL']);
    }
  });
});

describe('a cluster', () => {
  const clients = ways.length;
  let primary: ChildProcess;
  let asked: Ports;

  async function grow(killed: KillSettings): Promise<Ports> {
    primary.send(killed);
    return hear(primary, 'ready');
  }

  beforeAll(async () => {
    primary = startChild();
    asked = await grow({ as: 'asked', at: -1, clients });
  });

  test('whose worker is killed when it is asked, at any chunk: nobody gets a body that ends as whole', async () => {
    for (const at of chunks) {
      const ports = await grow({ as: 'asked', at, clients });
      const ended = hear(primary, 'signal');
      expect({ at, got: await fetchAll(ports) }).toEqual({ at, got: NOTHING });
      expect(await ended).toBe('SIGKILL');
    }
  });

  test('whose worker is killed while it tells another of its chunks: a document has nothing of it', async () => {
    for (const at of chunks) {
      await grow({ as: 'other', at, clients });
      const ended = hear(primary, 'signal');
      const got = await fetchAll(asked);
      expect({ at, got: got.filter((series) => series !== undefined && series !== SERIES) }).toEqual({ at, got: [] });
      expect(got).toContain(SERIES);
      expect(await ended).toBe('SIGKILL');
    }
  });

  test('has the chunks of a worker that lives', async () => {
    await grow({ as: 'other', at: -1, clients });
    const got = await fetchAll(asked);
    expect(got).toEqual(Array(clients).fill(2 * SERIES));
  });
});
