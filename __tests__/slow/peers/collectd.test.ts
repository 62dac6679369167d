import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { metricsRouter } from '../../../lib/index.ts';
import { recipePage } from '../../support/recipe-page.ts';
import { ADDRESS, cutExample, example } from './consumers.ts';
import { launch, listen, type Running, temporaryFolder } from './support.ts';

// Docs: docs/recipes/consumers-json.md#collectd

beforeAll(() => {
  // The refusals below are wanted.
  jest.spyOn(process, 'emitWarning').mockImplementation();
});

/** Runs collectd with the page's configuration, changed in places, against a service; what it stores and logs is on its output. */
async function collectd(source: typeof example, ...changes: [string, string][]): Promise<Running> {
  const address = await listen(express().use(metricsRouter({ source })));
  const folder = temporaryFolder();
  const config = join(folder, 'collectd.conf');
  const text = recipePage('consumers-json.md').file(
    'collectd.conf',
    [ADDRESS, address],
    ['Interval 10', 'Interval 1'],
    ...changes,
  );
  writeFileSync(
    config,
    `Hostname "here"
    BaseDir "${folder}"
    PIDFile "${folder}/pid"
    TypesDB "/usr/share/collectd/types.db"
    LoadPlugin logfile
    <Plugin logfile>
      LogLevel info
      File stdout
    </Plugin>
    LoadPlugin csv
    <Plugin csv>
      DataDir "stdout"
    </Plugin>
    ${text}`,
  );
  return launch('collectd', ['-f', '-C', config]);
}

/** What it stores, each once. Several threads write, in any order. */
function storedIn(output: string): string[] {
  const stored = output.matchAll(/^PUTVAL "?here\/curl_json-api\/(.*?)"? interval=\S+ [\d.…]+:(.*)$/gm);
  return [...new Set([...stored].map(([, name, value]) => `${name} ${value}`))].sort();
}

/** Waits until collectd has said all of this, and gives what it stored. */
async function said(running: Running, ...words: string[]): Promise<string[]> {
  for (let tries = 0; tries < 200 && !words.every((word) => running.log().includes(word)); tries++) await sleep(100);
  for (const word of words) expect(running.log()).toContain(word);
  return storedIn(running.log());
}

const pageSays = storedIn(recipePage('consumers-json.md').file('stdout'));
const names = pageSays.map((line) => line.split(' ')[0] as string);

test("the page's collectd.conf stores these values", async () => {
  expect(await said(await collectd(example), ...names)).toEqual(pageSays);
});

test('a counter of the type derive loses its fraction, and the log tells of each value', async () => {
  const derive: [string, string] = [
    'Type "gauge"\n      Instance "cpu_seconds"',
    'Type "derive"\n      Instance "cpu"',
  ];
  const stored = await said(await collectd(example, derive), 'derive-deliveries', 'Ignoring trailing garbage ".0"');
  expect(stored).toContain('derive-cpu 12');
});

test('a document that is cut is an error, after what stands in front of the cut was stored', async () => {
  const whole: [string, string] = [
    '?name[]=messages_accepted_total&name[]=queue_depth&name[]=cpu_seconds_total&name[]=delivery_seconds',
    '',
  ];
  expect(await said(await collectd(cutExample, whole), ...names, 'failed with status 18')).toEqual(pageSays);
});

test('credentials are a refusal, and nothing is stored', async () => {
  const credentials: [string, string] = ['Timeout 5000', 'User "a"\n    Password "b"'];
  expect(await said(await collectd(example, credentials), 'failed with response code 403')).toEqual([]);
});
