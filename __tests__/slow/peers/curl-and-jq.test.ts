import express from 'express';
import { type MetricsRouterOptions, metricsRouter } from '../../../lib/index.ts';
import { failing } from './scrapes.ts';
import { HOSTILE, handMade, MANY, promClient } from './sources.ts';
import { listen, run } from './support.ts';

let origin: string;

const mounted: Record<string, Partial<MetricsRouterOptions>> = {
  '/strings': { nonFinite: 'string' },
  '/omit': { nonFinite: 'omit' },
  '/list': { singleLabel: 'list' },
  '/prom-client': { source: promClient().source },
  '/empty': { source: { collect: () => [] } },
  '/early': { source: failing(10) },
  '/late': { source: failing(20_000) },
  '/forbidden': { trustedHosts: ['192.0.2.1'] },
  '': { openMetrics: true },
};

beforeAll(async () => {
  // The refusals below are wanted.
  jest.spyOn(process, 'emitWarning').mockImplementation();
  const app = express().disable('x-powered-by');
  for (const [path, options] of Object.entries(mounted)) {
    app.use(path || '/', metricsRouter({ source: handMade(), ...options }));
  }
  origin = `http://${await listen(app)}`;
});

const curl = (...args: string[]) => run('curl', ['--silent', '--show-error', '--max-time', '5', ...args]);

/** What `curl -i` shows: the status line, the headers, the body. */
async function shown(...args: string[]) {
  const { code, stdout, stderr } = await curl('-i', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [head = '', ...body] = stdout.split('\r\n\r\n');
  const [status, ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => line.split(': ') as [string, string]));
  return { status, headers, body: body.join('\r\n\r\n') };
}

const documents = ['/metrics', '/metrics.json'];

