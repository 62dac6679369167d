import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { histogramIn, oldNames } from '../../support/old-names.ts';
import { requestedText } from '../../support/requested-text.ts';
import { closeServers } from '../../support/serve.ts';
import { packedTarball, run, temporaryFolder } from './tools.ts';

// Docs: docs/sources/requests.md. __tests__/migration does the same with express-prom-bundle.

/** What a package needs to measure an app: other packages, middleware or what comes before Express, and its text. */
interface Old {
  readonly name: string;
  readonly packages: string;
  readonly before?: string;
  readonly middleware?: string;
  readonly text?: string;
  /** The package's value of the label for the route, and of that for the status. */
  readonly values: readonly [route: string, status: string];
}

const OLD: readonly Old[] = [
  {
    name: 'prometheus-api-metrics 4',
    packages: 'express@5 prometheus-api-metrics@4 prom-client@15',
    middleware: "require('prometheus-api-metrics')()",
    values: ['/jobs/:kind', '202'],
  },
  {
    name: 'express-prometheus-middleware 1',
    packages: 'express@4 express-prometheus-middleware@1 prom-client@13',
    middleware: "require('express-prometheus-middleware')({ collectDefaultMetrics: false })",
    values: ['/jobs/mail', '2XX'],
  },
  {
    name: 'swagger-stats 0.99',
    packages: 'express@5 swagger-stats@0.99 prom-client@14',
    middleware: "require('swagger-stats').getMiddleware({})",
    values: ['/jobs/:kind', '202'],
  },
  {
    name: "OpenTelemetry's HTTP instrumentation",
    // The last versions for Node 20.
    packages:
      'express@5 @opentelemetry/api@1.9 @opentelemetry/sdk-metrics@2.12 @opentelemetry/sdk-trace-node@2.12 @opentelemetry/instrumentation@0.223 @opentelemetry/instrumentation-http@0.223 @opentelemetry/instrumentation-express@0.71',
    before: `
      const { openTelemetrySource } = require('express-metrics-json/opentelemetry');
      const { renderMetrics } = require('express-metrics-json/render');
      const { MeterProvider } = require('@opentelemetry/sdk-metrics');
      const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
      const { registerInstrumentations } = require('@opentelemetry/instrumentation');
      const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
      const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
      const source = openTelemetrySource();
      const tracerProvider = new NodeTracerProvider();
      tracerProvider.register();
      registerInstrumentations({
        tracerProvider,
        meterProvider: new MeterProvider({ readers: [source.reader] }),
        instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()],
      });
      require('http');`,
    text: "Buffer.concat(await arrayOf(renderMetrics(source, { format: 'prometheus-text' }).chunks)).toString()",
    values: ['/jobs/:kind', '202'],
  },
];

// Each installs an app of its own.
jest.setTimeout(300_000);

const folder = temporaryFolder();
afterEach(closeServers);

/** The text of an app that a package measures, after `POST /jobs/mail`, which is answered with 202. */
async function oldText({ name, packages, before = '', middleware, text }: Old): Promise<string> {
  const at = join(folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(at);
  // prometheus-api-metrics reads the service's name and version.
  writeFileSync(join(at, 'package.json'), '{ "private": true, "name": "old", "version": "1.0.0" }');
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--legacy-peer-deps'];
  await run('npm', ['install', ...options, ...packages.split(' '), packedTarball()], at);
  const program = `${before}
    async function arrayOf(all) { const list = []; for await (const one of all) list.push(one); return list; }
    const express = require('express');
    const app = express();
    ${middleware === undefined ? '' : `app.use(${middleware});`}
    const jobs = express.Router();
    jobs.post('/:kind', (_req, res) => res.sendStatus(202));
    app.use('/jobs', jobs);
    const server = app.listen(0, '127.0.0.1', async () => {
      const response = await fetch('http://127.0.0.1:' + server.address().port + '/jobs/mail', { method: 'POST' });
      await response.text();
      const text = ${text ?? "await require('prom-client').register.metrics()"};
      process.stdout.write(text, () => process.exit());
    });`;
  writeFileSync(join(at, 'app.cjs'), program);
  return run(process.execPath, ['app.cjs'], at);
}

test.each(OLD)('the options for $name give its labels', async (old) => {
  const { options, families, labels, buckets } = oldNames().get(old.name)!;
  const [methodLabel = '', routeLabel = '', statusLabel = ''] = labels;
  const before = await oldText(old);
  const after = await requestedText({ ...options, buckets });

  // The durations of swagger-stats are in milliseconds: a recording rule gives ours its name.
  const pairs =
    families.length > 0
      ? families.map((family) => [family, family] as const)
      : [['api_request_duration_milliseconds', 'http_request_duration_seconds'] as const];
  for (const [oldFamily, family] of pairs) {
    const labelSets = histogramIn(before, oldFamily).labelSets;
    expect(labelSets).toEqual([
      expect.objectContaining({ [methodLabel]: 'POST', [routeLabel]: old.values[0], [statusLabel]: old.values[1] }),
    ]);
    expect(histogramIn(after, family).labelSets).toEqual([
      expect.objectContaining({ [methodLabel]: 'POST', [routeLabel]: '/jobs/:kind', [statusLabel]: old.values[1] }),
    ]);
  }
  const [family = ''] = families;
  if (buckets !== undefined || options.names === 'opentelemetry') {
    expect(histogramIn(after, family).bounds).toEqual(histogramIn(before, family).bounds);
  }
});
