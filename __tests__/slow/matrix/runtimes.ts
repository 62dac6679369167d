import { registryBinary } from '../../support/registry-binary.ts';

/** A runtime other than Node. */
export interface Runtime {
  readonly title: string;
  binary(): Promise<string>;
  /** What comes before the program's name. */
  readonly args: readonly string[];
  /** Statuses of the access vectors, by id, that differ from Node's, because the runtime's own HTTP parser answers. */
  readonly differences: Readonly<Record<string, number>>;
}

/** Has a lower limit for the number of header fields, and answers 431 itself. */
const LOWER_HEADER_LIMIT = { H31: 431 };

/** Those that the README names as tested. */
export const TESTED: readonly Runtime[] = [bun('1.4', LOWER_HEADER_LIMIT), deno('2.9')];

/** An older runtime, on which nothing that a guard refuses is answered, but in these cases. */
export interface OlderRuntime extends Runtime {
  /** Ids of access vectors that get a document although Node refuses them. */
  readonly tolerated: readonly string[];
  /** Whether every request is refused. */
  readonly refusesAll: boolean;
}

export const OLDER: readonly OlderRuntime[] = [
  // Without rawHeaders.
  { ...deno('2.1'), tolerated: [], refusesAll: true },
  // It drops the authority of an absolute-form target before the guards see it.
  { ...deno('2.6'), tolerated: ['H29'], refusesAll: false },
  // Its parser takes a method in lower case, and an Expect that it does not know.
  { ...bun('1.1'), tolerated: ['H43', 'H97'], refusesAll: false },
];

function bun(version: string, differences: Runtime['differences'] = {}): Runtime {
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const name = `@oven/bun-${process.platform}-${arch}`;
  return { title: `Bun ${version}`, binary: () => registryBinary(name, version, 'bin/bun'), args: [], differences };
}

function deno(version: string): Runtime {
  const name = `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;
  // npm's packages are in node_modules, where this is the default once there is a package.json.
  const args = ['run', '--allow-all', '--node-modules-dir=manual'];
  return { title: `Deno ${version}`, binary: () => registryBinary(name, version, 'deno'), args, differences: {} };
}
