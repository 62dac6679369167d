import { EventEmitter } from 'node:events';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Output } from '../../lib/cli/output.ts';
import { cutEnd, rateTable, shorten } from '../../lib/cli/rate-table.ts';
import { ratesOf, readSnapshot, type SeriesRate, type Snapshot } from '../../lib/cli/rates.ts';
import { Screen } from '../../lib/cli/screen.ts';
import { top } from '../../lib/cli/top.ts';
import { streamMetrics } from '../../lib/reader.ts';
import { BuiltCommand, runHere } from '../support/command.ts';
import { closeServers, listen } from '../support/serve.ts';
import { TEXT_TYPE } from '../support/upstreams.ts';

const command = new BuiltCommand();
beforeAll(() => command.build());
afterAll(() => command.close());
afterEach(closeServers);

const urlOf = async (listener: RequestListener) =>
  `http://127.0.0.1:${((await listen(listener)).address() as AddressInfo).port}/m`;

/** An endpoint whose counters increase with each request; with null instead of a text, it fails. */
function counting(textOf: (request: number) => string | null): Promise<string> {
  let requests = 0;
  return urlOf((_req, res) => {
    const text = textOf(++requests);
    if (text === null) res.writeHead(503).end();
    else res.setHeader('Content-Type', TEXT_TYPE).end(text);
  });
}

const text = (n: number) =>
  `# TYPE slow counter\nslow ${n}\n# TYPE fast counter\nfast{x="\\u001b"} ${n * 100}\n# TYPE depth gauge\ndepth 3\n`;

const at = async (time: number, document: string): Promise<Snapshot> => ({
  ...(await readSnapshot(streamMetrics(document))),
  time,
});

const allRates = async (after: Snapshot, before?: Snapshot) =>
  (await ratesOf(after, before, Number.POSITIVE_INFINITY)).first;

describe('ratesOf', () => {
  test('counters and observations are per second, the fastest first, and gauges follow', async () => {
    const before =
      '# TYPE a counter\na 5\n# TYPE b counter\nb 5\n# TYPE c gauge\nc 9\n# TYPE h histogram\nh_bucket{le="+Inf"} 2\nh_sum 1\nh_count 2\n';
    const after =
      '# TYPE a counter\na 7\n# TYPE b counter\nb 25\n# TYPE c gauge\nc 4\n# TYPE h histogram\nh_bucket{le="+Inf"} 6\nh_sum 3\nh_count 6\n';
    expect(await allRates(await at(3_000, after), await at(1_000, before))).toEqual([
      { series: 'b', type: 'counter', value: 25, perSecond: 10, mean: undefined },
      { series: 'h', type: 'histogram', value: 6, perSecond: 2, mean: 0.5 },
      { series: 'a', type: 'counter', value: 7, perSecond: 1 },
      { series: 'c', type: 'gauge', value: 4 },
    ]);
  });

  test('a series that is new, or has started again, counts from 0', async () => {
    const before = await at(0, '# TYPE a counter\na{x="1"} 5\n');
    const after = await at(1_000, '# TYPE a counter\na{x="1"} 2\na{x="2"} 3\n');
    expect((await allRates(after, before)).map((it) => it.perSecond)).toEqual([3, 2]);
  });

  test('a series whose rate is not a number follows those with a rate', async () => {
    const document = (a: number, c: number) =>
      `# TYPE a counter\na ${a}\n# TYPE b counter\nb NaN\n# TYPE c counter\nc ${c}\n`;
    const rates = await allRates(await at(1_000, document(1, 2)), await at(0, document(0, 0)));
    expect(rates.map(({ series }) => series)).toEqual(['c', 'a', 'b']);
  });

  test('there are no rates before the second document', async () => {
    expect(await allRates(await at(0, '# TYPE a counter\na 5\n'))).toEqual([
      { series: 'a', type: 'counter', value: 5 },
    ]);
  });
});

describe('ratesOf of many series', () => {
  const COUNT = 20_000;
  const manyAt = (time: number, factor: number) =>
    at(
      time,
      Array.from({ length: COUNT }, (_, i) => `# TYPE c${i} counter\nc${i} ${((i * 7919) % COUNT) * factor}\n`).join(
        '',
      ),
    );

  test('returns the first ones, in the order of all', async () => {
    const [before, after] = [await manyAt(0, 1), await manyAt(1_000, 2)];
    const all = await ratesOf(after, before, Number.POSITIVE_INFINITY);
    expect(all.first.map((it) => it.perSecond)).toEqual(Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i));
    for (const limit of [1, 20, 500]) {
      expect(await ratesOf(after, before, limit)).toEqual({ total: COUNT, first: all.first.slice(0, limit) });
    }
  });

  test('ends between two series when its signal is aborted, as by a key', async () => {
    const after = await manyAt(0, 1);
    // The slice of time of the parser is over.
    await sleep(20);
    await expect(ratesOf(after, undefined, 20, AbortSignal.abort(new Error('q')))).rejects.toThrow('q');
  });
});

