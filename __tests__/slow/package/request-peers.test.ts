import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ENDING_CASES } from '../../support/ending-cases.ts';
import { ROUTE_CASES } from '../../support/route-cases.ts';
import { outcomeOf, tableOf } from './request-peers/outcomes.ts';
import type { Measured } from './request-peers/peers.ts';
import { root, run, temporaryFolder } from './tools.ts';

// Docs: docs/sources/requests-compared.md. With WRITE_TABLE=1, this test writes the page's table.

const PAGE = join(root, 'docs/sources/requests-compared.md');

/** The columns of the page: the heading, the name in peers.ts, and what is installed. swagger-stats needs prom-client 14. */
const PEERS = [
  ['this package', 'express-metrics-json', ''],
  ['express-prom-bundle', 'express-prom-bundle', 'express-prom-bundle@8 prom-client@15'],
  ['express-prom-bundle, `req.route`', 'express-prom-bundle-route', 'express-prom-bundle@8 prom-client@15'],
  ['prometheus-api-metrics', 'prometheus-api-metrics', 'prometheus-api-metrics@4 prom-client@15'],
  ['swagger-stats', 'swagger-stats', 'swagger-stats@0.99 prom-client@14'],
  [
    'OpenTelemetry',
    'opentelemetry',
    // The last versions for Node 20.
    '@opentelemetry/api@1.9 @opentelemetry/sdk-metrics@2.12 @opentelemetry/sdk-trace-node@2.12 @opentelemetry/instrumentation@0.223 @opentelemetry/instrumentation-http@0.223 @opentelemetry/instrumentation-express@0.71',
  ],
] as const;

const CASES = [...ROUTE_CASES, ...ENDING_CASES];
const TABLE = /(?<=\n)\| \| request \|.*?\n(?=\n|$)/s;

const folder = temporaryFolder();

async function install(packages: string): Promise<string> {
  const at = join(folder, packages.replaceAll(/\W+/g, '-').slice(0, 60));
  mkdirSync(at, { recursive: true });
  // prometheus-api-metrics reads the service's name and version.
  writeFileSync(join(at, 'package.json'), '{ "private": true, "name": "compared", "version": "1.0.0" }');
  const list = packages.split(' ').filter((name) => name !== '');
  if (list.length > 0) await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...list], at);
  return at;
}

/** What each package measures of each case, in a process of its own for each version of Express. */
async function measure(peer: string, peerFolder: string, expressFolder: string): Promise<Measured[][]> {
  const loader = pathToFileURL(join(root, '__tests__/support/ts-loader.mjs')).href;
  const program = join(__dirname, 'request-peers/measure.ts');
  return JSON.parse(await run(process.execPath, ['--import', loader, program, peer, peerFolder, expressFolder], root));
}

test.each(['5', '4'])('on Express %s, the page says what each package makes of each case', async (version) => {
  const express = await install(`express@${version}`);
  const outcomes: [string, string[]][] = [];
  for (const [heading, peer, packages] of PEERS) {
    const measured = await measure(peer, await install(packages), express);
    expect(measured).toHaveLength(CASES.length);
    outcomes.push([heading, CASES.map((one, i) => outcomeOf(one, measured[i]!))]);
  }
  const table = `${tableOf(CASES, outcomes)}\n`;
  const page = readFileSync(PAGE, 'utf8');
  if (process.env.WRITE_TABLE)
    writeFileSync(
      PAGE,
      page.replace(TABLE, () => table),
    );
  expect(TABLE.exec(process.env.WRITE_TABLE ? table.replace(/^/, '\n') : page)?.[0]).toBe(table);
});
