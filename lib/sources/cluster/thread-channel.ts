import { BroadcastChannel, threadId, type Worker } from 'node:worker_threads';
import type { ChannelMember } from './channel-member.ts';
import type { Coordinator } from './coordinator.ts';
import { CHANNEL, type CoordinatorMessage, type MemberMessage } from './messages.ts';
import { RemoteMember } from './remote-member.ts';

// The threads of a process use separate channels: `parentPort` belongs to the app, whose listeners may not expect
// other messages. All threads share one channel for announcements, and each has one to the main thread.

const nameOf = (thread: number) => `${CHANNEL}:${thread}`;

type Announcement =
  /** A thread has a source, or has ended. */
  | { readonly thread: number; readonly left: boolean }
  /** The main thread has opened a coordinator. */
  | { readonly announce: true };

interface Channel<Out> {
  post(message: Out): void;
  close(): void;
}

/** Opens a channel that does not keep the process alive. Messages that are posted after its end are ignored. */
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

const memberName = (thread: number) => `thread-${thread}`;

/**
 * Lets the threads of this process join. `known` has the ids of those that have joined a coordinator and have not
 * exited; Node does not list threads, so that no others can be expected. Returns the function that ends it.
 */
export function serveThreads(coordinator: Coordinator, known: Set<number>): () => void {
  const members = new Map<number, { channel: Channel<CoordinatorMessage>; member: RemoteMember }>();

  function join(thread: number): void {
    if (members.has(thread)) return;
    const channel = open<MemberMessage, CoordinatorMessage>(nameOf(thread), (message) => member.receive(message));
    const member = new RemoteMember(coordinator, memberName(thread), (message) => channel.post(message));
    members.set(thread, { channel, member });
    known.add(thread);
  }

  function leave(thread: number): void {
    const joined = members.get(thread);
    members.delete(thread);
    joined?.member.leave();
    joined?.channel.close();
    known.delete(thread);
    coordinator.arrivals.settle(memberName(thread));
  }

  /** A thread that is terminated cannot announce its end. */
  function watch(worker: Worker): void {
    const { threadId } = worker;
    worker.once('exit', () => leave(threadId));
  }

  const announcements = open<Announcement, Announcement>(CHANNEL, (announcement) => {
    if (!('thread' in announcement)) return;
    if (announcement.left) leave(announcement.thread);
    else join(announcement.thread);
  });
  process.on('worker', watch);
  for (const thread of known) coordinator.arrivals.expect(memberName(thread));
  announcements.post({ announce: true });
  return () => {
    process.off('worker', watch);
    announcements.close();
    for (const { channel, member } of members.values()) {
      member.close();
      channel.close();
    }
  };
}

/** Opens the channel of this thread to the main thread. */
export function joinAsThread(create: (send: (message: MemberMessage) => void) => ChannelMember): ChannelMember {
  const announcements = open<Announcement, Announcement>(
    CHANNEL,
    (announcement) => 'announce' in announcement && member.receive({ kind: 'announce' }),
  );
  const channel = open<CoordinatorMessage, MemberMessage>(nameOf(threadId), (message) => member.receive(message));
  // The main thread listens to this thread's channel after its announcement.
  const member = create((message) => {
    if (message.kind === 'hello') announcements.post({ thread: threadId, left: false });
    else channel.post(message);
  });
  process.once('exit', () => announcements.post({ thread: threadId, left: true }));
  return member;
}
