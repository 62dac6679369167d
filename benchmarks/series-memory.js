// node --expose-gc series-memory.js ours|peer CHILDREN: bytes for each child of a registry, as JSON on stdout.

import { createRequire } from 'node:module';
import { liveBytes } from './live-bytes.js';
import { ownRegistry, promClientRegistry } from './registries.js';

const [side, children] = process.argv.slice(2);
const client = createRequire(import.meta.url)('prom-client');

const create = (n) => (side === 'ours' ? ownRegistry(n) : promClientRegistry(client, n));

// Compiles the code, which takes memory too.
create(100).touch();
const before = liveBytes();
const content = create(Number(children));
const bytes = (liveBytes() - before) / Number(children);
process.stdout.write(JSON.stringify(bytes));
// Until here, so that it counts.
content.touch();
