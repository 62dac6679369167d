import { Agent } from 'node:http';
import { download, startSide } from './client.js';
import { atMost, median } from './figures.js';

/** Scrapes of a start. It takes a few until the texts of a million label sets are cached. */
const WARM_UP = 5;
const ROUNDS = 5;
const PEER_ROUNDS = 1;

/** The longest time that the event loop of the service did not turn during a scrape, and what others feel of it. */
export async function* stalls() {
  for (const [side, target, bound] of [
    ['ours, plain', '/metrics.json', 20],
    ['ours, plain', '/metrics', 20],
    ['ours, registry', '/metrics.json', 20],
    ['ours, prom-client', '/metrics.json', 50],
  ]) {
    const stall = await longestStall(side, target, { warmUp: WARM_UP, rounds: ROUNDS });
    yield atMost(`${side}, 1M children, ${target}: longest stall`, stall, bound, ' ms');
  }
  const stall = await longestStall('prom-client', '/metrics', { warmUp: 1, rounds: PEER_ROUNDS });
  yield atMost('prom-client, 1M children, /metrics: longest stall', stall, undefined, ' ms');
  for (const [side, target, bound] of [
    ['ours, prom-client', '/metrics.json', 20],
    ['prom-client', '/metrics', undefined],
  ]) {
    const over = await othersFeel(side, target, 100_000);
    yield atMost(
      `${side}, 100k children: p99 of another endpoint during scrapes, over its p99 without`,
      over,
      bound,
      ' ms',
    );
  }
}

async function longestStall(name, target, { warmUp, rounds }) {
  const side = await startSide(name, 1_000_000);
  const longest = [];
  for (let round = 0; round < warmUp + rounds; round++) {
    await side.ask('touch');
    await side.ask('settle');
    await side.ask('watch');
    await download(side.url(target));
    const stall = await side.ask('longest');
    if (round >= warmUp) longest.push(stall);
  }
  await side.stop();
  return median(longest);
}

async function othersFeel(name, target, children) {
  const side = await startSide(name, children);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await download(side.url(target));
  await download(side.url(target));
  const p99 = async (isScraped) => {
    const times = [];
    let isOver = false;
    const work = (async () => {
      while (!isOver) {
        await side.ask('touchSlowly');
        if (isScraped) await download(side.url(target));
      }
    })();
    for (let i = 0; i < 1500; i++) {
      const { ms } = await download(side.url('/other'), { agent });
      times.push(ms);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    isOver = true;
    await work;
    return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)];
  };
  const without = await p99(false);
  const during = await p99(true);
  agent.destroy();
  await side.stop();
  return during - without;
}
