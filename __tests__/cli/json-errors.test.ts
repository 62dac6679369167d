import type { AddressInfo } from 'node:net';
import { Files, runHere } from '../support/command.ts';
import { closeServers, listen } from '../support/serve.ts';

const files = new Files();
afterAll(() => files.remove());
afterEach(closeServers);

const addressOf = (server: { address(): unknown }) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/m`;

/** The address of an endpoint that closes each connection. */
const closing = async () => addressOf(await listen((req) => void req.socket.destroy()));
const silent = async () => addressOf(await listen(() => undefined));
const failing = async () => addressOf(await listen((_req, res) => void res.writeHead(503).end()));

test.each<[string, () => Promise<string[]>, number]>([
  ['check of a connection that fails', async () => ['check', `${await closing()}?token=pa55`], 2],
  ['check of an endpoint that is too slow', async () => ['check', await silent(), '--timeout', '0.1'], 2],
  ['check of an endpoint that fails', async () => ['check', await failing()], 2],
  ['check of a missing file', async () => ['check', 'missing.txt'], 2],
  ['check of a mistyped URL', async () => ['check', 'https//h/m?token=pa55'], 2],
  ['check without a URL', async () => ['check'], 64],
  ['diff of a connection that fails', async () => ['diff', files.write('a', 'a 1\n'), await closing()], 2],
  ['diff of a missing file', async () => ['diff', 'missing.txt', files.write('a', 'a 1\n')], 2],
  ['top of an endpoint that fails', async () => ['top', await failing()], 2],
  ['serve without an endpoint', async () => ['serve'], 64],
])('with --json, %s is one object with an error', async (_case, start, expected) => {
  const args = await start();
  const { status, stdout, stderr } = await runHere([...args, '--json']);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  const { error, meaning, ...others } = JSON.parse(stdout);
  expect([typeof error, error]).toEqual(['string', expect.not.stringMatching(/^$/)]);
  // With a status, the error is the meaning of it, which is no failure of the command.
  expect(stderr).toEqual('status' in others ? '' : expect.stringContaining(`express-metrics-json: ${error}\n`));
  expect(meaning).toBe(args[0] === 'check' && expected === 2 ? error : undefined);
  expect(others.file).toBe(args[1] === 'missing.txt' && args[0] === 'check' ? 'missing.txt' : undefined);
  expect(stdout + stderr).not.toContain('pa55');
  expect(status).toBe(expected);
});
