import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost, median } from './figures.js';

const launch = fileURLToPath(new URL('./middleware-launch.js', import.meta.url));
const run = promisify(execFile);

/** Pairs of launches of each side. Those of the first group, whose ratio has a bound, have more. */
const LAUNCHES = 2;
const BOUND_LAUNCHES = 8;

const HAND_WRITTEN = 'hand-written';

/** Our cost at most, as a part of the cost of hand-written middleware. The aim is 0.5. */
const BOUND = 0.75;

/** Sides that need the same packages. swagger-stats needs prom-client 14. */
const GROUPS = [
  { sides: ['ours', HAND_WRITTEN], packages: ['prom-client@15'] },
  {
    sides: ['hand-written with a counter', 'express-prom-bundle', 'prometheus-api-metrics'],
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
    const figure = (side) => `middleware, Express ${version}: ${side}`;
    const shares = {};
    for (const [i, group] of GROUPS.entries()) {
      for (const [side, launches] of await measure(group, version, i === 0 ? BOUND_LAUNCHES : LAUNCHES)) {
        const cost = median(launches.map((launch) => launch.cost));
        yield atMost(figure(`${side}, CPU time per request beyond a bare app`), cost, undefined, ' µs');
        // The machine's speed, which differs between launches, does not matter to the part of a bare app's time.
        shares[side] = median(launches.map((launch) => launch.share));
      }
    }
    yield atMost(figure('ours against hand-written'), shares.ours / shares[HAND_WRITTEN], BOUND, '×');
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Returns the figures of each side's pairs of launches. The sides take turns. */
async function measure({ sides, packages }, version, count) {
  const folder = await mkdtemp(join(tmpdir(), 'middleware-'));
  try {
    await writeFile(join(folder, 'package.json'), '{ "private": true, "name": "compared", "version": "1.0.0" }');
    const options = ['--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, `express@${version}`, ...packages], { cwd: folder });
    const launches = new Map(sides.map((side) => [side, []]));
    // OpenTelemetry patches what is loaded after it: the bare app comes before.
    const positions = (side) => (side === 'opentelemetry' ? ['last'] : ['first', 'last']);
    for (let i = 0; i < count; i++) {
      for (const [side, ofSide] of launches) {
        const pair = [];
        for (const position of positions(side)) {
          const { stdout } = await run(process.execPath, [launch, folder, side, position], { cwd: folder });
          pair.push(JSON.parse(stdout));
        }
        // The app that is created first is faster, so that only the mean of both orders is the middleware's.
        ofSide.push({
          cost: mean(pair.map(({ cost }) => cost)),
          share: mean(pair.map(({ cost, bare }) => cost / bare)),
        });
      }
    }
    return launches;
  } finally {
    await rm(folder, { recursive: true });
  }
}
