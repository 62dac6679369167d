import { randomUUID } from 'node:crypto';
import type { Coordinator } from './coordinator.ts';
import { messageOf, withoutCauses } from './losses.ts';
import type { CoordinatorMessage, CoordinatorSessionMessage, MemberMessage } from './messages.ts';
import { SnapshotDecoder } from './snapshot-decoder.ts';
import { SnapshotEncoder } from './snapshot-encoder.ts';

/** A process that is reached over a channel, as the coordinator's side sees it. */
export interface RemoteMember {
  /** Messages in the order in which they were sent. */
  receive(message: MemberMessage): void;
  /** The process has ended, or its channel is closed. */
  leave(): void;
  /** The coordinator is closed: nothing is sent from here on, whatever is still under way. */
  close(): void;
}

export function joinRemotely(
  coordinator: Coordinator,
  name: string,
  post: (message: CoordinatorMessage) => void,
): RemoteMember {
  const session = randomUUID();
  const decoder = new SnapshotDecoder();
  const encoders = new Map<string | undefined, SnapshotEncoder>();
  let received: Promise<unknown> = Promise.resolve();
  let sent: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  post({ kind: 'welcome', session });
  const registration = coordinator.join(name, (round, timeout) => send({ kind: 'gather', round, timeout }));

  function send(message: CoordinatorSessionMessage): void {
    if (!isClosed) post({ ...message, session });
  }

  function gathered({ round, end, losses }: MemberMessage & { kind: 'gathered' }): void {
    received = decoder.end(end).then(
      (tables) => registration.answer(round, tables, losses),
      (error) => registration.answer(round, undefined, [{ message: messageOf(error) }]),
    );
  }

  async function ask({ ask, question }: MemberMessage & { kind: 'ask' }): Promise<void> {
    const { workerLabel } = question;
    try {
      const { tables, losses, ...totals } = await coordinator.request(question);
      const encoder = encoders.get(workerLabel) ?? new SnapshotEncoder();
      encoders.set(workerLabel, encoder);
      // What is on its way to this process is sent to its end before anything else is.
      sent = sent
        .catch(() => undefined)
        .then(async () => {
          const end = await encoder.encode(tables, (part) => send({ kind: 'part', workerLabel, part }));
          send({ kind: 'answer', workerLabel, ask, end, losses: withoutCauses(losses), ...totals });
        });
      await sent;
    } catch (error) {
      send({ kind: 'refused', ask, message: messageOf(error) });
    }
  }

  return {
    receive(message) {
      if (message.kind === 'hello' || message.session !== session) return;
      if (message.kind === 'ask') void ask(message);
      else if (message.kind === 'part') decoder.add(message.part);
      else if (message.kind === 'gathered') gathered(message);
      else registration.answer(message.round, undefined, [{ message: message.message }]);
    },
    leave() {
      isClosed = true;
      void received.then(() => registration.leave());
    },
    close() {
      send({ kind: 'closed' });
      isClosed = true;
    },
  };
}