test('elsewhere than in a terminal, it prints a table for each update', async () => {
  const { status, stdout, stderr } = await runHere(['top', await counting(text), '--count', '2', '--interval', '0.1']);
  const [first = '', second = ''] = stdout.split('\n\n');
  expect(first).toMatch(/^\d{4}-\S+Z {2}3 series\nper second {2}mean {2}value {2}series\n/);
  expect(
    second
      .split('\n')
      .slice(2)
      .map((line) => line.trim().split(/ +/).at(-1)),
  ).toEqual(['fast{x="\\\\u001b"}', 'slow', 'depth']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).not.toContain('\u001b');
});

test('--only and --ignore choose the series', async () => {
  const args = ['--count', '1', '--json', '--only', '^(fast|slow)', '--only', 'none', '--ignore', 'x="'];
  const { stdout, status } = await runHere(['top', await counting(text), ...args]);
  expect(JSON.parse(stdout).series.map((it: { series: string }) => it.series)).toEqual(['slow']);
  expect(status).toBe(0);
});

test('--json prints one object for each update', async () => {
  const { stdout } = await runHere(['top', await counting(text), '--count', '2', '--interval', '0.1', '--json']);
  const [first, second] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first.series[0]).not.toHaveProperty('perSecond');
  expect(second.series[0]).toEqual({
    series: 'fast{x="\\\\u001b"}',
    type: 'counter',
    value: 200,
    perSecond: expect.any(Number),
  });
  expect(second.series[0].perSecond).toBeGreaterThan(0);
});

test('a later document that cannot be read is reported, and the rates go on', async () => {
  const url = await counting((request) => (request === 2 ? null : text(request)));
  const { status, stdout, stderr } = await runHere(['top', url, '--count', '3', '--interval', '0.1', '--json']);
  const updates = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(updates).toEqual([
    { time: expect.any(String), series: expect.any(Array) },
    { time: expect.any(String), error: expect.stringContaining('got 503') },
    { time: expect.any(String), series: expect.any(Array) },
  ]);
  expect(stderr).toMatch(/^express-metrics-json: top: GET http:\S+\/m: expected status 200, got 503/);
  expect(status).toBe(0);
});

test('a first document that cannot be read is an error, with status 2', async () => {
  const { status, stdout, stderr } = await runHere(['top', await counting(() => null)]);
  expect(stderr).toMatch(/^express-metrics-json: top: GET .* got 503/);
  expect([status, stdout]).toEqual([2, '']);
});

test('SIGINT ends a request that is in flight, with status 0', async () => {
  const url = await urlOf(() => void child.kill('SIGINT'));
  const child = command.start('top', url);
  expect(await new Promise((resolve) => child.once('close', (...how) => resolve(how)))).toEqual([0, null]);
});

test.each<[string[], RegExp]>([
  [[], /top: expected URL, got none; write top URL/],
  [['http://127.0.0.1', '--interval', '0'], /top: --interval: expected a number from 0\.1 to 3600, got "0"/],
  [
    ['http://127.0.0.1', '--count', '1.5'],
    /top: --count: expected a whole number from 1 to 1000000, got "1\.5"; write/,
  ],
  [
    ['http://127.0.0.1', '--only', '('],
    /top: --only: expected a regular expression, got "\(" \(Unterminated group\); write one such as '\^nodejs_gc_'\n/,
  ],
  [['-'], /top: URL: expected an http or https URL, got "-"/],
])('%p is a usage error, with status 64', async (args, message) => {
  const { status, stderr } = await runHere(['top', ...args]);
  expect(stderr).toMatch(message);
  expect(status).toBe(64);
});

const ESC = '\u001b';
const LEAVE = `${ESC}[?7h${ESC}[?25h${ESC}[?1049l`;

/** A terminal of some size, and what was written to it. */
class FakeTerminal extends EventEmitter {
  readonly isTTY = true;
  columns = 80;
  rows = 6;
  written = '';

  write(chunk: string): boolean {
    this.written += chunk;
    return true;
  }
}

/** The keys of a terminal. */
class FakeKeyboard extends EventEmitter {
  readonly isTTY = true;

  setRawMode(): void {}
  resume(): void {}
  pause(): void {}
}

const linesOf = (frame: string) =>
  frame
    .split(LEAVE, 1)[0]!
    .replace(`\r\n${ESC}[J`, '')
    .split('\r\n')
    .map((line) => line.replace(`${ESC}[K`, ''));

test('a line as wide as the terminal keeps its last character, which clearing the rest of it would erase', () => {
  const terminal = new FakeTerminal();
  const keyboard = new FakeKeyboard() as unknown as NodeJS.ReadStream;
  const screen = new Screen(terminal as unknown as NodeJS.WriteStream, keyboard, { draw: jest.fn(), stop: jest.fn() });
  screen.draw(['a', 'b']);
  expect(terminal.written).toBe(`${ESC}[H${ESC}[Ka\r\n${ESC}[Kb\r\n${ESC}[J`);
  terminal.written = '';
  terminal.rows = 2;
  screen.draw(['a', 'b', 'c']);
  expect(terminal.written).toBe(`${ESC}[H${ESC}[Ka\r\n${ESC}[Kb`);
});

