import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A row of a page's tables: a request, and what it is answered before and after the move. */
export interface Row {
  readonly request: string;
  readonly before: string;
  readonly after: string;
}

/** A page of docs/migration/: a program before the move, one or more after it, and what changes between them. */
export function migrationPage(name: string) {
  const text = readFileSync(join(__dirname, '../../docs/migration', name), 'utf8');
  const programs = [...text.matchAll(/^```js(?: fragment)?\n(.*?)^```$/gms)]
    .map(([, code = '']) => code)
    // The rest is a part of a program, or serves the metrics beside the old path.
    .filter((code) => /\.listen\(|new PrometheusExporter\(/.test(code) && !/'\/(admin|metrics-after)'/.test(code));
  const tables = [...text.matchAll(/^\| (?<request>`[A-Z]+ \/.*?) \| (?<before>.*?) \| (?<after>.*?) \|$/gm)];
  const [before = '', ...after] = programs;
  return { text, before, after, rows: tables.map(({ groups }) => groups as unknown as Row) };
}

/** What a cell says of a request, such as `` `GET /metrics` with `Host: a.example` ``. */
export function requestIn(cell: string) {
  const [, method = '', target = '', , header, rest] = /^`([A-Z]+) (\S+)`( with `(.+)`)?(.*)$/.exec(cell) ?? [];
  const known = ['', ' from an address that is not listed', ' over HTTP/1.0', ', and a family fails'];
  if (rest === undefined || !known.includes(rest)) throw new Error(`${JSON.stringify(cell)} is not a request`);
  const isHost = header?.startsWith('Host: ') ?? false;
  return {
    parts: {
      method,
      target,
      version: rest === known[2] ? '1.0' : '1.1',
      hosts: [isHost ? header!.slice('Host: '.length) : '127.0.0.1'],
      headers: ['Connection: close', ...(header === undefined || isHost ? [] : [header])],
    },
    from: rest === known[1] ? '127.0.0.2' : '127.0.0.1',
    isFailing: rest === known[3],
  };
}
