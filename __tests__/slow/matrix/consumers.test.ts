import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinary } from '../../support/node-binary.ts';
import { packedTarball, run, temporaryFolder } from '../package/tools.ts';
import { runFolder } from './consumer-files.ts';
import { type Dependencies, runnerDependencies, writeProject } from './consumer-project.ts';
import { type Consumer, chosenRows, titleOf } from './rows.ts';

const rows = chosenRows(process.env.MATRIX_ROWS).map((consumer) => ({ title: titleOf(consumer), consumer }));
const folder = temporaryFolder();
const compilers = join(folder, 'compilers');
const COMPILERS = {
  'typescript-5': 'npm:typescript@5',
  'typescript-6': 'npm:typescript@6',
  'typescript-7': 'npm:typescript@7',
};

// The Node that installs is not the one that runs.
const install = (cwd: string) =>
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-engine-strict'], cwd);

async function installApart(cwd: string, dependencies: Dependencies): Promise<void> {
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await install(cwd);
}

/** Where the dependencies of a project's runner are installed once for all that have the same. */
const runnerFolder = (consumer: Consumer) =>
  join(folder, Object.entries(runnerDependencies(consumer)).flat().join('-').replaceAll('/', '-'));

async function installWhatIsShared(): Promise<void> {
  const runners = new Map(rows.map(({ consumer }) => [runnerFolder(consumer), runnerDependencies(consumer)]));
  await installApart(compilers, COMPILERS);
  for (const [runner, dependencies] of runners) await installApart(runner, dependencies);
  for (const { consumer } of rows) await nodeBinary(consumer.node);
}

beforeAll(installWhatIsShared);

/** What is there only when the project asks for it. */
const PEERS = ['@opentelemetry/sdk-metrics', '@types/express', 'prom-client', 'vitest'];

const JSON_DOCUMENT = `{
"messages_accepted_total":{"help":"messages taken in","type":"counter","value":1.0},
"queue_depth":{"help":"messages waiting","type":"gauge","value":{"queue":{"a":3.0}}}
}
`;

const TEXT_DOCUMENT = `# HELP messages_accepted_total messages taken in
# TYPE messages_accepted_total counter
messages_accepted_total 1
# HELP queue_depth messages waiting
# TYPE queue_depth gauge
queue_depth{queue="a"} 3
`;

const SERVED = {
  entries: ['function', 'function', 'function', 'function'],
  answers: [
    { status: 202, type: expect.stringMatching(/^text\/plain/), body: 'Accepted' },
    { status: 200, type: expect.stringMatching(/^application\/json/), body: JSON_DOCUMENT },
    { status: 200, type: expect.stringMatching(/^text\/plain; version=0\.0\.4/), body: TEXT_DOCUMENT },
    { status: 200, type: expect.stringMatching(/^text\/html/), body: expect.stringContaining('<title>') },
    { status: 403, type: expect.any(String), body: expect.any(String) },
    { status: 403, type: expect.any(String), body: expect.any(String) },
  ],
};

test.concurrent.each(rows)('$title: it installs, compiles, serves and is tested', async ({ title, consumer }) => {
  const cwd = join(folder, String(rows.findIndex((row) => row.title === title)));
  const node = async (...args: string[]) => run(await nodeBinary(consumer.node), args, cwd);
  const module = (path: string) => join(cwd, 'node_modules', path);

  mkdirSync(cwd);
  // Hard links: npm writes a file anew rather than change it.
  await run('cp', ['-al', join(runnerFolder(consumer), 'node_modules'), cwd], folder);
  writeProject(cwd, consumer, packedTarball());
  await install(cwd);
  expect(PEERS.filter((name) => existsSync(module(name)))).toEqual(wantedPeers(consumer));

  const { typescript } = consumer;
  if (typescript !== null) await node(join(compilers, `node_modules/typescript-${typescript}/bin/tsc`));

  expect(JSON.parse(await node(join(runFolder(consumer), 'serve.js')))).toEqual(SERVED);

  if (consumer.runner === 'vitest') await node(module('vitest/vitest.mjs'), 'run');
  else await node('--experimental-vm-modules', module('jest/bin/jest.js'), '--runInBand');
});

function wantedPeers({ client, runner, expressTypes }: Consumer): string[] {
  const wanted = {
    '@types/express': expressTypes,
    'prom-client': client?.startsWith('prom-client'),
    vitest: runner === 'vitest',
  };
  return Object.entries(wanted).flatMap(([name, isWanted]) => (isWanted ? [name] : []));
}
