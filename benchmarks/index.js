// npm run bench: every figure side by side with the peers, in one run. Ratios of medians; exits non-zero when one is
// outside its bound. `npm run bench -- encoding stall` runs those parts alone.

import { addresses } from './addresses.js';
import { cluster } from './cluster.js';
import { encoding } from './encoding-pairs.js';
import { memory } from './memory.js';
import { middleware } from './middleware.js';
import { page } from './page.js';
import { parsers } from './parsers.js';
import { registry } from './registry.js';
import { requests } from './requests.js';
import { stalls } from './stalls.js';

const parts = { encoding, requests, stalls, memory, registry, middleware, addresses, cluster, page, parsers };
const wanted = process.argv.slice(2);

const rows = [];
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for await (const row of part()) {
    rows.push(row);
    console.log(
      `${row.isMet === false ? 'OUTSIDE ' : ''}${row.figure}: ${row.measured}${row.bound ? ` (bound ${row.bound})` : ''}`,
    );
  }
}

console.log('\n| figure | measured | bound |\n|---|---|---|');
for (const { figure, measured, bound = '' } of rows) console.log(`| ${figure} | ${measured} | ${bound} |`);

const outside = rows.filter(({ isMet }) => isMet === false);
console.log(`\n${rows.length - outside.length} figures within their bounds, ${outside.length} outside`);
process.exitCode = outside.length === 0 ? 0 : 1;
