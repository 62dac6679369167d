import { registryBinary } from './registry-binary.ts';

/** The path of a Node binary of this major version, from the registry unless it is the running one. */
export async function nodeBinary(major: number): Promise<string> {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath;
  return registryBinary(`node-${process.platform}-${process.arch}`, String(major), 'bin/node');
}
