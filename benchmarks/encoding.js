// node encoding.js KIND CHILDREN ROUNDS OURS PEER: the peer's time over ours, in pairs, as JSON on stdout.

import { contenders } from './contenders.js';

const [kind, children, rounds, ours, peer] = process.argv.slice(2);
const content = contenders(kind, Number(children));

async function time(run) {
  const start = performance.now();
  const bytes = await run();
  return { ms: performance.now() - start, bytes };
}

// Cold caches and cold code are not what a service that is scraped every few seconds has.
for (let i = 0; i < 6; i++) {
  await content.touch();
  await content[ours]();
  await content[peer]();
}
const pairs = [];
for (let i = 0; i < Number(rounds); i++) {
  await content.touch();
  // In turn who is first, as the second one finds a warmer machine and a fuller heap.
  const first = i % 2 === 0 ? ours : peer;
  const second = first === ours ? peer : ours;
  const a = await time(content[first]);
  const b = await time(content[second]);
  pairs.push(first === ours ? { ours: a.ms, peer: b.ms } : { ours: b.ms, peer: a.ms });
}
process.stdout.write(JSON.stringify(pairs));
