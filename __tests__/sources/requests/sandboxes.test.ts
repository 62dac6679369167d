import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EXPRESS_VERSIONS } from '../../support/express-versions.ts';

const SUPPORT = join(__dirname, '../../support');

jest.setTimeout(120_000);

test.each(EXPRESS_VERSIONS)('sandboxes of one process that have measured apps of %s are released', async (version) => {
  const args = ['--expose-gc', '--import', join(SUPPORT, 'ts-loader.mjs'), join(SUPPORT, 'sandboxed-requests.ts')];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, EXPRESS: version } });
  const nothing = { sandboxes: 0, channels: 0 };
  expect(JSON.parse(stdout)).toEqual({
    answered: nothing,
    disconnected: nothing,
    'disconnected before the first is measured': nothing,
    'called late': nothing,
  });
});
