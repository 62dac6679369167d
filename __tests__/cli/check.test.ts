import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Files, runHere } from '../support/command.ts';
import { closeServers, listen, serveMetrics, watchWarnings } from '../support/serve.ts';
import { JSON_TYPE, serving, TEXT_TYPE } from '../support/upstreams.ts';

const files = new Files();
afterAll(() => files.remove());
afterEach(closeServers);
beforeEach(() => {
  watchWarnings();
});
afterEach(() => jest.restoreAllMocks());

const addressOf = (server: { address(): unknown }) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const serve = async (body: string, type = TEXT_TYPE) => addressOf(await listen(serving(type, body)));

const lines = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i)).join('');

test('a compressed answer that is no document has status 2', async () => {
  const pages = [
    ['text/plain', gzipSync('x'.repeat(9_000)), { 'Content-Encoding': 'gzip' }, 404],
    ['text/html', brotliCompressSync('x'.repeat(9_000)), { 'Content-Encoding': 'br' }, 200],
  ] as const;
  for (const [type, body, headers, code] of pages) {
    const server = await listen((_req, res) => {
      res.writeHead(code, { 'Content-Type': type, ...headers }).end(body);
    });
    const { status, stdout, stderr } = await runHere(['check', addressOf(server)]);
    expect([status, `${stdout}${stderr}`]).toEqual([2, expect.not.stringContaining('Z_BUF_ERROR')]);
  }
});

test('a document without faults is described, with status 0', async () => {
  const text = `# TYPE a counter
a{x="1"} 1
a{x="2"} 1
# TYPE wait histogram
wait_bucket{le="1"} 1
wait_bucket{le="+Inf"} 2
wait_sum 3
wait_count 2
`;
  const { status, stdout, stderr } = await runHere(['check', await serve(text)]);
  expect(stdout.replace(/in \d+ ms/, 'in N ms')).toBe(`status    200 OK, a metrics document
format    Prometheus text (${TEXT_TYPE})
size      ${text.length} bytes in N ms
families  2
series    6
largest families
  4  histogram  wait
  2  counter    a
duplicates: none
not as the format demands: none
labels that look unbounded: none
`);
  expect([status, stderr]).toEqual([0, '']);
});

test.each(['text', 'JSON', 'OpenMetrics'])(
  'a saved document of %s is described, from a file and from the standard input',
  async (format) => {
    const documents: Record<string, string> = {
      text: 'a{x="1"} 1\n',
      JSON: '{"a":{"type":"untyped","value":{"x":{"1":1}}}}',
      OpenMetrics: '# TYPE a unknown\na{x="1"} 1\n# EOF\n',
    };
    const names: Record<string, string> = {
      text: 'Prometheus text',
      JSON: "KumoMTA's JSON",
      OpenMetrics: 'OpenMetrics',
    };
    const content = documents[format]!;
    for (const argument of [files.write('dump', content), '-']) {
      const { status, stdout, stderr } = await runHere(['check', argument], content);
      expect(stdout).toBe(`file      ${argument}
format    ${names[format]}
size      ${content.length} bytes
families  1
series    1
largest families
  1  untyped  a
duplicates: none
not as the format demands: none
labels that look unbounded: none
`);
      expect([status, stderr]).toEqual([0, '']);
    }
  },
);

test('a saved document that is malformed is explained, with status 2', async () => {
  const file = files.write('dump', 'a 1\nb\n');
  const text = await runHere(['check', file]);
  expect(text.stdout).toMatch(/^file {5}\S+\nmeaning {2}line 2: [^\n]+\n$/);
  const json = await runHere(['check', file, '--json']);
  const { meaning, ...others } = JSON.parse(json.stdout);
  expect(meaning).toMatch(/^line 2: /);
  expect(others).toEqual({ file, error: meaning });
  expect([text.status, json.status]).toEqual([2, 2]);
});

