import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedTarball, run, temporaryFolder } from './tools.ts';

// The ES modules and the CommonJS modules of the package are two copies of it. An app may load both:
// itself the one, and a dependency the other.
const folder = temporaryFolder();
const installed = join(folder, 'node_modules');

beforeAll(async () => {
  mkdirSync(installed);
  await run('tar', ['-xzf', packedTarball(), '-C', installed], folder);
  await run('mv', ['package', 'express-metrics-json'], installed);
});

/** What all programs begin with. */
const PRELUDE = `
  import cluster from 'node:cluster';
  import { createRequire } from 'node:module';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { isMainThread, parentPort, Worker } from 'node:worker_threads';
  const esm = await import('express-metrics-json/cluster');
  const cjs = createRequire(import.meta.url)('express-metrics-json/cluster');
  const up = (value) => ({ collect: () => [{ name: 'up', type: 'counter', samples: [{ labels: {}, value }] }] });
  async function valuesOf(source) {
    const scrape = { signal: new AbortController().signal, timeout: 60_000, wants: () => true, report: () => {} };
    const values = [];
    for await (const { samples } of source.collect(scrape)) for (const { value } of samples) values.push(value);
    return values.join();
  }
  /** Messages of the package arrive, too. */
  const heard = (from, what) =>
    new Promise((resolve) => from.on('message', (message) => message === what && resolve()));
  /** Prints the values when so many processes are expected and have responded. */
  async function print(name, source, count) {
    let values;
    for (let tries = 0; tries < 1000 && !values?.endsWith(\`,\${count},\${count}\`); tries++) {
      await sleep(20);
      values = await valuesOf(source);
    }
    console.log(name, values);
  }
`;

async function printed(program: string): Promise<string[]> {
  const file = join(folder, 'main.mjs');
  writeFileSync(file, `${PRELUDE}${program}`);
  const stdout = await run(process.execPath, [file], folder);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

it('counts each process once in a primary and in workers that have loaded both', async () => {
  const lines = await printed(`
    const source = up(cluster.isPrimary ? 1 : 10);
    const [own, other] = [esm.clusterSource(source), cjs.clusterSource(source)];
    if (cluster.isPrimary) {
      console.log('same hub', esm.setupPrimary().close === cjs.setupPrimary().close);
      const workers = [cluster.fork(), cluster.fork()];
      const done = Promise.all(workers.map((worker) => heard(worker, 'done')));
      await print('primary', own, 3);
      await print('primary', other, 3);
      await done;
      for (const worker of workers) worker.send('end');
    } else {
      await print('worker', own, 3);
      await print('worker', other, 3);
      try {
        cjs.clusterSource(up(100));
      } catch (error) {
        console.log('second source', error.name);
      }
      process.send('done');
      await heard(process, 'end');
      process.disconnect();
    }`);
  expect(lines).toEqual([
    ...Array(2).fill('primary 21,3,3'),
    'same hub true',
    ...Array(2).fill('second source TypeError'),
    ...Array(4).fill('worker 21,3,3'),
  ]);
});

it('has a primary of one and workers and threads of the other understand each other', async () => {
  const lines = await printed(`
    if (cluster.isPrimary && isMainThread) {
      cjs.setupPrimary();
      const [worker, thread] = [cluster.fork(), new Worker(new URL(import.meta.url))];
      // None ends before both have printed what they have together.
      await Promise.all([heard(worker, 'done'), heard(thread, 'done')]);
      worker.disconnect();
      await thread.terminate();
    } else {
      await print(isMainThread ? 'worker' : 'thread', esm.clusterSource(up(10)), 2);
      if (isMainThread) process.send('done');
      else {
        parentPort.on('message', () => undefined);
        parentPort.postMessage('done');
      }
    }`);
  expect(lines).toEqual(['thread 20,2,2', 'worker 20,2,2']);
});

it('refuses a copy of another version where it is used', async () => {
  const other = join(installed, 'other-version');
  cpSync(join(installed, 'express-metrics-json'), other, { recursive: true });
  const messages = join(other, 'dist/cjs/sources/cluster/messages.js');
  const text = readFileSync(messages, 'utf8');
  expect(text).toContain('PROTOCOL = 1;');
  writeFileSync(messages, text.replace('PROTOCOL = 1;', 'PROTOCOL = 2;'));
  const lines = await printed(`
    const other = createRequire(import.meta.url)('other-version/cluster');
    esm.clusterSource(up(1));
    for (const use of [() => other.clusterSource(up(1)), () => other.setupPrimary()]) {
      try {
        use();
      } catch (error) {
        console.log(error.message);
      }
    }`);
  const why =
    'expected one version of express-metrics-json in this process, got two; install one (npm ls express-metrics-json)';
  expect(lines).toEqual([`clusterSource: ${why}`, `setupPrimary: ${why}`]);
});
