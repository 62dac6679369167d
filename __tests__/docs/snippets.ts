import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildInto, tsc } from './build.ts';
import { type Block, Markdown } from './markdown.ts';

const root = join(__dirname, '../..');

/** A block of JavaScript or TypeScript, as the file that it becomes. */
export interface Snippet extends Block {
  readonly document: string;
  /** Such as `README.md:8`. */
  readonly place: string;
  readonly file: string;
  readonly isFragment: boolean;
}

export function snippetsOf(file: string): Snippet[] {
  const code = new Markdown(file).blocks.filter(({ info }) => ['js', 'ts'].includes(info[0]!));
  return code.map((block) => {
    const isFragment = block.info.includes('fragment');
    const [language] = block.info;
    // The package that the snippets are in is one of ES modules.
    const ending = /^module\.exports\b/m.test(block.text) ? `c${language}` : language;
    const name = `${file.replaceAll('/', '-')}-${block.line}.${ending}`;
    return {
      ...block,
      document: file,
      place: `${file}:${block.line}`,
      isFragment,
      file: join(isFragment ? 'fragments' : 'modules', name),
    };
  });
}

/** A folder that is the built package, whose name and entry points the snippets in it find as their readers do. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
  readonly #running = new Set<ChildProcess>();

  async open(snippets: readonly Snippet[]): Promise<void> {
    copyFileSync(join(root, 'package.json'), join(this.folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
    for (const kind of ['modules', 'fragments']) mkdirSync(join(this.folder, kind));
    copyFileSync(join(__dirname, 'surroundings.d.ts'), join(this.folder, 'fragments/surroundings.d.ts'));
    // As many lines down as in the Markdown file, so that messages tell those lines.
    for (const { file, line, text } of snippets) writeFileSync(join(this.folder, file), '\n'.repeat(line - 1) + text);
    await buildInto(join(this.folder, 'dist/esm'));
  }

  /** What the compiler says of the snippets of a kind. */
  async check(kind: 'modules' | 'fragments'): Promise<string[]> {
    const compilerOptions = {
      ...{ target: 'es2022', lib: ['es2023'], module: 'nodenext', moduleDetection: 'force', types: ['node'] },
      ...{ noEmit: true, allowJs: true, checkJs: true, strict: true, skipLibCheck: true },
      // Parameters of functions that somebody else calls have no type in JavaScript.
      noImplicitAny: kind === 'modules',
    };
    const config = join(this.folder, `${kind}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, include: [kind] }));
    const found = await tsc(this.folder, '-p', config, '--pretty', 'false');
    // What a finding goes on with is indented.
    return found.split(/\n(?!\s)/).filter((finding) => finding !== '');
  }

  /** Runs a module until it listens or has ended, and gives the ports: from those in its text to those it has got. */
  run({ document, file, text }: Snippet): Promise<Map<number, number>> {
    const names = [
      'on-loopback.mjs',
      // The README's app is complete: it has its own metrics.
      ...(document === 'README.md' ? [] : ['reader-metrics.mjs']),
      ...(file.endsWith('.ts') ? ['../support/ts-loader.mjs'] : []),
    ];
    const hooks = names.map((name) => pathToFileURL(join(__dirname, name)).href);
    const args = [...hooks.flatMap((hook) => ['--import', hook]), file];
    // OpenTelemetry calls a service by what the reader has typed.
    const asTyped = { argv0: 'node', cwd: this.folder };
    const child = spawn(process.execPath, args, { ...asTyped, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#running.add(child);
    const ports = new Map<number, number>();
    const servers = text.split('.listen(').length - 1;
    return new Promise((resolve, reject) => {
      let complaint = '';
      child.stderr!.on('data', (data) => {
        complaint += data;
      });
      child.on('message', ({ asked, port }: { asked: number; port: number }) => {
        ports.set(asked, port);
        if (ports.size >= servers) resolve(ports);
      });
      child.on('close', (code, signal) => {
        this.#running.delete(child);
        if (code === 0 && servers === 0) resolve(ports);
        else
          reject(new Error(`it ended by ${signal ?? code}, with ${ports.size} of ${servers} servers up\n${complaint}`));
      });
    });
  }

  /** Ends the modules that run. */
  async endAll(): Promise<void> {
    const ended = [...this.#running].map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const child of this.#running) child.kill();
    await Promise.all(ended);
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}