test.each<[string, RegExp]>([
  [
    'missing.txt',
    /check: expected a URL or a file that exists, got "missing\.txt"; write a path, or a URL such as http:/,
  ],
  ['localhost:3000', /got "localhost:3000"; write a path, or a URL such as http:\/\/localhost:3000\n$/],
  ['mail.example:80/m', /got "mail\.example:80\/m"; write a path, or a URL such as http:\/\/mail\.example:80\/m\n$/],
  ['https//a/m?token=pa55', /got a text that may contain a secret; write a path, or a URL such as http:/],
  ['https:/u:pa55@a/m', /got a text that may contain a secret; write a path, or a URL such as http:/],
  ['.', /check: expected a file, got the directory "\."; write the path of a file in it\n$/],
  ['ftp://mail/m', /got "ftp:\/\/mail\/m"; write a path, or a URL such as http:/],
])('%p is neither a URL nor a file, with status 2', async (argument, expected) => {
  const { status, stdout, stderr } = await runHere(['check', argument]);
  expect(stderr).toMatch(expected);
  expect(stderr).not.toContain('pa55');
  expect([status, stdout]).toEqual([2, '']);
});

test('the endpoint of this package has no faults in its default format', async () => {
  const { server } = await serveMetrics();
  const { status, stdout } = await runHere(['check', `${addressOf(server)}/metrics.json`]);
  expect(stdout).toMatch(/^format +KumoMTA's JSON \(application\/json/m);
  expect(status).toBe(0);
});

test('only the ten largest families are listed', async () => {
  const text = lines(12, (family) => lines(family + 1, (i) => `f${family}{x="${i}"} 1\n`));
  const { stdout } = await runHere(['check', await serve(text), '--json']);
  const { families, series, largest } = JSON.parse(stdout);
  expect({ families, series }).toEqual({ families: 12, series: 78 });
  expect(largest.map((it: { series: number }) => it.series)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
});

test.each<[string, string, string | undefined, RegExp]>([
  ['a series of text twice', 'a{x="1",y="2"} 1\na{y="2",x="1"} 2\n', undefined, /^duplicates\n {2}a.*/m],
  [
    'a series of JSON twice',
    '{"a":{"type":"gauge","value":{"x":{"1":1,"1":2}}}}',
    JSON_TYPE,
    /^duplicates\n {2}a: 1 of its series came again, and the first of each is served$/m,
  ],
  [
    'a family of JSON twice',
    '{"a":{"type":"gauge","value":1},"a":{"type":"gauge","value":1}}',
    JSON_TYPE,
    /^ {2}the family a occurs twice$/m,
  ],
  [
    'a repaired histogram',
    '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
    undefined,
    /^not as the format demands\n {2}h: /m,
  ],
  [
    'ids in a path',
    lines(20, (i) => `a{path="/users/${i}"} 1\n`),
    undefined,
    /^ {2}a: path has 20 values, such as "\/users\/0" \(values are identifiers\)$/m,
  ],
  [
    'UUIDs',
    lines(20, (i) => `a{id="0b1f4c5e-0000-4000-8000-0000000000${10 + i}"} 1\n`),
    undefined,
    /a: id has 20 values/,
  ],
  [
    'ids in long paths',
    lines(20, (i) => `a{path="/users/${i}/${'x'.repeat(2000)}"} 1\n`),
    undefined,
    /a: path has 20 values/,
  ],
  [
    'e-mail addresses',
    lines(20, (i) => `a{user="jo.e${'abcdefghijklmnopqrst'[i]}@mail.example.org"} 1\n`),
    undefined,
    /a: user has 20 values, such as "jo\.ea@mail\.example\.org" \(values are identifiers\)/,
  ],
  [
    'a thousand values of any kind',
    lines(1200, (i) => `a{queue="q${i}.example"} 1\n`),
    undefined,
    /a: queue has 1000 or more values, .* \(many values\)/,
  ],
])('%s is a finding, with status 1', async (_case, text, type, expected) => {
  const { status, stdout } = await runHere(['check', await serve(text, type)]);
  expect(stdout).toMatch(expected);
  expect(status).toBe(1);
});

test.each([
  ['HTTP statuses', (i: number) => `a{status="${200 + i}"} 1\n`],
  ['routes with parameters', (i: number) => `a{route="/v1/${'abcdefghijklmnopqrst'[i]}/:id"} 1\n`],
  ['ids after the first thousand characters', (i: number) => `a{path="/${'x'.repeat(1000)}/${i}"} 1\n`],
  ['texts with @ and dots before a space', (i: number) => `a{text="a@${'.a'.repeat(20_000)} ${i}"} 1\n`],
  ['versions', (i: number) => `a{version="1.${i}.0"} 1\n`],
])('%s do not look unbounded', async (_case, line) => {
  const { status, stdout } = await runHere(['check', await serve(lines(20, line))]);
  expect(stdout).toContain('labels that look unbounded: none');
  expect(status).toBe(0);
});

test('a refusal is explained, with status 2', async () => {
  const { server } = await serveMetrics({ trustedHosts: ['10.0.0.1'] });
  const url = `${addressOf(server)}/metrics`;
  const text = await runHere(['check', url]);
  expect(text.stdout).toMatch(/^status {3}403 Forbidden\nmeaning {2}.*trustedHosts/);
  const json = await runHere(['check', url, '--json']);
  const reason = expect.stringContaining('trustedHosts');
  expect(JSON.parse(json.stdout)).toMatchObject({ status: 403, meaning: reason, error: reason });
  expect([text.status, json.status]).toEqual([2, 2]);
});

test.each<[string, () => Promise<string>, RegExp]>([
  ['a malformed document', () => serve('a 1\nb\n'), /^status {3}200 OK\nmeaning {2}line 2: /],
  ['a page', () => serve('<p>', 'text/html'), /^meaning {2}expected JSON, .*got text\/html/m],
])('%s is explained, with status 2', async (_case, start, expected) => {
  const { status, stdout } = await runHere(['check', await start()]);
  expect(stdout).toMatch(expected);
  expect(status).toBe(2);
});

test.each<[string, RequestListener]>([
  ['does not answer', () => undefined],
  ['stops after one line', (_req, res) => void res.setHeader('Content-Type', TEXT_TYPE).write('a 1\n')],
  [
    'stops after one line of a compressed body',
    (_req, res) => {
      res.writeHead(200, { 'Content-Type': TEXT_TYPE, 'Content-Encoding': 'gzip' });
      res.write(gzipSync('a 1\n').subarray(0, 15));
    },
  ],
])('an endpoint that %s in time is reported without the query, with status 2', async (_case, listener) => {
  const url = addressOf(await listen(listener));
  const slow = [`${url}/m?token=secret`, '--timeout', '0.3'];
  const reason = 'aborted: the document was not complete within 0.3 s\n';
  const checked = await runHere(['check', ...slow]);
  expect([checked.status, checked.stdout + checked.stderr]).toEqual([
    2,
    expect.stringMatching(new RegExp(`${reason}$`)),
  ]);
  expect(checked.stderr).not.toContain('secret');
  for (const args of [
    ['diff', ...slow, files.write('dump', 'a 1\n')],
    ['top', ...slow, '--count', '1'],
  ]) {
    const stderr = `express-metrics-json: ${args[0]}: GET ${url}/m: ${reason}`;
    expect(await runHere(args)).toEqual({ status: 2, stdout: '', stderr });
  }
});

test('control characters of a document do not reach the terminal', async () => {
  const { stdout } = await runHere(['check', await serve(lines(20, (i) => `a{x="/\u001b[31m\u009b/${i}"} 1\n`))]);
  expect(stdout).toMatch(/\\u001b\[31m\\u009b/);
  expect(stdout).not.toContain('\u001b');
  expect(stdout).not.toContain('\u009b');
});

test('--json escapes the same characters, and means them', async () => {
  const name = 'a\u007f\u009b\u061c\u200b\u202e\u2060\u2069\ufeff';
  const url = await serve(lines(20, (i) => `a{x="/${name}/${i}"} 1\n`));
  const { stdout } = await runHere(['check', '--json', url]);
  expect(stdout).not.toMatch(/[^\n -~]/);
  expect(JSON.parse(stdout).unbounded[0].example).toBe(`/${name}/0`);
});

test.each<[string[], RegExp]>([
  [['check'], /^express-metrics-json: check: expected URL or FILE, got none; write check URL or FILE\n/],
  [['check', 'https://u:pa55@a', 'extra'], /check: expected URL or FILE, got 2 arguments; write check URL or FILE\n/],
  [
    ['check', 'http://127.0.0.1:99999/m'],
    /check: URL: expected an http or https URL, got "http:\/\/127\.0\.0\.1:99999\/m";/,
  ],
  [
    ['serve', 'http://127.0.0.1:1/m', '--from', 'http://a'],
    /serve: expected options, got "http:\/\/127\.0\.0\.1:1\/m";/,
  ],
  [['check', 'https://u:pa55@['], /check: URL: expected an http or https URL, got a text that may contain a secret;/],
  [['https://u:pa55@a'], /command: expected one that exists, got a text that may contain a secret; write check or/],
  [['check', 'http://a', '--jsn'], /check: option: expected one that exists, got "--jsn"; write --json\n/],
  [
    ['check', 'http://a', '--timeout', 'soon'],
    /check: --timeout: expected a number from 0\.001 to 3600, got "soon"; write /,
  ],
  [['chek'], /command: expected one that exists, got "chek"; write check\nSee "express-metrics-json --help"\.\n$/],
])('%p is a usage error, with status 64', async (args, expected) => {
  const { status, stdout, stderr } = await runHere(args);
  expect(stderr).toMatch(expected);
  expect(stderr).not.toContain('pa55');
  expect([status, stdout]).toEqual([64, '']);
});

test.each(['1e3', '0x10', ' 5', '5s', '-1', '', 'Infinity'])('a timeout of %p is not a number', async (timeout) => {
  const { status, stderr } = await runHere(['check', 'http://127.0.0.1:1', `--timeout=${timeout}`]);
  expect(stderr).toContain('check: --timeout: expected a number from 0.001 to 3600, got ');
  expect(status).toBe(64);
});

test.each([
  ['check', 'timeout'],
  ['diff', 'timeout'],
  ['top', 'timeout'],
  ['top', 'interval'],
  ['top', 'count'],
  ['top', 'rows'],
])('the error for a negative number names it: %s --%s', async (command, option) => {
  const urls = command === 'diff' ? ['http://h', 'http://h'] : ['http://h'];
  const { status, stderr } = await runHere([command, ...urls, `--${option}`, '-1.5']);
  const expected = new RegExp(
    `^express-metrics-json: ${command}: --${option}: expected a .*number from .*, got "-1.5"; `,
  );
  expect(stderr).toMatch(expected);
  expect(status).toBe(64);
});

test.each(['check', 'diff', 'top'])('%s suggests no option for an exemplar in text', async (command) => {
  const url = await serve('h_bucket{le="1"} 1 # {t="1"} 0.5\n');
  const { stdout, stderr } = await runHere([command, url, ...(command === 'diff' ? [url] : [])]);
  expect(stdout + stderr).toContain('if this is an exemplar, the document must be OpenMetrics');
  expect(stdout + stderr).not.toContain('set format');
});

test('help is printed for the command as a whole and for each of its commands', async () => {
  const { stdout, status } = await runHere(['--help']);
  expect(status).toBe(0);
  const names = [...stdout.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name!);
  expect(names).toEqual(['check', 'diff', 'serve', 'top']);
  for (const name of names) {
    const help = await runHere([name, '--help']);
    expect(await runHere(['help', name])).toEqual(help);
    expect(help.stdout).toMatch(
      new RegExp(`^Usage: express-metrics-json ${name} [^]*Examples:\n[^]*${name} [^]*Exit status:\n {2}0 `),
    );
    expect(help.status).toBe(0);
  }
});
