import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { dashboard } from '../../lib/dashboard.ts';
import { combineSources, limitSeries, metricsRouter } from '../../lib/index.ts';
import { renderMetrics } from '../../lib/render.ts';
import { resolveOptions } from '../../lib/router/options.ts';
import { clusterSource } from '../../lib/sources/cluster.ts';
import { openTelemetrySource } from '../../lib/sources/opentelemetry.ts';
import { processMetrics } from '../../lib/sources/process.ts';
import { prometheusServerSource } from '../../lib/sources/prometheus-server.ts';
import { createRegistry } from '../../lib/sources/registry.ts';
import { remoteSource } from '../../lib/sources/remote.ts';
import { requestMetrics } from '../../lib/sources/requests.ts';
import { Markdown, markdownFiles } from './markdown.ts';

const root = join(__dirname, '../..');
const source = { collect: () => [] };
const url = 'http://127.0.0.1';

/** A table of options: its document and the heading there, who takes them, and where their types are. */
const tables: [place: string, take: (options: never) => unknown, types: string[]][] = [
  ['README.md#Options', metricsRouter, ['router/options.ts', 'access/options.ts']],
  ['docs/rendering.md#Options', (options) => renderMetrics(source, options), ['document/render-options.ts']],
  ['docs/dashboard.md#Options', dashboard, ['dashboard.ts']],
  ['docs/sources/several-sources.md#Options', (options) => combineSources([source], options), ['sources/combine.ts']],
  [
    'docs/sources/opentelemetry.md#Options',
    openTelemetrySource,
    ['sources/opentelemetry.ts', 'sources/opentelemetry/conversion.ts'],
  ],
  ['docs/sources/cluster.md#Options', (options) => clusterSource(source, options), ['sources/cluster.ts']],
  ['docs/sources/another-endpoint.md#Options', (options) => remoteSource(url, options), ['sources/remote/options.ts']],
  ['docs/sources/process.md#Options', processMetrics, ['sources/process.ts']],
  ['docs/sources/requests.md#Options', requestMetrics, ['sources/requests/options.ts']],
  ['docs/sources/prometheus-server.md#Options', prometheusServerSource, ['sources/prometheus-server/options.ts']],
  [
    'docs/sources/guards-against-growth.md#Limiting the series of a family',
    (options) => limitSeries(source, options),
    ['sources/limit-series.ts'],
  ],
  [
    'docs/registry.md#Options of a metric',
    (options) => createRegistry().counter(options),
    ['sources/registry/types.ts'],
  ],
];

/** The options of the first table under a heading that has defaults, each with the text of its default. */
function documented(place: string): [name: string, fallback: string][] {
  const [file, heading] = place.split('#');
  const [, , ...options] = new Markdown(file!).tablesUnder(heading!).find(([head]) => head?.[1] === 'default')!;
  return options.flatMap(([names, fallback]) => [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, fallback!]));
}

test.each(tables)('the table of %s has exactly the options that there are', (place, take) => {
  const names = documented(place).map(([name]) => name);
  expect(() => take({ unheardOf: 1 } as never)).toThrow(
    /^\w+: options: expected .+, got "unheardOf"; write one of [\w, ]+$/,
  );
  const known = messageOf(() => take({ unheardOf: 1 } as never)).replace(/.* one of /, '');
  expect(names.sort()).toEqual(known.split(', ').sort());
});

test("the router's defaults are those of its table", () => {
  const written = documented('README.md#Options').filter(([, fallback]) => /^`.*`$/.test(fallback));
  const values = Object.fromEntries(written.map(([name, fallback]) => [name, literal(fallback)]));
  // Where no list was given, the router knows that none was.
  const { trustedHosts, ...others } = values;
  expect(trustedHosts).toEqual(['127.0.0.1', '::1']);
  expect({ ...others, source }).toEqual(resolveOptions({ source }));
});

test.each(tables)('defaults in the table of %s that are values are those of the doc comments', (place, _, types) => {
  const declared = types.map((file) => readFileSync(join(root, 'lib', file), 'utf8')).join();
  const defaults = [...declared.matchAll(/@default (.+)\n\s+\*\/\n\s+(?:readonly )?(\w+)\??:/g)];
  const commented = new Map(defaults.map(([, value, name]) => [name, value]));
  const values = documented(place).filter(([, fallback]) => /^`.*`$/.test(fallback));
  expect(values.map(([name, fallback]) => [name, fallback.slice(1, -1)])).toEqual(
    values.map(([name]) => [name, commented.get(name)]),
  );
});

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

/** The value of a literal in a code span. */
const literal = (span: string) => runInNewContext(`(${span.slice(1, -1)})`);

test('every npm script that a document names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // Below docs/ are recipes, which may name scripts of their readers.
  const files = markdownFiles().filter((file) => !/^docs\/.+\//.test(file));
  const texts = files.map((file) => new Markdown(file).text).join();
  const named = new Set([...texts.matchAll(/npm (?:run )?((?<=run )[\w:]+|test|start)/g)].map(([, name]) => name!));
  expect(named).toContain('bench');
  expect([...named].filter((name) => !(name in scripts))).toEqual([]);
});
