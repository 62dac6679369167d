import { startLoad, startSide } from './client.js';
import { atLeast, atMost, median } from './figures.js';

/** Short, and in turn, as the speed of a machine drifts within seconds. A round has at least one request. */
const ROUNDS = 16;
/** Launches of both sides. Those of the same code differ by up to a fifth where a request is short. */
const LAUNCHES = { ofFew: 5, ofMany: 2 };
const FEW = 100;
const ROUND_MS = 250;
/** 4 s of each side: V8 compiles hot code meanwhile, and more of it the more code there is. */
const WARM_UP = 16;
const PLAIN = 'prom-client';
const BUNDLE = 'express-prom-bundle';

// How many children, what of ours, the peer, how many connections, and how many times as many requests per second it
// must be. What most services are comes first: few series, and one scraper.
const PAIRS = [
  [10, '/metrics', BUNDLE, 1, 1],
  ['default metrics', '/metrics', PLAIN, 1, 1],
  [100, '/metrics', BUNDLE, 1, 1.7],
  [1_000, '/metrics.json', BUNDLE, 1, 5],
  [1_000, '/metrics', BUNDLE, 1, 3.5],
  [1_000, '/metrics', BUNDLE, 8, 9],
  [10_000, '/metrics.json', PLAIN, 1],
  [10_000, '/metrics', PLAIN, 1],
  [100_000, '/metrics.json', PLAIN, 1],
  [100_000, '/metrics', PLAIN, 1],
];

/** Requests per second over HTTP against a peer's text, and the server's CPU time for each, in turn. */
export async function* requests() {
  const load = startLoad();
  for (const [content, target, peer, connections, bound] of PAIRS) {
    const launches = [];
    for (let left = content > FEW ? LAUNCHES.ofMany : LAUNCHES.ofFew; left > 0; left--)
      launches.push(await measure(load, content, target, peer, connections));
    const size = typeof content === 'number' ? `${content.toLocaleString('en')} children` : content;
    const figure = `HTTP, ${size}, ${connections} connection${connections === 1 ? '' : 's'}: ${target} against ${peer}`;
    const ratioOf = (pairs, name) => median(pairs.map(({ ours, theirs }) => ours[name] / theirs[name]));
    const ratio = (name) => median(launches.map((pairs) => ratioOf(pairs, name)));
    yield atLeast(`${figure}, requests per second`, ratio('perSecond'), bound);
    yield atMost(`${figure}, CPU time per request`, ratio('cpu'), undefined, '×');
  }
  await load.stop();
}

async function measure(load, content, target, peer, connections) {
  const isDefault = content === 'default metrics';
  const ours = await startSide(isDefault ? `ours, ${content}` : 'ours, prom-client', isDefault ? 0 : content);
  const theirs = await startSide(isDefault ? `${peer}, ${content}` : peer, isDefault ? 0 : content);
  const sides = { ours, theirs };
  const pairs = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const pair = {};
    // In turn who is first, as the machine's speed drifts.
    for (const name of round % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours']) {
      const side = sides[name];
      await side.ask('touch');
      const before = await side.ask('cpu');
      const { responses, ms } = await load.run({
        port: side.port,
        target: name === 'ours' ? target : '/metrics',
        connections,
        ms: ROUND_MS,
      });
      const cpu = (await side.ask('cpu')) - before;
      pair[name] = { perSecond: (1000 * responses) / ms, cpu: cpu / responses };
    }
    if (round >= 0) pairs.push(pair);
  }
  await Promise.all([ours.stop(), theirs.stop()]);
  return pairs;
}
