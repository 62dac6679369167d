import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';
import type { MetricsSource } from '../../metrics-source.ts';
import { optionError } from '../../option-error.ts';
import { createChannelMember } from './channel-member.ts';
import { gatherer } from './gather.ts';
import type { Asker } from './hub.ts';
import { isOpen, joinAsPrimary } from './primary.ts';
import { joinAsProcess } from './process-channel.ts';
import { joinAsThread } from './thread-channel.ts';

export const isPrimary = () => isMainThread && cluster.isPrimary;

let connected: { readonly source: MetricsSource; readonly asker: Asker } | undefined;

/**
 * Makes the source this process's own among those of all processes.
 *
 * @throws {TypeError} when the process has another one already: nobody could tell which of both others are to be added to
 */
export function connect(source: MetricsSource): Asker {
  if (connected?.source === source) return connected.asker;
  // A process without workers may make as many apps as it likes, one after the other, as tests do.
  if (connected !== undefined && !(isPrimary() && !isOpen())) {
    const expected = "the source object of this process's first clusterSource()";
    const write = 'that one, or combineSources([one, other]) in its place';
    throw optionError('clusterSource: source', source, { expected, got: 'another one', write });
  }
  connected = { source, asker: askerFor(source) };
  return connected.asker;
}

function askerFor(source: MetricsSource): Asker {
  const gather = gatherer(source);
  if (isPrimary()) return joinAsPrimary(gather);
  const join = isMainThread ? joinAsProcess : joinAsThread;
  return join((send) => createChannelMember(gather, send));
}
