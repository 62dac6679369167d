import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import { stringify } from 'yaml';
import { createApp } from '../../../example-app/app.ts';
import { MailQueues } from '../../../example-app/mail-queue.ts';
import { startTraffic } from '../../../example-app/traffic.ts';
import { metricsRouter } from '../../../lib/index.ts';
import { processMetrics } from '../../../lib/sources/process.ts';
import { requestMetrics } from '../../../lib/sources/requests.ts';
import { Markdown } from '../../docs/markdown.ts';
import { type Dashboard, GRAFANA, type Rule, readGrafana, rulesIn } from '../../support/grafana.ts';
import { afterwards, listen, run, type Service, startPrometheus, temporaryFolder } from './support.ts';

// The folder grafana/, and docs/grafana.md.

const RULES = ['recording-rules.yml', 'alerts.yml'];
const TESTS = join(__dirname, 'grafana');

const nameOf = ({ record, alert }: Rule) => record ?? alert;

describe('promtool', () => {
  test.each(RULES)('finds nothing wrong with %s', async (file) => {
    const { code, stderr } = await run('promtool', ['check', 'rules', '--lint-fatal', join(GRAFANA, file)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.each(RULES)('passes the tests of %s', async (file) => {
    const { code, stdout, stderr } = await run('promtool', ['test', 'rules', join(TESTS, file)]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining('SUCCESS') });
  });

  const rules = RULES.flatMap((file) =>
    rulesIn(readGrafana(file)).map((rule) => ({ file, name: nameOf(rule), ...rule })),
  );
  test.each(rules)('would not pass them without $name', async ({ file, expr }) => {
    const folder = temporaryFolder();
    for (const each of RULES) {
      const changed = rulesIn(readGrafana(each)).map((rule) =>
        rule.expr === expr ? { ...rule, expr: 'absent(x)' } : rule,
      );
      writeFileSync(join(folder, each), stringify({ groups: [{ name: 'changed', rules: changed }] }));
    }
    const spec = readFileSync(join(TESTS, file), 'utf8').replaceAll('../../../../grafana', folder);
    writeFileSync(join(folder, 'test.yml'), spec);
    const { code, stderr } = await run('promtool', ['test', 'rules', join(folder, 'test.yml')]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('FAILED') });
  });
});

const page = new Markdown('docs/grafana.md');

test('the configuration of the page finds the files of rules', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, page.blocks.find(({ info }) => info[0] === 'yaml')!.text);
  cpSync(GRAFANA, join(folder, 'express-metrics-json'), { recursive: true });
  const { code, stdout } = await run('promtool', ['check', 'config', config]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/7 rules found.*10 rules found/s) });
});

const sedScript = page.blocks.find(({ info }) => info[0] === 'sed')!.text;
const translate = (text: string) => execFileSync('sed', ['-E', sedScript], { input: text, encoding: 'utf8' });

/** The files as they are, and as the page makes them for OpenTelemetry's names. */
const kinds = {
  example: (text: string) => text,
  opentelemetry: translate,
};
type Kind = keyof typeof kinds;

let prometheus: Service;

beforeAll(async () => {
  // The refusals below are wanted.
  jest.spyOn(process, 'emitWarning').mockImplementation();
  const targets: Record<Kind, string> = { example: await startExample(), opentelemetry: await startOther() };
  const folder = temporaryFolder();
  for (const [kind, change] of Object.entries(kinds)) {
    for (const file of RULES) writeFileSync(join(folder, `${kind}-${file}`), change(readGrafana(file)));
  }
  prometheus = await startPrometheus(folder, {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, '*-*.yml')],
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  });
});

/** Starts the example service under its own traffic. */
async function startExample(): Promise<string> {
  const queues = new MailQueues(async () => ({ code: 250, reason: 'ok' }));
  const address = await listen(createApp({ queues, trustedHosts: ['127.0.0.1'] }));
  await beRefused(address);
  const stop = startTraffic(`http://${address}`, 20);
  afterwards(() => {
    stop();
    queues.close();
  });
  return address;
}

