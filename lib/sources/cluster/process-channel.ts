import cluster, { type Worker } from 'node:cluster';
import type { ChannelMember } from './channel-member.ts';
import type { Coordinator } from './coordinator.ts';
import { CHANNEL, type CoordinatorMessage, type MemberMessage } from './messages.ts';
import { RemoteMember } from './remote-member.ts';

// The processes of a cluster use the channel that Node opens between them, on which the app may send messages too.

interface Envelope<M> {
  readonly type: typeof CHANNEL;
  /**
   * Arrives as a `Uint8Array` only if the channel's serialization is 'advanced'. If it is 'json', the values of a
   * snapshot are sent as base64.
   */
  readonly probe: Uint8Array;
  readonly message: M;
}

const PROBE = new Uint8Array(1);

const isOurs = <M>(message: unknown): message is Envelope<M> =>
  typeof message === 'object' && message !== null && (message as Partial<Envelope<M>>).type === CHANNEL;

/** Packs messages in the serialization of the last message from the other end. */
class Packer<Out extends MemberMessage | CoordinatorMessage, In extends MemberMessage | CoordinatorMessage> {
  private isAdvanced = false;

  pack(message: Out): Envelope<Out> {
    return { type: CHANNEL, probe: PROBE, message: this.isAdvanced ? message : encodeValues(message) };
  }

  unpack({ probe, message }: Envelope<In>): In {
    this.isAdvanced = ArrayBuffer.isView(probe);
    return decodeValues(message);
  }
}

function encodeValues<M extends MemberMessage | CoordinatorMessage>(message: M): M {
  if (message.kind !== 'part' || !('values' in message.part)) return message;
  const { buffer, byteOffset, byteLength } = message.part.values;
  return { ...message, part: { values: Buffer.from(buffer, byteOffset, byteLength).toString('base64') } };
}

function decodeValues<M extends MemberMessage | CoordinatorMessage>(message: M): M {
  if (message.kind !== 'part' || !('values' in message.part)) return message;
  const values: unknown = message.part.values;
  if (typeof values !== 'string') return message;
  // The copy aligns the bytes: a Buffer may start at any offset in its ArrayBuffer.
  return { ...message, part: { values: new Float64Array(new Uint8Array(Buffer.from(values, 'base64')).buffer) } };
}

/** Lets the workers of this primary join: those that run already, and those to come. Returns the function that ends it. */
export function serveProcesses(coordinator: Coordinator): () => void {
  const members = new Map<number, { packer: Packer<CoordinatorMessage, MemberMessage>; member: RemoteMember }>();

  function send(worker: Worker, envelope: Envelope<CoordinatorMessage>): void {
    // Errors are ignored: a worker may exit at any time, which is handled by `leave`.
    if (worker.isConnected()) worker.send(envelope, () => undefined);
  }

  function join(worker: Worker, packer: Packer<CoordinatorMessage, MemberMessage>) {
    const member = new RemoteMember(coordinator, String(worker.id), (message) => send(worker, packer.pack(message)));
    const joined = { packer, member };
    members.set(worker.id, joined);
    return joined;
  }

  function receive(worker: Worker, envelope: unknown): void {
    if (!isOurs<MemberMessage>(envelope)) return;
    const packer = members.get(worker.id)?.packer ?? new Packer();
    const message = packer.unpack(envelope);
    (members.get(worker.id) ?? join(worker, packer)).member.receive(message);
  }

  function leave({ id }: Worker): void {
    members.get(id)?.member.leave();
    members.delete(id);
    coordinator.arrivals.settle(String(id));
  }

  cluster.on('message', receive).on('disconnect', leave).on('exit', leave);
  const announcement = new Packer<CoordinatorMessage, MemberMessage>().pack({ kind: 'announce' });
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (!worker?.isConnected()) continue;
    coordinator.arrivals.expect(String(worker.id));
    send(worker, announcement);
  }
  return () => {
    cluster.off('message', receive).off('disconnect', leave).off('exit', leave);
    for (const { member } of members.values()) member.close();
  };
}

/** Opens the channel of this worker process to its primary. */
export function joinAsProcess(create: (send: (message: MemberMessage) => void) => ChannelMember): ChannelMember {
  const packer = new Packer<MemberMessage, CoordinatorMessage>();
  const member = create((message) => {
    if (process.connected) process.send?.(packer.pack(message), undefined, undefined, () => undefined);
  });
  process.on('message', (envelope: unknown) => {
    if (isOurs<CoordinatorMessage>(envelope)) member.receive(packer.unpack(envelope));
  });
  return member;
}
