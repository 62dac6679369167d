import { BroadcastChannel, threadId, type Worker } from 'node:worker_threads';
import type { ChannelMember } from './channel-member.ts';
import type { Hub } from './hub.ts';
import { CHANNEL, type HubMessage, type MemberMessage } from './messages.ts';
import { joinRemotely, type RemoteMember } from './remote-member.ts';

// The threads of a process talk over channels of their own: parentPort is the app's, and whoever listens to it may
// take any message for one of its own. One channel is for all, and each thread has one with the main thread.

const nameOf = (thread: number) => `${CHANNEL}:${thread}`;

type Call = { readonly thread: number; readonly isOver: boolean } | { readonly announce: true };

interface Channel<Out> {
  post(message: Out): void;
  close(): void;
}

/** Opens a channel that does not keep the process alive. What is said once it is closed reaches nobody, and throws nothing. */
function open<In, Out>(name: string, receive: (message: In) => void): Channel<Out> {
  const channel = new BroadcastChannel(name);
  let isOpen = true;
  channel.onmessage = (event) => receive((event as { data: In }).data);
  channel.unref();
  return {
    post(message) {
      if (isOpen) channel.postMessage(message);
    },
    close() {
      isOpen = false;
      channel.close();
    },
  };
}

/** Lets the threads of this process join; returns how to stop that. */
export function serveThreads(hub: Hub): () => void {
  const members = new Map<number, { channel: Channel<HubMessage>; member: RemoteMember }>();

  function join(thread: number): void {
    if (members.has(thread)) return;
    const channel = open<MemberMessage, HubMessage>(nameOf(thread), (message) => member.receive(message));
    const member = joinRemotely(hub, `thread-${thread}`, (message) => channel.post(message));
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

  const calls = open<Call, Call>(CHANNEL, (call) => {
    if (!('thread' in call)) return;
    if (call.isOver) leave(call.thread);
    else join(call.thread);
  });
  process.on('worker', watch);
  calls.post({ announce: true });
  return () => {
    process.off('worker', watch);
    calls.close();
    for (const { channel, member } of members.values()) {
      member.close();
      channel.close();
    }
  };
}

/** Opens a thread's end of the channel. */
export function joinAsThread(create: (send: (message: MemberMessage) => void) => ChannelMember): ChannelMember {
  const calls = open<Call, Call>(CHANNEL, (call) => 'announce' in call && member.receive({ kind: 'announce' }));
  const channel = open<HubMessage, MemberMessage>(nameOf(threadId), (message) => member.receive(message));
  // The main thread listens to this thread's channel when it has heard of it.
  const member = create((message) => {
    if (message.kind === 'hello') calls.post({ thread: threadId, isOver: false });
    else channel.post(message);
  });
  process.once('exit', () => calls.post({ thread: threadId, isOver: true }));
  return member;
}
