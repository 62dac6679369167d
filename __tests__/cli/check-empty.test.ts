import type { AddressInfo } from 'node:net';
import { Files, runHere } from '../support/command.ts';
import { closeServers, listen } from '../support/serve.ts';
import { JSON_TYPE, OPEN_METRICS_TYPE, serving, TEXT_TYPE } from '../support/upstreams.ts';

const files = new Files();
afterAll(() => files.remove());
afterEach(closeServers);

async function serve(body: string, type = TEXT_TYPE): Promise<string> {
  const server = await listen(serving(type, body));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each<[string, string, string]>([
  ['text', '', TEXT_TYPE],
  ['text with comments', '# HELP a b\n# hello\n', TEXT_TYPE],
  ['JSON', '{}', JSON_TYPE],
  ['OpenMetrics', '# EOF\n', OPEN_METRICS_TYPE],
])('an empty document of %s is reported, with status 1', async (_, body, type) => {
  const url = await serve(body, type);
  const { status, stdout, stderr } = await runHere(['check', url]);
  expect(stdout).toContain('status    200 OK, an empty metrics document\n');
  expect(stdout).toContain('\nempty: no families (name[] in a URL selects them by name)\n');
  expect([status, stderr]).toEqual([1, '']);
  const json = await runHere(['check', url, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ meaning: 'an empty metrics document', families: 0, series: 0 });
  expect(json.status).toBe(1);
});

test('a family without series is not an empty document', async () => {
  const { status, stdout } = await runHere(['check', await serve('# TYPE a counter\n')]);
  expect(stdout).toMatch(/^families +1\nseries +0\n/m);
  expect([status, stdout]).toEqual([0, expect.not.stringContaining('empty')]);
});

test('an empty file is reported, with status 1', async () => {
  const { status, stdout } = await runHere(['check', files.write('dump.json', '{}')]);
  expect([status, stdout]).toEqual([1, expect.stringContaining('\nempty: no families')]);
});
