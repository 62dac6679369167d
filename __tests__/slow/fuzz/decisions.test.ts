import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeBinary } from '../../support/node-binary.ts';
import { runs, seed } from './random.ts';

const root = join(__dirname, '../../..');

/** Of each kind, to each version. */
const REQUESTS = runs(1 / 500);

interface Outcome {
  readonly version: string;
  readonly tally: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

async function fuzz(major: number, expressName: string): Promise<Outcome> {
  const loader = join(root, '__tests__/support/ts-loader.mjs');
  const args = ['--no-warnings', '--import', loader, join(__dirname, 'decisions.ts'), String(REQUESTS), String(seed)];
  const options = { cwd: root, env: { ...process.env, EXPRESS: expressName }, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(await nodeBinary(major), args, options);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Outcome;
}

const versions = [20, 22, 24, 26].flatMap((major) => ['express', 'express-4'].map((name) => [major, name] as const));

test.each(versions)(
  `Node %d, %s: ${REQUESTS} requests of each kind (seed ${seed}) change no decision`,
  async (major, name) => {
    const { version, tally, broken } = await fuzz(major, name);
    console.info(`${version}, ${name}: ${JSON.stringify(tally)}`);
    expect(version).toMatch(`v${major}.`);
    expect(broken).toEqual([]);
    // Both answers were there to be changed, and the requests came through to where they are given.
    for (const kind of [
      'prepended, trusted: 200',
      'prepended, trusted: 403',
      'prepended, stranger: 403',
      'untrusted: 403',
    ]) {
      expect([kind, (tally[kind] ?? 0) > REQUESTS / 20]).toEqual([kind, true]);
    }
    expect(tally['with credentials: 403']).toBeGreaterThanOrEqual(REQUESTS);
    expect(tally['bytes, trusted: 200']).toBeGreaterThan(0);
    expect(tally['bytes, stranger: 403']).toBeGreaterThan(REQUESTS / 20);
  },
);