describe('curl', () => {
  test.each([
    ['/metrics', 'text/plain; version=0.0.4; charset=utf-8', 'Accept, Accept-Encoding', /^# HELP requests_total /],
    ['/metrics.json', 'application/json; charset=utf-8', 'Accept-Encoding', /^{\n"requests_total":{"help":/],
  ])('-i shows the headers and the document of %s', async (path, type, vary, start) => {
    const { status, headers, body } = await shown(origin + path);
    expect(status).toBe('HTTP/1.1 200 OK');
    expect(headers).toEqual({
      'Content-Type': type,
      Vary: vary,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'same-origin',
      Date: expect.any(String),
      Connection: 'keep-alive',
      'Keep-Alive': expect.any(String),
      'Transfer-Encoding': 'chunked',
    });
    expect(body).toMatch(start);
  });

  test.each(documents)('--compressed gives the same document of %s, in fewer bytes', async (path) => {
    const size = ['-w', '%{stderr}%{size_download}'];
    const plain = await curl(...size, origin + path);
    for (const coding of [['--compressed'], ['--compressed', '-H', 'Accept-Encoding: gzip']]) {
      const compressed = await curl(...size, ...coding, origin + path);
      expect(compressed.stdout).toBe(plain.stdout);
      expect(Number(compressed.stderr)).toBeLessThan(Number(plain.stderr) / 4);
    }
  });

  test.each(documents)('--compressed gives the same short document of %s', async (path) => {
    const url = `${origin}${path}?name[]=sent`;
    const { stdout } = await curl('-g', url);
    expect(stdout).toMatch(/sent.*12\.5/s);
    for (const coding of ['br', 'gzip', 'identity']) {
      const answer = await curl('-g', '--compressed', '-H', `Accept-Encoding: ${coding}`, url);
      expect(answer).toEqual({ code: 0, stdout, stderr: '' });
    }
  });

  test.each(documents)('-I shows the headers that GET has, of %s', async (path) => {
    for (const coding of ['identity', 'gzip', 'br']) {
      const args = ['-H', `Accept-Encoding: ${coding}`, origin + path];
      const head = await curl('-I', ...args);
      const get = await curl('-D', '-', '-o', '/dev/null', ...args);
      const own = ({ stdout }: { stdout: string }) => stdout.replaceAll(/^(date|transfer-encoding):.*\r\n/gim, '');
      expect(head.code).toBe(0);
      expect(own(head)).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      expect(own(head)).toBe(own(get));
    }
  });

  test('gets OpenMetrics when it asks for it', async () => {
    const { headers, body } = await shown('-H', 'Accept: application/openmetrics-text', `${origin}/metrics`);
    expect(headers['Content-Type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(body).toMatch(/\n# EOF\n$/);
  });

  test.each([
    ['-G and --data-urlencode', ['-G', '--data-urlencode', 'name[]=sent', '--data-urlencode', 'name[]=whatever']],
    ['-g', ['-g', '?name[]=sent&name[]=whatever']],
  ])('filters with %s', async (_, args) => {
    const query = args.find((arg) => arg.startsWith('?')) ?? '';
    const options = args.filter((arg) => arg !== query);
    const { body } = await shown(...options, `${origin}/metrics.json${query}`);
    expect(body).toBe(
      '{\n"sent":{"help":"","type":"counter","value":12.5},\n"whatever":{"type":"untyped","value":{"number":{"1":7.0}}}\n}\n',
    );
  });

  test.each([
    ['an address that is not trusted', ['--interface', '127.0.0.2'], '403 Forbidden', /^Forbidden\n$/],
    ['-u, whoever it is', ['-u', 'admin:secret'], '403 Forbidden', /^HTTP authentication is not permitted here.*\n$/],
    ['another site as the host', ['-H', 'Host: evil.example'], '403 Forbidden', /^.+\n$/],
    ['a header of a proxy', ['-H', 'X-Forwarded-For: 127.0.0.1'], '403 Forbidden', /^Forbidden\n$/],
    ['-X POST', ['-X', 'POST'], '405 Method Not Allowed', /^.+\n$/],
    ['--http1.0', ['--http1.0'], '505 HTTP Version Not Supported', /^.+\n$/],
    ['a query that is not valid', ['-G', '-d', 'name[]='], '400 Bad Request', /^.+\n$/],
  ])('is told on one line, and -f fails: %s', async (_, args, status, body) => {
    expect(await shown(...args, `${origin}/metrics`)).toMatchObject({
      status: `HTTP/1.1 ${status}`,
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      body: expect.stringMatching(body),
    });
    expect(await curl('-f', ...args, `${origin}/metrics`)).toMatchObject({ code: 22, stdout: '' });

    const problem = await shown(...args, `${origin}/metrics.json`);
    expect(problem.headers['Content-Type']).toBe('application/problem+json; charset=utf-8');
    const { code, stdout } = await run('jq', ['-er', '"\\(.status) \\(.title)"'], problem.body);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${status}\n` });
  });

  // 18: a part of the document; 52: an empty reply; 56: the connection was reset; 61: a part of a coding
  test.each(['/early', '/late'])('does not take a cut document for a whole one: %s', async (path) => {
    for (const document of documents) {
      for (const coding of [[], ['--compressed']]) {
        const { code, stderr } = await curl(...coding, origin + path + document);
        expect([18, 52, 56, 61]).toContain(code);
        expect(stderr).toMatch(/^curl: \(/);
      }
    }
  });
});

async function document(path: string): Promise<string> {
  const { code, stdout } = await curl(`${origin}${path}/metrics.json`);
  expect(code).toBe(0);
  return stdout;
}

/** Reads a document with `jq -e`, which fails when the filter gives null or false. */
async function jq(path: string, filter: string, ...args: string[]): Promise<string> {
  return jqOf(await document(path), filter, ...args);
}

async function jqOf(text: string, filter: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run('jq', ['-e', '-c', ...args, filter], text);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd();
}

describe('jq', () => {
  test.each(Object.keys(mounted).filter((path) => !/early|late|forbidden/.test(path)))(
    'reads the same from the document as Node does: %s/metrics.json',
    async (path) => {
      const text = await document(path);
      expect(JSON.parse(await jqOf(text, '.'))).toEqual(JSON.parse(text));
    },
  );

  test('finds every family, in the order of the source', async () => {
    expect(JSON.parse(await jq('', 'keys_unsorted'))).toEqual([
      'requests_total',
      'sent',
      'nothing_yet_total',
      'temperature_celsius',
      'extremes',
      'latency_seconds',
      'sumless',
      'rpc_seconds',
      'whatever',
      'disk.usage/bytes',
      '9 lives é😀',
      'many',
    ]);
    expect(await jq('', `.many.value | length == ${MANY} and all(.[]; .number == (.["@"] | tostring))`)).toBe('true');
    // Not one key twice, which would hide a value from jq and from everybody else.
    expect(
      await jq('', '[inputs | select(length == 2) | first | tojson] | length == (unique | length)', '-n', '--stream'),
    ).toBe('true');
  });

  test('finds a sample by the strings that could break a document', async () => {
    const find = '.requests_total | .help == $s and any(.value[]; .path == $s and .["@"] == 1027)';
    expect(await jq('', find, '--argjson', 's', JSON.stringify(HOSTILE))).toBe('true');
    expect(await jq('', '.latency_seconds.value.path[$s].count == 5', '--argjson', 's', JSON.stringify(HOSTILE))).toBe(
      'true',
    );
    expect(await jq('', 'any(.requests_total.value[]; .method == $s)', '--arg', 's', 'lone \ufffd')).toBe('true');
  });

  test.each([
    ['a counter', '.sent.value', 12.5],
    ['a gauge', '.temperature_celsius.value', -3.5],
    ['a family without samples', '.nothing_yet_total | .value == null and .type == "counter"', true],
    ['a map', '.whatever.value.number["1"]', 7],
    ['the largest', '.extremes.value.case.largest', Number.MAX_VALUE],
    ['the smallest', '.extremes.value.case.smallest', 5e-324],
    ['all digits', '.extremes.value.case.sum', 0.1 + 0.2],
    ['an average', '.latency_seconds.value.path[] | select(.count == 5).avg', 2.85],
    ['an average of nothing', '.latency_seconds.value.path["/unused"]', { count: 0, sum: 0, avg: 0, bucket: [] }],
    [
      'buckets',
      '.latency_seconds.value.path[] | select(.count == 5).bucket',
      [
        [0.1, 1],
        [1, 3],
        [1e6, 4],
      ],
    ],
    [
      'a histogram without a sum',
      '.sumless.value',
      {
        count: 2,
        sum: null,
        avg: null,
        bucket: [
          [-1, 0],
          [0, 1],
        ],
      },
    ],
    [
      'quantiles',
      '.rpc_seconds.value.quantile',
      [
        [0, 0.2],
        [0.99, null],
        [1, 0.6],
      ],
    ],
    ['NaN and infinities', '.extremes.value.case | [.nan, .up, .down]', [null, null, null]],
  ])('gives the value of %s', async (_, filter, value) => {
    expect(JSON.parse(await jq('', filter))).toEqual(value);
  });

  test('gives what is not finite as the options say', async () => {
    expect(JSON.parse(await jq('/strings', '.extremes.value.case | [.nan, .up, .down]'))).toEqual([
      'NaN',
      '+Inf',
      '-Inf',
    ]);
    expect(await jq('/omit', '.extremes.value.case | [has("nan", "up", "down", "big")]')).toBe(
      '[false,false,false,true]',
    );
    expect(await jq('/list', '.extremes.value[] | select(.case == "big")["@"]')).toBe('1e+21');
  });
});

test('numbers are floats in the text of the document, counts are not', async () => {
  const text = await document('');
  const numbers = [...text.matchAll(/(?<=[:[,])-?\d[\d.e+-]*(?=[\],}])/g)].map(([number]) => number);
  expect(numbers.length).toBeGreaterThan(MANY);
  expect(numbers.filter((number) => !/[.e]/.test(number))).toEqual(['5', '0', '2', '3']);
});

test('curl shows a family a line, so that grep finds it', async () => {
  const lines = (await document('')).split('\n');
  expect(lines.filter((line) => line.startsWith('"temperature_celsius"'))).toEqual([
    '"temperature_celsius":{"type":"gauge","value":-3.5},',
  ]);
  expect(lines).toHaveLength(12 + 3);
});