test('in a terminal, it fills the second screen, follows its size and leaves it', async () => {
  const terminal = new FakeTerminal();
  const url = await counting((request) => {
    if (request === 2) {
      terminal.columns = 36;
      terminal.rows = 4;
      terminal.emit('resize');
    }
    return text(request);
  });
  const output = new Output(terminal as unknown as NodeJS.WriteStream, process.stderr);
  expect(await top.run([url, '--count', '3', '--interval', '0.1'], output)).toBe(0);
  expect(terminal.written.startsWith(`${ESC}[?1049h${ESC}[?25l${ESC}[?7l`)).toBe(true);
  expect(terminal.written.endsWith(LEAVE)).toBe(true);
  const frames = terminal.written.split(`${ESC}[H`).slice(1).map(linesOf);
  expect(frames).toHaveLength(5);
  const sizes = frames.map((lines) => [lines.length, Math.max(...lines.map((line) => line.length))]);
  expect(sizes.slice(2).every(([rows, columns]) => rows! <= 4 && columns! <= 36)).toBe(true);
  expect(frames[0]!.join()).toContain('waiting for the first document  ctrl-C: quit');
  expect(frames[1]!.join()).toContain('rates follow');
  expect(frames[4]!.join()).toContain('fast{x=');
  expect(terminal.listenerCount('resize')).toBe(0);
});

test('an update that fails keeps the rates, and says why at the beginning of its line', async () => {
  const terminal = new FakeTerminal();
  const output = new Output(terminal as unknown as NodeJS.WriteStream, process.stderr);
  const url = await counting((request) => (request === 3 ? null : text(request)));
  await top.run([url, '--count', '3', '--interval', '0.1'], output);
  const lines = linesOf(terminal.written.split(`${ESC}[H`).at(-1)!);
  expect(lines[1]).toMatch(/^3 series {2}no update: expected status 200, got 503 Service Unavailable.*…$/);
  expect(lines[1]).toHaveLength(80);
  expect(lines[3]).toMatch(/fast/);
});

test('--rows limits the series on the screen', async () => {
  const terminal = new FakeTerminal();
  terminal.rows = 24;
  const output = new Output(terminal as unknown as NodeJS.WriteStream, process.stderr);
  await top.run([await counting(text), '--count', '2', '--interval', '0.1', '--rows', '1'], output);
  const frame = terminal.written.split(`${ESC}[H`).at(-1);
  expect(frame).toContain('fast{x=');
  expect(frame).not.toContain('slow');
});

test.each([
  ['q', 'q', 1],
  ['ctrl-C', '\u0003', 1],
  ['ctrl-C twice at once', '\u0003\u0003', 1],
  ['q right after another key', 'aq', 1],
  ['another key', 'a', 0],
])('%s on the keyboard ends it %i times', (_key, data, times) => {
  const stop = jest.fn();
  const keyboard = new FakeKeyboard();
  const terminal = new FakeTerminal() as unknown as NodeJS.WriteStream;
  const screen = new Screen(terminal, keyboard as unknown as NodeJS.ReadStream, { draw: jest.fn(), stop });
  screen.enter();
  keyboard.emit('data', Buffer.from(data));
  expect(stop).toHaveBeenCalledTimes(times);
  screen.leave();
  expect(keyboard.listenerCount('data')).toBe(0);
});

test('the end of the process leaves the second screen, also after a crash', () => {
  const terminal = new FakeTerminal();
  const keyboard = new FakeKeyboard() as unknown as NodeJS.ReadStream;
  const screen = new Screen(terminal as unknown as NodeJS.WriteStream, keyboard, { draw: jest.fn(), stop: jest.fn() });
  const before = process.listeners('exit');
  screen.enter();
  const added = process.listeners('exit').filter((it) => !before.includes(it));
  for (const listener of added) listener(1);
  expect(terminal.written.endsWith(LEAVE)).toBe(true);
  expect(process.listeners('exit')).toEqual(before);
});

test('a narrow table has no means, so that the names of series have room', () => {
  const rates: SeriesRate[] = [
    { series: 'http_request_duration_seconds', type: 'histogram', value: 5, perSecond: 2, mean: 1 },
  ];
  expect(rateTable(rates, 1, 60)).toEqual([
    'per second  mean  value  series',
    '         2     1      5  http_request_duration_seconds',
  ]);
  expect(rateTable(rates, 1, 40)).toEqual(['per second  value  series', '         2      5  http_request_d…econds']);
});

test.each([
  ['short', 10, 'short'],
  ['name{label="value"}', 12, 'name{lab…e"}'],
  ['name', 2, 'na'],
  ['a😀', 2, 'a'],
  ['😀😀😀😀', 7, '😀😀…😀'],
  ['😀😀😀😀', 6, '😀😀…'],
])('%p fits %p characters as %p', (whole, width, expected) => {
  expect(shorten(whole, width)).toBe(expected);
});

test.each([
  ['short', 10, 'short'],
  ['expected status 200, got 503', 20, 'expected status 200…'],
  ['a😀b', 3, 'a…'],
])('%p is cut to %p characters as %p', (whole, width, expected) => {
  expect(cutEnd(whole, width)).toBe(expected);
});
