import express from 'express';
import { type MetricsRouterOptions, metricsRouter } from '../../../lib/index.ts';
import { remoteSource } from '../../../lib/sources/remote.ts';
import { readJson } from '../../support/read-json.ts';
import { listen, run, startService, temporaryFolder } from './support.ts';

/** What is read from: programs that expose metrics of their own. */
const UPSTREAMS = {
  'prometheus-node-exporter': (address: string) => [`--web.listen-address=${address}`],
  prometheus: (address: string) => [
    '--config.file=/dev/null',
    `--storage.tsdb.path=${temporaryFolder()}`,
    `--web.listen-address=${address}`,
    '--log.level=warn',
  ],
} as const;

describe.each(['prometheus-node-exporter', 'prometheus'] as const)('the metrics of %s', (program) => {
  /** What the program said last: it says something else each time, and this is what the gate was given. */
  let said = '';
  let relay: string;
  let direct: string;

  beforeAll(async () => {
    const { address } = await startService(program, '/metrics', UPSTREAMS[program]);
    direct = `http://${address}/metrics`;
    const app = express().get('/metrics', async (req, res) => {
      const answer = await fetch(direct, { headers: { accept: req.headers.accept ?? '' } });
      said = await answer.text();
      res.setHeader('Content-Type', answer.headers.get('content-type') ?? '').end(said);
    });
    relay = `http://${await listen(app)}/metrics`;
  });

  async function gate(url: string, options: Partial<MetricsRouterOptions> = {}, labels?: Record<string, string>) {
    const source = remoteSource(url, { labels });
    const app = express().use(metricsRouter({ source, onError: ({ error }) => failures.push(error), ...options }));
    return `http://${await listen(app)}/metrics`;
  }

  const failures: unknown[] = [];
  afterEach(() => expect(failures.splice(0)).toEqual([]));

  async function get(url: string, accept = 'text/plain'): Promise<string> {
    const response = await fetch(url, { headers: { accept } });
    expect(response.status).toBe(200);
    return response.text();
  }

  test('arrive, series by series, with their values', async () => {
    const ours = await get(await gate(relay));
    expect(seriesOf(said).size).toBeGreaterThan(200);
    expect(seriesOf(ours)).toEqual(seriesOf(said));
    expect(metaOf(ours)).toEqual(metaOf(said));
  });

  test('arrive in OpenMetrics, where counters have their suffix', async () => {
    const ours = await get(await gate(relay, { openMetrics: true }), 'application/openmetrics-text; version=1.0.0');
    expect(ours).toMatch(/# EOF\n$/);
    const counters = new Set([...said.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name));
    const expected = new Map(
      [...seriesOf(said)].map(([key, value]) => {
        const name = key.replace(/\{.*/s, '');
        return [counters.has(name) && !name.endsWith('_total') ? key.replace(name, `${name}_total`) : key, value];
      }),
    );
    expect(seriesOf(ours)).toEqual(expected);
    // Without its suffix this counter is called like the gauge beside it, which Go gives every program.
    expect(ours).toContain('# TYPE go_memstats_alloc_bytes gauge\n');
    expect(ours).toContain('# TYPE go_memstats_alloc_bytes_total unknown\n');
  });

  test('arrive in JSON', async () => {
    const families = readJson(await get(`${await gate(relay)}.json`));
    expect(families.map(({ name, type }) => `# TYPE ${name} ${type}`).sort()).toEqual(
      metaOf(said).filter((line) => line.startsWith('# TYPE ')),
    );
    const series = seriesOf(said);
    let numbers = 0;
    for (const { name, samples } of families) {
      for (const { labels, value } of samples) {
        if (typeof value !== 'number') continue;
        numbers++;
        expect([name, labels, value]).toEqual([name, labels, series.get(keyOf(name, Object.entries(labels)))]);
      }
    }
    expect(numbers).toBeGreaterThan(100);
  });

  test('are accepted by promtool, when they come straight from there, with a label more', async () => {
    const text = await get(await gate(direct, {}, { instance: 'a' }));
    const { code, stderr } = await run('promtool', ['check', 'metrics'], text);
    // 3: something about the names, which are the upstream's.
    expect([code === 0 || code === 3, stderr]).toEqual([true, expect.not.stringContaining('error')]);
    for (const key of seriesOf(text).keys()) expect(key).toContain('instance="a"');
  });
});

/** Each line's series, its labels sorted, with its value. */
function seriesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', labels = '', value = ''] = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/([^,=]+)="((?:[^"\\]|\\.)*)"/g)].map(
        ([, label = '', text = '']): [string, string] => [label, text],
      );
      return [keyOf(name, pairs), numberOf(value)];
    }),
  );
}

/** Bounds are spelled in more than one way. */
function keyOf(name: string, labels: readonly (readonly [string, string])[]): string {
  const texts = labels.map(
    ([label, text]) => `${label}="${label === 'le' || label === 'quantile' ? numberOf(text) : text}"`,
  );
  return `${name}{${texts.sort()}}`;
}

const numberOf = (text: string) => Number(text.replace('Inf', 'Infinity'));

const metaOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .sort();
