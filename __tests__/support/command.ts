import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { buildInto } from '../docs/build.ts';

const root = join(__dirname, '../..');

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as it is published, which its tests run as processes of their own. */
export class BuiltCommand {
  private readonly folder = mkdtempSync(join(tmpdir(), 'command-'));
  private readonly children = new Set<ChildProcess>();

  async build(): Promise<void> {
    await buildInto(join(this.folder, 'dist'), '--declaration', 'false');
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module" }');
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

  /** Writes a document to a file. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  close(): void {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }
}
