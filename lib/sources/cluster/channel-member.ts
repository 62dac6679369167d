import { MetricsError } from '../../errors.ts';
import type { Gather } from './gather.ts';
import { type Answer, type Asker, NO_PRIMARY, type Question } from './hub.ts';
import { messageOf, withoutCauses } from './losses.ts';
import type { HubMessage, MemberMessage } from './messages.ts';
import { SnapshotDecoder } from './snapshot-decoder.ts';
import { SnapshotEncoder } from './snapshot-encoder.ts';

/** This process, at its end of a channel to the hub. */
export interface ChannelMember extends Asker {
  /** Messages in the order in which they were sent. */
  receive(message: HubMessage): void;
}

/** What both ends know of each other's snapshots. */
interface Session {
  readonly number: number;
  readonly encoder: SnapshotEncoder;
  readonly decoders: Map<string | undefined, SnapshotDecoder>;
}

interface Asked {
  readonly question: Question;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export function createChannelMember(gather: Gather, send: (message: MemberMessage) => void): ChannelMember {
  let session: Session | undefined;
  const asked = new Map<number, Asked>();
  let lastAsk = 0;
  send({ kind: 'hello' });

  async function answer({ encoder, number }: Session, round: number, timeout: number): Promise<void> {
    try {
      const { tables, losses } = await gather(timeout);
      const end = await encoder.encode(tables, (part) => send({ kind: 'part', session: number, part }));
      send({ kind: 'gathered', session: number, round, end, losses: withoutCauses(losses) });
    } catch (error) {
      send({ kind: 'failed', session: number, round, message: messageOf(error) });
    }
  }

  function decoderOf({ decoders }: Session, workerLabel: string | undefined): SnapshotDecoder {
    const decoder = decoders.get(workerLabel) ?? new SnapshotDecoder();
    decoders.set(workerLabel, decoder);
    return decoder;
  }

  /** Of one whose asker has given up, the snapshot counts all the same: the next one builds on it. */
  async function answered(session: Session, message: HubMessage & { kind: 'answer' }): Promise<void> {
    const { losses, expected, responded, failed } = message;
    const tables = decoderOf(session, message.workerLabel).end(message.end);
    const asker = asked.get(message.ask);
    try {
      const answer = { tables: await tables, losses, expected, responded, failed };
      asker?.resolve(answer);
    } catch (error) {
      asker?.reject(error);
    }
  }

  function silence(patience: number): MetricsError {
    return session === undefined
      ? new MetricsError('NO_PRIMARY', NO_PRIMARY)
      : new MetricsError('NO_PRIMARY', `the primary process did not answer within ${Math.round(patience)} ms`);
  }

  return {
    receive(message) {
      if (message.kind === 'announce') send({ kind: 'hello' });
      else if (message.kind === 'welcome') {
        if (session?.number === message.session) return;
        session = { number: message.session, encoder: new SnapshotEncoder(), decoders: new Map() };
        for (const [ask, { question }] of asked) send({ kind: 'ask', ask, question });
      } else if (message.kind === 'refused') {
        asked
          .get(message.ask)
          ?.reject(new MetricsError('NO_PRIMARY', `the primary process failed: ${message.message}`));
      }
      if (session === undefined) return;
      if (message.kind === 'gather') void answer(session, message.round, message.timeout);
      else if (message.kind === 'part') decoderOf(session, message.workerLabel).add(message.part);
      else if (message.kind === 'answer') void answered(session, message);
    },
    async ask(question, patience) {
      const ask = ++lastAsk;
      const answer = new Promise<Answer>((resolve, reject) => asked.set(ask, { question, resolve, reject }));
      const timer = setTimeout(() => asked.get(ask)?.reject(silence(patience)), patience);
      // Before the hub has said that it is there, nobody might hear it.
      if (session !== undefined) send({ kind: 'ask', ask, question });
      try {
        return await answer;
      } finally {
        clearTimeout(timer);
        asked.delete(ask);
      }
    },
  };
}
