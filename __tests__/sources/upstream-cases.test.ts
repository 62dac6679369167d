import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { remoteSource } from '../../lib/sources/remote.ts';
import { serve } from '../support/clients.ts';
import { serving, upstream } from '../support/upstreams.ts';

interface UpstreamCase {
  readonly name: string;
  readonly contentType: string;
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly status: number;
  readonly series?: Readonly<Record<string, number>>;
  readonly types?: Readonly<Record<string, string>>;
  readonly absentFromJson?: readonly string[];
}

const CASES = ['upstream-cases', 'exporter-cases'].flatMap((name): UpstreamCase[] =>
  JSON.parse(readFileSync(join(__dirname, `../vectors/${name}.json`), 'utf8')),
);

/** An empty label is none. */
const withoutEmpty = (series: string) => series.replace(/,\w+=""|\w+="",?/g, '').replace('{}', '');

const seriesOf = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/^([^#\s].*) (\S+)$/gm)].map(([, series, value]) => [
      withoutEmpty(series as string),
      Number((value as string).replace('Inf', 'Infinity')),
    ]),
  );
const typesOf = (text: string) =>
  Object.fromEntries([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));

test.each(CASES)('a document is served as Prometheus would store it: $name', async (upstreamCase) => {
  const { contentType, body, bodyBase64, status, series, types = {}, absentFromJson = [] } = upstreamCase;
  const { url } = await upstream(serving(contentType, bodyBase64 ? Buffer.from(bodyBase64, 'base64') : (body ?? '')));
  const { get } = await serve({ source: remoteSource(url) });
  const answer = await get('/metrics');
  expect(answer.status).toBe(status);
  if (status !== 200) return;
  expect(seriesOf(answer.text)).toEqual(series);
  expect(typesOf(answer.text)).toMatchObject(types);
  const families = JSON.parse((await get('/metrics.json')).text);
  for (const name of absentFromJson) expect(families).not.toHaveProperty([name]);
});
