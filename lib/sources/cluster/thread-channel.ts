import { BroadcastChannel, threadId, type Worker } from 'node:worker_threads';
import type { ChannelMember } from './channel-member.ts';
import type { Hub } from './hub.ts';
import type { HubMessage, MemberMessage } from './messages.ts';
import { joinRemotely, type RemoteMember } from './remote-member.ts';

// The threads of a process talk over channels of their own: parentPort is the app's, and whoever listens to it may
// take any message for one of its own. One channel is for all, and each thread has one with the main thread.

const NAME = 'express-metrics-json:cluster:1';
const nameOf = (thread: number) => `${NAME}:${thread}`;

type Call = { readonly thread: number; readonly isOver: boolean } | { readonly announce: true };

/** Opens a channel that does not keep the process alive. */
function open<In>(name: string, receive: (message: In) => void): BroadcastChannel {
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event) => receive((event as { data: In }).data);
  channel.unref();
  return channel;
}

/** Lets the threads of this process join; returns how to stop that. */
export function serveThreads(hub: Hub): () => void {
  const members = new Map<number, { channel: BroadcastChannel; member: RemoteMember }>();

  function join(thread: number): void {
    if (members.has(thread)) return;
    const channel = open<MemberMessage>(nameOf(thread), (message) => member.receive(message));
    const member = joinRemotely(hub, `thread-${thread}`, (message) => channel.postMessage(message));
    members.set(thread, { channel, member });
  }

  function leave(thread: number): void {
    const known = members.get(thread);
    members.delete(thread);
    known?.member.leave();
    known?.channel.close();
  }

  /** A thread that is terminated cannot say so. */
  function watch(worker: Worker): void {
    const { threadId } = worker;
    worker.once('exit', () => leave(threadId));
  }

  const calls = open<Call>(NAME, (call) => {
    if (!('thread' in call)) return;
    if (call.isOver) leave(call.thread);
    else join(call.thread);
  });
  process.on('worker', watch);
  calls.postMessage({ announce: true } satisfies Call);
  return () => {
    process.off('worker', watch);
    calls.close();
    for (const { channel } of members.values()) channel.close();
  };
}

/** Opens a thread's end of the channel. */
export function joinAsThread(create: (send: (message: MemberMessage) => void) => ChannelMember): ChannelMember {
  const calls = open<Call>(NAME, (call) => 'announce' in call && member.receive({ kind: 'announce' }));
  const channel = open<HubMessage>(nameOf(threadId), (message) => member.receive(message));
  // The main thread listens to this thread's channel when it has heard of it.
  const member = create((message) => {
    if (message.kind === 'hello') calls.postMessage({ thread: threadId, isOver: false } satisfies Call);
    else channel.postMessage(message);
  });
  process.once('exit', () => calls.postMessage({ thread: threadId, isOver: true } satisfies Call));
  return member;
}
