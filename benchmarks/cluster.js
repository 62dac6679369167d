import { fileURLToPath } from 'node:url';
import { startSide } from './client.js';
import { atLeast, atMost, median } from './figures.js';

const CHILDREN = 10_000;
const ROUNDS = 15;
const script = fileURLToPath(new URL('./cluster-side.js', import.meta.url));

/** A scrape of all workers, from the request to the complete text: in a worker of ours, in the primary of prom-client. */
export async function* cluster() {
  for (const count of [2, 4, 8]) {
    const ours = await startSide('ours', CHILDREN, { script, more: [count] });
    const peer = await startSide('prom-client', CHILDREN, { script, more: [count] });
    const sides = { ours, peer };
    const pairs = { scrape: [], stall: [] };
    for (let round = -3; round < ROUNDS; round++) {
      for (const command of ['scrape', 'stall']) {
        const pair = {};
        for (const name of round % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours']) {
          await sides[name].ask('touch');
          pair[name] = await sides[name].ask(command);
        }
        // The first ones find cold caches, and send the label sets: that is a start, not a scrape.
        if (round >= 0) pairs[command].push(pair);
      }
    }
    await Promise.all([ours.stop(), peer.stop()]);
    const of = (command, side) => median(pairs[command].map((pair) => pair[side].ms ?? pair[side]));
    const ratio = (command) => median(pairs[command].map(({ ours, peer }) => (peer.ms ?? peer) / (ours.ms ?? ours)));
    const figure = `${count} workers of ${CHILDREN.toLocaleString('en')} children`;
    const ms = (command) => `${of(command, 'ours').toFixed(1)} ms against ${of(command, 'peer').toFixed(0)} ms`;
    yield atLeast(
      `${figure}: a scrape of all against AggregatorRegistry (${ms('scrape')})`,
      ratio('scrape'),
      3,
      '× faster',
    );
    yield atMost(
      `${figure}: the primary's longest stall, in CPU time, against AggregatorRegistry's (${ms('stall')})`,
      1 / ratio('stall'),
      1 / 3,
      '× its time',
    );
  }
}
