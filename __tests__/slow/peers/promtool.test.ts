import express from 'express';
import { metricsRouter } from '../../../lib/index.ts';
import { handMade, promClient } from './sources.ts';
import { listen, run } from './support.ts';

/** What `promtool check metrics` makes of a text; naming and style, which it complains of with exit code 3, are the app's. */
async function check(text: string): Promise<string> {
  const { code, stderr } = await run('promtool', ['check', 'metrics'], text);
  if (code === 0 || code === 3) return 'parsed';
  return `exit code ${code}: ${stderr}`;
}

const sources = {
  'made by hand': handMade,
  'of prom-client': () => promClient().source,
};

async function scrape(makeSource: () => ReturnType<typeof handMade>): Promise<string> {
  const address = await listen(express().use(metricsRouter({ source: makeSource(), selfMetrics: true })));
  const url = `http://${address}/metrics`;
  await fetch(url); // so that there is something to tell of the endpoint's own metrics
  const response = await fetch(url);
  expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return response.text();
}

describe('promtool', () => {
  test.each(Object.entries(sources))('accepts text 0.0.4 of a source %s', async (_, makeSource) => {
    expect(await check(await scrape(makeSource))).toBe('parsed');
  });

  test.each([
    ['a quote that is not escaped', (text: string) => text.replace('a\\"b', 'a"b')],
    ['a line break in a label value', (text: string) => text.replace('\\n{', '\n{')],
    ['a value that is none', (text: string) => text.replace(' 1027\n', ' null\n')],
    ['a family that comes twice', (text: string) => text + text],
    ['a name that is not valid', (text: string) => text.replaceAll('disk_usage_bytes', 'disk.usage/bytes')],
    ['a cut in the middle', (text: string) => text.slice(0, text.lastIndexOf('"'))],
  ])('would not accept %s', async (_, spoil) => {
    const text = await scrape(handMade);
    expect(spoil(text)).not.toBe(text);
    expect(await check(spoil(text))).toMatch(/^exit code 1: .*error/is);
  });
});
