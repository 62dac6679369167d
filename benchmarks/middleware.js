import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost, median } from './figures.js';

const APP = fileURLToPath(new URL('./middleware-launch.js', import.meta.url));
const OWN = fileURLToPath(new URL('./middleware-own.js', import.meta.url));
const run = promisify(execFile);

/** Pairs of launches of each side. Those of the first group, whose ratios have a bound, have more. */
const PAIRS = 3;
const BOUND_PAIRS = 9;
const OWN_PAIRS = 5;

const HAND_WRITTEN = 'hand-written';

/** What ours takes at most, as a part of what hand-written middleware takes of its own. The aim is 0.25. */
const OWN_BOUND = 0.5;

/** The same with Express' cost of one more function, which both have. Six runs on an idle machine gave 0.40 to 0.51. */
const BOUND = 0.6;

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

/** CPU time that middleware adds to each request of a bare app, and the part of it that is not Express'. */
export async function* middleware() {
  for (const version of [4, 5]) {
    const figure = (text) => `middleware, Express ${version}: ${text}`;
    for (const { sides, packages } of GROUPS) {
      const folder = await install([`express@${version}`, ...packages]);
      try {
        const isBounded = sides.includes('ours');
        const added = await compare(APP, folder, sides, isBounded ? BOUND_PAIRS : PAIRS);
        for (const side of sides) {
          yield atMost(figure(`${side}, CPU time per request beyond a bare app`), added[side].cost, undefined, ' µs');
        }
        if (!isBounded) continue;
        const own = await compare(OWN, folder, sides, OWN_PAIRS);
        for (const side of sides) yield atMost(figure(`${side}, its own CPU time`), own[side].own, undefined, ' ns');
        // The machine's speed, which differs between launches, does not matter to the part of a bare app's time.
        yield atMost(figure('ours against hand-written'), added.ours.share / added[HAND_WRITTEN].share, BOUND, '×');
        yield atMost(figure('own, ours against hand-written'), own.ours.own / own[HAND_WRITTEN].own, OWN_BOUND, '×');
      } finally {
        await rm(folder, { recursive: true });
      }
    }
  }
}

/** Returns a new folder with packages. */
async function install(packages) {
  const folder = await mkdtemp(join(tmpdir(), 'middleware-'));
  await writeFile(join(folder, 'package.json'), '{ "private": true, "name": "compared", "version": "1.0.0" }');
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], { cwd: folder });
  return folder;
}

/** Returns the figures that launches print, by side: the median of pairs. The sides take turns. */
async function compare(launch, folder, sides, count) {
  const pairs = Object.fromEntries(sides.map((side) => [side, []]));
  for (let i = 0; i < count; i++) {
    for (const side of sides) {
      const pair = [];
      // OpenTelemetry patches what is loaded after it: the bare app comes before.
      for (const position of side === 'opentelemetry' ? ['last'] : ['first', 'last']) {
        const { stdout } = await run(process.execPath, [launch, folder, side, position], { cwd: folder });
        pair.push(JSON.parse(stdout));
      }
      // The app that is created first is faster, so that only the mean of both orders is the middleware's.
      pairs[side].push(combined(pair, mean));
    }
  }
  return Object.fromEntries(sides.map((side) => [side, combined(pairs[side], median)]));
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Returns an object of the figures that several objects have, each figure from all of them. */
function combined(objects, combine) {
  return Object.fromEntries(Object.keys(objects[0]).map((key) => [key, combine(objects.map((it) => it[key]))]));
}
