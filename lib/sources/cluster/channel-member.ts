import { MetricsError } from '../../model/errors.ts';
import { type ClusterClient, type CollectRequest, type CollectResponse, NO_PRIMARY_MESSAGE } from './coordinator.ts';
import type { Gather } from './gather.ts';
import { KeeperOffers } from './keeper-offers.ts';
import { messageOf, withoutCauses } from './losses.ts';
import type { CoordinatorMessage, CoordinatorSessionMessage, MemberMessage, MemberSessionMessage } from './messages.ts';
import { SnapshotDecoder } from './snapshot-decoder.ts';
import { SnapshotEncoder } from './snapshot-encoder.ts';

/** State that this process shares with one coordinator. */
interface Session {
  readonly id: string;
  readonly encoder: SnapshotEncoder;
  /** Decoders of the merged snapshots, by worker label. */
  readonly decoders: Map<string | undefined, SnapshotDecoder>;
}

/** A request that was not answered yet. */
interface PendingRequest {
  readonly request: CollectRequest;
  resolve(response: CollectResponse): void;
  reject(error: unknown): void;
}

/**
 * The process's end of a channel to the coordinator. Gathers the process's metrics for the coordinator, and requests
 * those of all processes from it.
 */
export class ChannelMember implements ClusterClient {
  private readonly gather: Gather;
  private readonly post: (message: MemberMessage) => void;
  private readonly keeperOffers: KeeperOffers;
  private readonly pending = new Map<number, PendingRequest>();
  private session: Session | undefined;
  private lastId = 0;
  private isWelcome = false;
  /** Whether a request timed out without a coordinator. Later ones then fail at once. */
  private isUnanswered = false;

  constructor(gather: Gather, post: (message: MemberMessage) => void, keeperOffers = new KeeperOffers()) {
    this.gather = gather;
    this.keeperOffers = keeperOffers;
    this.post = post;
    this.greet();
  }

  /** Whether this process has ever joined a coordinator. */
  get hasJoined(): boolean {
    return this.isWelcome;
  }

  /** Handles a message. Messages must arrive in the order in which they were sent. */
  receive(message: CoordinatorMessage): void {
    if (message.kind === 'announce') this.greet();
    else if (message.kind === 'welcome') this.start(message.session);
    else if (this.session?.id === message.session) this.receiveInSession(this.session, message);
  }

  /** @throws {MetricsError} `ERR_METRICS_NO_PRIMARY` when there is no response within `timeout` ms */
  async request(request: CollectRequest, timeout: number): Promise<CollectResponse> {
    // The time since the hello does not matter: a process that was blocked may have an unread welcome.
    if (this.isUnanswered) throw this.timeoutError(timeout);
    const id = ++this.lastId;
    const response = new Promise<CollectResponse>((resolve, reject) =>
      this.pending.set(id, { request, resolve, reject }),
    );
    const timer = setTimeout(() => {
      this.isUnanswered = this.session === undefined;
      this.pending.get(id)?.reject(this.timeoutError(timeout));
    }, timeout);
    // Without a session, the request is sent when one starts.
    if (this.session !== undefined) this.send(this.session, { kind: 'request', id, request });
    try {
      return await response;
    } finally {
      clearTimeout(timer);
      this.pending.delete(id);
    }
  }

  private receiveInSession(session: Session, message: CoordinatorSessionMessage): void {
    switch (message.kind) {
      case 'closed':
        this.session = undefined;
        this.keeperOffers.end();
        break;
      case 'gather':
        void this.respond(session, message.round, message.timeout);
        break;
      case 'part':
        decoderOf(session, message.workerLabel).add(message.part);
        break;
      case 'response':
        void this.complete(session, message);
        break;
      case 'refused':
        this.pending
          .get(message.id)
          ?.reject(new MetricsError('ERR_METRICS_NO_PRIMARY', `the primary process failed: ${message.message}`));
        break;
      default:
        this.keeperOffers.receive(message);
    }
  }

  private greet(): void {
    this.isUnanswered = false;
    this.post({ kind: 'hello' });
  }

  /** Starts a session without the state of the previous one, and repeats the pending requests. */
  private start(id: string): void {
    if (this.session?.id === id) return;
    this.isWelcome = true;
    this.isUnanswered = false;
    this.session = { id, encoder: new SnapshotEncoder(), decoders: new Map() };
    const { session } = this;
    for (const [id, { request }] of this.pending) this.send(session, { kind: 'request', id, request });
    this.keeperOffers.start((message) => this.send(session, message));
  }

  /** Sends a message in a session. The coordinator ignores messages of a session that has ended. */
  private send({ id }: Session, message: MemberSessionMessage): void {
    this.post({ ...message, session: id });
  }

  private async respond(session: Session, round: number, timeout: number): Promise<void> {
    try {
      const { tables, losses } = await this.gather(timeout);
      const end = await session.encoder.encode(tables, (part) => this.send(session, { kind: 'part', part }));
      this.send(session, { kind: 'gathered', round, end, losses: withoutCauses(losses) });
    } catch (error) {
      this.send(session, { kind: 'failed', round, message: messageOf(error) });
    }
  }

  /** Decodes the snapshot even if the request has timed out: the next snapshot builds on it. */
  private async complete(session: Session, message: CoordinatorSessionMessage & { kind: 'response' }): Promise<void> {
    const { losses, expected, responded, failed } = message;
    const tables = decoderOf(session, message.workerLabel).end(message.end);
    const pending = this.pending.get(message.id);
    try {
      const response = { tables: await tables, losses, expected, responded, failed };
      pending?.resolve(response);
    } catch (error) {
      pending?.reject(error);
    }
  }

  private timeoutError(timeout: number): MetricsError {
    const text =
      this.session === undefined
        ? NO_PRIMARY_MESSAGE
        : `the primary process did not answer within ${Math.round(timeout)} ms`;
    return new MetricsError('ERR_METRICS_NO_PRIMARY', text);
  }
}

function decoderOf({ decoders }: Session, workerLabel: string | undefined): SnapshotDecoder {
  const decoder = decoders.get(workerLabel) ?? new SnapshotDecoder();
  decoders.set(workerLabel, decoder);
  return decoder;
}
