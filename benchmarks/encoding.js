// node encoding.js RHYTHM KIND CHILDREN ROUNDS OURS PEER: times of ours and the peer, in pairs, as JSON on stdout. The
// rhythm is `warm` (one after the other), `cold` (each after 60 ms of other work, as a service is scraped) or `first`
// (the first of its process, of OURS alone).

import { contenders } from './contenders.js';

const [rhythm, kind, children, rounds, ours, peer] = process.argv.slice(2);
const content = contenders(kind, Number(children));

async function time(name) {
  if (rhythm === 'cold') await otherWork(60);
  const start = performance.now();
  const bytes = await content[name]();
  return { ms: performance.now() - start, bytes };
}

/** What a service does between two scrapes: requests of many kinds, which fill the caches with what is theirs. */
async function otherWork(ms) {
  const until = performance.now() + ms;
  for (let n = 0; performance.now() < until; n++) {
    const rows = Array.from({ length: 200 }, (_, i) => ({ id: n * i, name: `row ${i}`, tags: [`t${i % 7}`, `u${n}`] }));
    const read = JSON.parse(JSON.stringify(rows)).sort((a, b) => (a.name < b.name ? 1 : -1));
    new Map(read.map(({ id, tags }) => [id, tags.join()]));
    await new Promise(setImmediate);
  }
}

async function pairs() {
  const found = [];
  for (let i = 0; i < Number(rounds); i++) {
    await content.touch();
    // In turn who is first, as the second one finds a warmer machine and a fuller heap.
    const pair = {};
    for (const side of i % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours'])
      pair[side] = (await time(side === 'ours' ? ours : peer)).ms;
    found.push(pair);
  }
  return found;
}

if (rhythm === 'first') {
  await content.touch();
  process.stdout.write(JSON.stringify((await time(ours)).ms));
} else {
  for (let i = 0; i < 6; i++) {
    await content.touch();
    await content[ours]();
    await content[peer]();
  }
  process.stdout.write(JSON.stringify(await pairs()));
}
