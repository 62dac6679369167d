import express from 'express';
import { metricsRouter } from '../../../lib/index.ts';
import { CHUNKS, families, forever, KILOBYTES } from './chunks.ts';
import { ways } from './fetches.ts';
import { listenInEachWay } from './listeners.ts';

// A client that reads to the end and says whether it got one, for every place at which a source can fail.

const faults = {
  throws: () => {
    throw new Error('the database went away');
  },
  hangs: forever,
  nothing: () => undefined,
};

const router = express.Router();
for (const [fault, happens] of Object.entries(faults)) {
  for (let at = 0; at < CHUNKS; at++) {
    const source = { collect: () => families((chunk) => chunk === at && happens()) };
    router.use(`/${fault}/${at}`, metricsRouter({ source, timeout: 1000, allowHttp10: true, onError: () => {} }));
  }
}

let ports: Awaited<ReturnType<typeof listenInEachWay>>;
beforeAll(async () => {
  ports = await listenInEachWay(router);
});
afterAll(() => ports.close());

test.each(ways)('$how, $path: a source that fails at any chunk is seen to', async ({ path, fetch }) => {
  const whole = await fetch(ports, `/nothing/0${path}`);
  expect(whole?.length).toBeGreaterThan(CHUNKS * KILOBYTES * 500);
  for (const fault of ['throws', 'hangs'] as const) {
    const all = Array.from({ length: CHUNKS }, (_, at) => fetch(ports, `/${fault}/${at}${path}`));
    const answers = await Promise.all(all);
    expect([fault, answers.filter((answer) => answer !== undefined)]).toEqual([fault, []]);
  }
});
