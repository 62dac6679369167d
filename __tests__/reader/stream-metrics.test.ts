import type { AddressInfo } from 'node:net';
import { streamMetrics } from '../../lib/reader.ts';
import { closeServers, listen } from '../support/serve.ts';
import { serving, TEXT_TYPE } from '../support/upstreams.ts';

afterEach(closeServers);

test('families are read one by one, with samples as they are wanted', async () => {
  const seen: [string, number][] = [];
  for await (const { name, samples } of streamMetrics('a{x="1"} 1\na{x="2"} 2\nb 3\nc{x="1"} 1\n')) {
    if (name === 'b') continue;
    let count = 0;
    for await (const _ of samples) count++;
    seen.push([name, count]);
  }
  expect(seen).toEqual([
    ['a', 2],
    ['c', 1],
  ]);
});

test('a document without an end is read as it arrives, and leaving it closes the connection', async () => {
  let sent = 0;
  const server = await listen((_req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.write('{');
    const write = () => {
      while (!res.destroyed && res.write(`"f${sent++}":{"type":"gauge","value":{"x":{"${'y'.repeat(1000)}":1}}},`));
    };
    res.on('drain', write);
    write();
  });
  const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
  const names: string[] = [];
  for await (const { name } of streamMetrics(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)) {
    names.push(name);
    if (names.length === 2_000) break;
  }
  expect(names.at(-1)).toBe('f1999');
  await closed;
});

test('errors begin with the function and the place', async () => {
  const server = await listen(serving(TEXT_TYPE, 'a 1\nb\n'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/m`;
  const read = async () => {
    for await (const _ of streamMetrics(url));
  };
  await expect(read()).rejects.toMatchObject({
    code: 'ERR_METRICS_MALFORMED_DOCUMENT',
    message: expect.stringContaining(`streamMetrics: GET ${url}: line 2: `),
  });
  expect(() => streamMetrics('nonsense')).toThrow(/^streamMetrics: input: expected /);
});
