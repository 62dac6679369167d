// node --expose-gc series-memory.js ours|peer CHILDREN: bytes for each child of a registry, as JSON on stdout.

import { createRequire } from 'node:module';
import { ownRegistry, promClientRegistry } from './registries.js';

const [side, children] = process.argv.slice(2);
const client = createRequire(import.meta.url)('prom-client');

function live() {
  for (let i = 0; i < 4; i++) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const create = (n) => (side === 'ours' ? ownRegistry(n) : promClientRegistry(client, n));

// Compiles the code, which takes memory too.
create(100).touch();
const before = live();
const content = create(Number(children));
const bytes = (live() - before) / Number(children);
process.stdout.write(JSON.stringify(bytes));
// Until here, so that it counts.
content.touch();
