import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeProxy } from '../support/fake-proxy.ts';
import { followHints } from '../support/follow-hints.ts';
import {
  behindOne,
  behindTwo,
  CHAINED_HAPROXY,
  CHAINED_NGINX,
  isUnrecognisable,
  NGINX,
  ON_UNIX_SOCKET,
  OTHERS,
  type Start,
} from '../support/hint-situations.ts';
import { closeServers } from '../support/serve.ts';

// Following the warnings literally must let in the scraper and, at no step, a stranger.

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metrics-'));
});
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});
afterAll(() => rm(folder, { recursive: true }));

let sockets = 0;

async function expectWalk({ steps, what: _, ...start }: Start): Promise<void> {
  const { hints, open } = await followHints(start, startFakeProxy, () => join(folder, `${sockets++}.sock`));
  expect({ hints, isShort: hints.length <= steps, open }).toEqual({ hints, isShort: true, open: [] });
  expect(hints.length).toBeGreaterThan(0);
}

test.each(OTHERS)('$what: the scraper gets in within $steps, and no stranger does', expectWalk);

test.each(behindOne({ program: 'nginx', ways: NGINX }).filter((start) => !isUnrecognisable(start)))(
  '$what: the scraper gets in within $steps, and no stranger does',
  expectWalk,
);

test.each([...behindTwo(CHAINED_NGINX, CHAINED_NGINX), ...behindTwo(CHAINED_NGINX, CHAINED_HAPROXY)])(
  '$what: the scraper gets in within $steps, and no stranger does',
  expectWalk,
);

test.each(ON_UNIX_SOCKET.filter((start) => !isUnrecognisable(start)))(
  'on a unix socket, $what: the scraper gets in within $steps, and no stranger does',
  expectWalk,
);
