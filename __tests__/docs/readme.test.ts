import { Markdown } from './markdown.ts';

const readme = new Markdown('README.md');

test('the README can be read in one sitting', () => {
  expect(readme.text.split(/\s+/).filter((word) => word !== '').length).toBeLessThanOrEqual(2_000);
  expect(readme.text.trimEnd().split('\n').length).toBeLessThanOrEqual(250);
});

test('the README leads from what it is to an app, the options and access control', () => {
  const headings = [...readme.prose.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([
    'A complete app',
    'What it does',
    'Where to read on',
    'Options',
    'Access control',
    'Speed',
  ]);
});

test.each([
  ['prom-client', 'docs/migration/prom-client.md'],
  ['OpenTelemetry', 'docs/sources/opentelemetry.md'],
  ['nothing yet', 'docs/your-own-source.md'],
  ['cluster', 'docs/sources/cluster.md'],
  ['another endpoint', 'docs/sources/another-endpoint.md'],
  ['KumoMTA', 'docs/formats.md'],
  ['a reverse proxy', 'docs/reverse-proxies.md'],
  ['Fastify, Koa, Hono', 'docs/other-frameworks.md'],
  ['a test suite', 'docs/testing.md'],
])('the README tells a reader who has %s where to read on', (what, page) => {
  const [rows = []] = readme.tablesUnder('Where to read on');
  const targets = rows.filter(([have]) => have?.includes(what)).map(([, read]) => read);
  expect(targets.join()).toContain(`(${page})`);
});
