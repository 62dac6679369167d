import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost, median } from './figures.js';

const launch = fileURLToPath(new URL('./middleware-launch.js', import.meta.url));
const run = promisify(execFile);

/** Of each group. The first, whose figure has a bound, has more. */
const LAUNCHES = 3;
const BOUND_LAUNCHES = 8;

const HAND_WRITTEN = 'hand-written';

/** Our cost at most, as a part of the cost of hand-written middleware. The aim is 0.5. */
const BOUND = 0.75;

/** What runs in one process, and the packages for it. swagger-stats needs prom-client 14. */
const GROUPS = [
  { sides: ['ours', HAND_WRITTEN, 'hand-written with a counter'], packages: ['prom-client@15'] },
  {
    sides: ['express-prom-bundle', 'prometheus-api-metrics'],
    packages: ['express-prom-bundle@8', 'prometheus-api-metrics@4', 'prom-client@15'],
  },
  { sides: ['swagger-stats'], packages: ['swagger-stats@0.99', 'prom-client@14'] },
  {
    sides: ['opentelemetry'],
    // The last versions for Node 20.
    packages: [
      '@opentelemetry/api@1.9',
      '@opentelemetry/sdk-metrics@2.12',
      '@opentelemetry/sdk-trace-node@2.12',
      '@opentelemetry/instrumentation@0.223',
      '@opentelemetry/instrumentation-http@0.223',
      '@opentelemetry/instrumentation-express@0.71',
    ],
  },
];

/** CPU time that middleware adds to each request of a bare app. */
export async function* middleware() {
  for (const version of [4, 5]) {
    const launches = await measure(GROUPS[0], version, BOUND_LAUNCHES);
    for (const group of GROUPS.slice(1)) launches.push(...(await measure(group, version, LAUNCHES)));
    const figure = (side) => `middleware, Express ${version}: ${side}`;
    const sides = GROUPS.flatMap((group) => group.sides);
    const costs = sides.map((side) => [side, median(launches.flatMap((costs) => costs[side] ?? []))]);
    for (const [side, cost] of costs) {
      yield atMost(figure(`${side}, CPU time per request beyond a bare app`), cost, undefined, ' µs');
    }
    const ratios = launches.filter(({ ours }) => ours).map((costs) => costs.ours / costs[HAND_WRITTEN]);
    yield atMost(figure('ours against hand-written'), median(ratios), BOUND, '×');
  }
}

/** Returns the costs of the sides in each launch. */
async function measure({ sides, packages }, version, count) {
  const folder = await mkdtemp(join(tmpdir(), 'middleware-'));
  try {
    await writeFile(join(folder, 'package.json'), '{ "private": true, "name": "compared", "version": "1.0.0" }');
    const options = ['--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, `express@${version}`, ...packages], { cwd: folder });
    const launches = [];
    for (let i = 0; i < count; i++) {
      // OpenTelemetry patches what is loaded after it: the bare app comes before.
      const first = sides.includes('opentelemetry') ? 0 : i % (sides.length + 1);
      const { stdout } = await run(process.execPath, [launch, folder, String(first), ...sides], { cwd: folder });
      launches.push(JSON.parse(stdout));
    }
    return launches;
  } finally {
    await rm(folder, { recursive: true });
  }
}