async function startOther(): Promise<string> {
  const requests = requestMetrics({ names: 'opentelemetry' });
  const source = [requests, processMetrics({ gc: true, eventLoop: true })];
  const app = express().use(metricsRouter({ source, selfMetrics: true }), requests);
  const address = await listen(app.get('/users/:id', (_req, res) => res.send('Ada')));
  await beRefused(address);
  const timer = setInterval(() => fetch(`http://${address}/users/7`).catch(() => undefined), 100);
  afterwards(() => clearInterval(timer));
  return address;
}

async function beRefused(address: string): Promise<void> {
  const headers = { Authorization: 'Bearer token' };
  expect((await fetch(`http://${address}/metrics`, { headers })).status).toBe(403);
}

interface Answer {
  readonly result: readonly { readonly value: readonly [number, string] }[];
}

/** Waits until an expression has a value that is a number. */
async function expectValue(expr: string): Promise<void> {
  await prometheus.eventually(async () => {
    const { result } = await prometheus.query<Answer>('query', { query: expr });
    expect(result.map(({ value: [, text] }) => text).filter((text) => text !== 'NaN')).not.toEqual([]);
  });
}

/** An expression as Grafana sends it for one job, all its instances and all their routes. */
function filledIn(expr: string, job: string): string {
  const filled = expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', job).replaceAll(/\$\w+/g, '.*');
  expect(filled).toContain(`job=~"${job}"`);
  return filled;
}

describe.each(Object.entries(kinds))('for the names of the job %s', (job, change) => {
  const dashboard: Dashboard = JSON.parse(change(readGrafana('dashboard.json')));
  const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr }) => [title, refId, expr]),
  );

  test.each(targets as [string, string, string][])('the panel "%s" has values (%s)', async (_title, _refId, expr) => {
    await expectValue(filledIn(expr, job));
  });

  const variables = dashboard.templating.list.flatMap(({ name, query }) =>
    typeof query === 'string' ? [] : [[name, query.query]],
  );

  test.each(variables as [string, string][])('the variable %s has values', async (_name, query) => {
    const [, matching = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
    const parameters = { 'match[]': matching.replaceAll(/\$\w+/g, '.*') };
    await prometheus.eventually(async () => {
      const values = await prometheus.query<string[]>(`label/${label}/values`, parameters);
      expect(values.length).toBeGreaterThan(0);
    });
  });

  const rules = RULES.flatMap((file) => rulesIn(change(readGrafana(file))));
  const records = rules.flatMap(({ record }) => (record === undefined ? [] : [record]));
  test.each(records)('the rule %s has values', async (record) => {
    await expectValue(`${record}{job="${job}"}`);
  });

  const alerts = rules.filter(({ alert }) => alert !== undefined);
  test.each(alerts)('the alert $alert reads only metrics that exist', async ({ expr }) => {
    const names = [...expr.matchAll(/\b(?:job|http|nodejs|metrics_endpoint)[\w:]*[_:][\w:]+|\bup\b/g)].map(
      ([name]) => name,
    );
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) await expectValue(`${name}{job="${job}"}`);
  });
});

test('Prometheus evaluates every rule without an error, and no alert fires', async () => {
  interface Group {
    readonly rules: readonly { readonly name: string; readonly health: string; readonly state?: string }[];
  }
  await prometheus.eventually(async () => {
    const { groups } = await prometheus.query<{ groups: Group[] }>('rules');
    const rules = groups.flatMap(({ rules }) => rules);
    expect(rules.length).toBe(2 * RULES.flatMap((file): Rule[] => rulesIn(readGrafana(file))).length);
    expect(rules.filter(({ health, state }) => health !== 'ok' || state === 'firing')).toEqual([]);
  });
});
