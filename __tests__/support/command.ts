import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { WriteStream } from 'node:tty';
import { Output } from '../../lib/cli/output.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { buildInto } from '../docs/build.ts';

const root = join(__dirname, '../..');

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process, which is faster. `input` is the standard input. */
export async function runHere(args: readonly string[], input: string | Uint8Array = ''): Promise<CommandResult> {
  const stdin = jest
    .spyOn(process, 'stdin', 'get')
    .mockReturnValue(Readable.from([Buffer.from(input)]) as typeof process.stdin);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  try {
    const written = Promise.all([text(stdout), text(stderr)]);
    const status = await runCommand(args, new Output(stdout as unknown as WriteStream, stderr));
    stdout.end();
    stderr.end();
    const [out, err] = await written;
    return { status, stdout: out, stderr: err };
  } finally {
    stdin.mockRestore();
  }
}

/** A folder for the files of a test, which is removed at its end. */
export class Files {
  private readonly folder = mkdtempSync(join(tmpdir(), 'command-files-'));

  /** Writes a document to a file, and returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** The command as it is published, which its tests run as processes of their own. */
export class BuiltCommand {
  private readonly folder = mkdtempSync(join(tmpdir(), 'command-'));
  private readonly children = new Set<ChildProcess>();

  async build(): Promise<void> {
    await buildInto(join(this.folder, 'dist'), '--declaration', 'false');
    copyFileSync(join(root, 'package.json'), join(this.folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  start(...args: string[]) {
    const child = spawn(process.execPath, [join(this.folder, 'dist/cli/main.js'), ...args]);
    this.children.add(child);
    child.once('close', () => this.children.delete(child));
    return child;
  }

  async run(args: readonly string[], input: string | Uint8Array = ''): Promise<CommandResult> {
    const child = this.start(...args);
    child.stdin.on('error', () => undefined).end(input);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { status: await ended, stdout, stderr };
  }

  close(): void {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }
}
