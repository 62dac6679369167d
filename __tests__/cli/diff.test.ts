import type { AddressInfo } from 'node:net';
import { Files, runHere } from '../support/command.ts';
import { closeServers, listen } from '../support/serve.ts';
import { OPEN_METRICS_TYPE, serving } from '../support/upstreams.ts';

const files = new Files();
afterAll(() => files.remove());
afterEach(closeServers);

const TEXT = `# TYPE a_total counter
a_total{x="1",y="2"} 1
# TYPE wait histogram
wait_bucket{le="0.5",x="1"} 1
wait_bucket{x="1",le="+Inf"} 2
wait_sum{x="1"} 3
wait_count{x="1"} 2
# TYPE size summary
size{quantile="0.5"} 1
size_sum 1
size_count 1
`;

const OPEN_METRICS = `# TYPE a counter
a_total{y="2",x="1",z=""} 7
# TYPE wait histogram
wait_bucket{x="1",le="0.5"} 0
wait_bucket{x="1",le="+Inf"} 1
wait_sum{x="1"} 1
wait_count{x="1"} 1
# TYPE size summary
size{quantile="0.50"} 9
size_sum 9
size_count 9
# EOF
`;

test('documents of different formats, orders and values have the same series', async () => {
  const url = `http://127.0.0.1:${((await listen(serving(OPEN_METRICS_TYPE, OPEN_METRICS))).address() as AddressInfo).port}/`;
  const result = await runHere(['diff', files.write('a.txt', TEXT), url]);
  expect(result).toEqual({ status: 0, stdout: 'both have the same 8 series\n', stderr: '' });
});

test('series of only one document are listed, those of A first', async () => {
  const b = TEXT.replace('y="2"', 'y="3"').replace('le="0.5"', 'le="0.6"');
  const result = await runHere(['diff', '-', files.write('b.txt', b)], TEXT);
  expect(result).toEqual({
    status: 1,
    stdout: `- a_total{x="1",y="2"}
- wait_bucket{le="0.5",x="1"}
+ a_total{x="1",y="3"}
+ wait_bucket{le="0.6",x="1"}
6 series are in both
`,
    stderr: '',
  });
});

test('--json prints the same as one object', async () => {
  const result = await runHere(['diff', '--json', files.write('a', 'a 1\nb 1\n'), files.write('b', 'b 1\nc 1\n')]);
  expect(result.status).toBe(1);
  expect(JSON.parse(result.stdout)).toEqual({ onlyInA: ['a'], onlyInB: ['c'], inBoth: 1 });
});

test('series that match --ignore are left out', async () => {
  const both = [files.write('a', 'a 1\nb{x="1"} 1\nc 1\n'), files.write('b', 'c 1\n')];
  const { status, stdout } = await runHere(['diff', '--ignore', '^a$', '--ignore', 'x="1"', ...both]);
  expect([status, stdout]).toEqual([0, 'both have the same 1 series\n']);
});

test('only series that match --only are compared', async () => {
  const both = [files.write('a', 'a 1\nb{x="1"} 1\nc 1\n'), files.write('b', 'c 1\nd 1\n')];
  const { status, stdout } = await runHere(['diff', '--only', '^b', '--only', 'c', ...both]);
  expect([status, stdout]).toEqual([1, '- b{x="1"}\n1 series are in both\n']);
});

test.each([
  ['text', 'a 1\nb{x="caf\u00e9"} 1\n', /line 2: expected UTF-8, got other bytes/],
  ['JSON', '{"a":{"type":"gauge","value":{"x":{"caf\u00e9":1}}}}', /byte \d+: expected UTF-8/],
])('%s that is not UTF-8 is an error, from a file and from the standard input', async (_format, content, message) => {
  const latin1 = Buffer.from(content, 'latin1');
  for (const argument of [files.write('latin1', latin1), '-']) {
    const { status, stdout, stderr } = await runHere(['diff', argument, files.write('a', 'a 1\n')], latin1);
    expect(stderr).toContain(`diff: ${argument}: `);
    expect(stderr).toMatch(message);
    expect([status, stdout]).toEqual([2, '']);
  }
});

test('the last line needs no line feed, and a line of one word is reported by its number', async () => {
  const both = [files.write('a', 'a 1\nb 1'), files.write('b', '{"a":{"type":"gauge","value":1}}')];
  expect(await runHere(['diff', ...both])).toMatchObject({ status: 1, stdout: '- b\n1 series are in both\n' });
  const { status, stderr } = await runHere(['diff', '-', both[0]!], 'nonsense');
  expect([status, stderr]).toEqual([2, expect.stringContaining('diff: -: line 1: ')]);
});

const file = files.write('valid', 'a 1\n');

test.each<[string, string[], number, RegExp]>([
  [
    'a file that does not exist',
    ['diff', 'missing.txt', 'missing.txt'],
    2,
    /diff: expected a URL .*, got "missing\.txt"/,
  ],
  [
    'a URL that is mistyped',
    ['diff', 'https//h/m?token=secret', file],
    2,
    /diff: expected a URL .*, got a text that may/,
  ],
  ['a malformed document', ['diff', '-', file], 2, /diff: -: line 1: /],
  ['the standard input twice', ['diff', '-', '-'], 64, /diff: expected at most one - \(.*\), got two; write a URL or/],
  ['one argument', ['diff', 'a'], 64, /diff: expected A and B, got "a"; write diff A B/],
  [
    'an invalid pattern',
    ['diff', 'a', 'b', '--ignore', '(?:x'],
    64,
    /diff: --ignore: expected a regular expression, got "\(\?:x" \(Unterminated group\); write one such as /,
  ],
])('%s is an error', async (_case, args, status, message) => {
  const result = await runHere(args, 'nonsense');
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toContain('token');
  expect([result.status, result.stdout]).toEqual([status, '']);
});

test.each(['diff', 'top'])('%s names no option that it does not have when a page is no document', async (command) => {
  const server = await listen(serving('text/html', '<p>'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const args = command === 'diff' ? [files.write('a.txt', TEXT), url] : [url];
  const { status, stderr } = await runHere([command, ...args]);
  expect(stderr).toMatch(/ got text\/html; write the path of a metrics document, such as \/metrics\.json\n$/);
  expect(status).toBe(2);
});
