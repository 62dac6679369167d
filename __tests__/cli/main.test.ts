import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuiltCommand, Files } from '../support/command.ts';

const command = new BuiltCommand();
const files = new Files();
beforeAll(() => command.build());
afterAll(() => command.close());
afterAll(() => files.remove());

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
  for (const option of ['--version', '-v']) {
    expect(await command.run([option])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  }
});

test('the status is that of a broken pipe when the reader of the output leaves, and not that of equal documents', async () => {
  const many = (name: string) => Array.from({ length: 20_000 }, (_, i) => `${name}{x="${i}"} 1\n`).join('');
  const child = command.start('diff', files.write('many-a', many('a')), files.write('many-b', many('b')));
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await ended).toBe(141);
});

test('the program reads the standard input, and its exit status is that of the command', async () => {
  const other = files.write('other', 'b 1\n');
  const result = await command.run(['diff', '-', other], 'a 1\n');
  expect(result).toEqual({ status: 1, stdout: '- a\n+ b\n0 series are in both\n', stderr: '' });
});
