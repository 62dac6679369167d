import { registryBinary } from './registry-binary.ts';

/** Returns the path of a Node binary of a major version: the running one or, if that differs, one from npm. */
export async function nodeBinary(major: number): Promise<string> {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath;
  return registryBinary(`node-${process.platform}-${process.arch}`, String(major), 'bin/node');
}
