import { MetricsError } from '../../model/errors.ts';
import {
  type ClusterClient,
  type CollectRequest,
  type CollectResponse,
  ERR_METRICS_NO_PRIMARY,
} from './coordinator.ts';
import type { Gather } from './gather.ts';
import { messageOf, withoutCauses } from './losses.ts';
import type { CoordinatorMessage, MemberMessage, MemberSessionMessage } from './messages.ts';
import { SnapshotDecoder } from './snapshot-decoder.ts';
import { SnapshotEncoder } from './snapshot-encoder.ts';

/** This process, at its end of a channel to the coordinator. */
export interface ChannelMember extends ClusterClient {
  /** Messages in the order in which they were sent. */
  receive(message: CoordinatorMessage): void;
  /** Whether a coordinator has ever answered this process. */
  readonly hasJoined: boolean;
}

/** What both ends know of each other's snapshots. */
interface Session {
  readonly id: string;
  readonly encoder: SnapshotEncoder;
  readonly decoders: Map<string | undefined, SnapshotDecoder>;
}

interface Asked {
  readonly question: CollectRequest;
  resolve(answer: CollectResponse): void;
  reject(error: unknown): void;
}

export function createChannelMember(gather: Gather, post: (message: MemberMessage) => void): ChannelMember {
  let session: Session | undefined;
  const asked = new Map<number, Asked>();
  let lastAsk = 0;
  let hasJoined = false;
  /** Whether a scrape has waited in vain for a coordinator: the next one need not wait again. */
  let isUnanswered = false;
  greet();

  function greet(): void {
    isUnanswered = false;
    post({ kind: 'hello' });
  }

  /** A late message of another session is no use to anybody; the other end ignores it. */
  function send({ id }: Session, message: MemberSessionMessage): void {
    post({ ...message, session: id });
  }

  /** What was said in the session before is forgotten, and what was asked there is asked again. */
  function begin(id: string): void {
    if (session?.id === id) return;
    hasJoined = true;
    isUnanswered = false;
    session = { id, encoder: new SnapshotEncoder(), decoders: new Map() };
    for (const [ask, { question }] of asked) send(session, { kind: 'ask', ask, question });
  }

  async function answer(to: Session, round: number, timeout: number): Promise<void> {
    try {
      const { tables, losses } = await gather(timeout);
      const end = await to.encoder.encode(tables, (part) => send(to, { kind: 'part', part }));
      send(to, { kind: 'gathered', round, end, losses: withoutCauses(losses) });
    } catch (error) {
      send(to, { kind: 'failed', round, message: messageOf(error) });
    }
  }

  function decoderOf({ decoders }: Session, workerLabel: string | undefined): SnapshotDecoder {
    const decoder = decoders.get(workerLabel) ?? new SnapshotDecoder();
    decoders.set(workerLabel, decoder);
    return decoder;
  }

  /** The snapshot counts, also when nobody waits for the answer any more: the next one builds on it. */
  async function answered(session: Session, message: CoordinatorMessage & { kind: 'answer' }): Promise<void> {
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

  function timeoutError(timeout: number): MetricsError {
    return session === undefined
      ? new MetricsError('ERR_METRICS_NO_PRIMARY', ERR_METRICS_NO_PRIMARY)
      : new MetricsError(
          'ERR_METRICS_NO_PRIMARY',
          `the primary process did not answer within ${Math.round(timeout)} ms`,
        );
  }

  return {
    get hasJoined() {
      return hasJoined;
    },
    receive(message) {
      if (message.kind === 'announce') return greet();
      if (message.kind === 'welcome') return begin(message.session);
      if (session === undefined || message.session !== session.id) return;
      if (message.kind === 'closed') session = undefined;
      else if (message.kind === 'gather') void answer(session, message.round, message.timeout);
      else if (message.kind === 'part') decoderOf(session, message.workerLabel).add(message.part);
      else if (message.kind === 'answer') void answered(session, message);
      else {
        const error = new MetricsError('ERR_METRICS_NO_PRIMARY', `the primary process failed: ${message.message}`);
        asked.get(message.ask)?.reject(error);
      }
    },
    async request(question, timeout) {
      // Not by the time since the hello: a process that was blocked or suspended may have the answer unread.
      if (isUnanswered) throw timeoutError(timeout);
      const ask = ++lastAsk;
      const answer = new Promise<CollectResponse>((resolve, reject) => asked.set(ask, { question, resolve, reject }));
      const timer = setTimeout(() => {
        isUnanswered = session === undefined;
        asked.get(ask)?.reject(timeoutError(timeout));
      }, timeout);
      // Before the coordinator has said that it is there, nobody might hear it.
      if (session !== undefined) send(session, { kind: 'ask', ask, question });
      try {
        return await answer;
      } finally {
        clearTimeout(timer);
        asked.delete(ask);
      }
    },
  };
}
