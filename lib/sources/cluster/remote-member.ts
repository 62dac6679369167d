import { randomUUID } from 'node:crypto';
import type { Coordinator, Registration } from './coordinator.ts';
import { KeeperPeer } from './keepers.ts';
import { messageOf, withoutCauses } from './losses.ts';
import type { CoordinatorMessage, CoordinatorSessionMessage, MemberMessage } from './messages.ts';
import { SnapshotDecoder } from './snapshot-decoder.ts';
import { SnapshotEncoder } from './snapshot-encoder.ts';

/** The coordinator's end of a channel to one process. */
export class RemoteMember {
  private readonly coordinator: Coordinator;
  private readonly post: (message: CoordinatorMessage) => void;
  private readonly session = randomUUID();
  private readonly registration: Registration;
  private readonly keeperPeer: KeeperPeer;
  private readonly decoder = new SnapshotDecoder();
  /** Encoders of the merged snapshots, by worker label. */
  private readonly encoders = new Map<string | undefined, SnapshotEncoder>();
  private received: Promise<unknown> = Promise.resolve();
  private sent: Promise<unknown> = Promise.resolve();
  private isClosed = false;

  constructor(coordinator: Coordinator, name: string, post: (message: CoordinatorMessage) => void) {
    this.coordinator = coordinator;
    this.post = post;
    post({ kind: 'welcome', session: this.session });
    this.keeperPeer = new KeeperPeer(coordinator.keepers, (message) => this.send(message));
    this.registration = coordinator.join(name, (round, timeout) => this.send({ kind: 'gather', round, timeout }));
  }

  /** Handles a message. Messages must arrive in the order in which they were sent. */
  receive(message: MemberMessage): void {
    if (message.kind === 'hello' || message.session !== this.session) return;
    switch (message.kind) {
      case 'part':
        this.decoder.add(message.part);
        break;
      case 'gathered':
        this.recordSnapshot(message);
        break;
      case 'failed':
        this.registration.answer(message.round, undefined, [{ message: message.message }]);
        break;
      case 'request':
        void this.respond(message);
        break;
      default:
        this.keeperPeer.receive(message);
    }
  }

  /** Removes the process, which has ended or whose channel is closed. */
  leave(): void {
    this.isClosed = true;
    this.keeperPeer.leave();
    void this.received.then(() => this.registration.leave());
  }

  /** Ends the session, as the coordinator is closed. Nothing is sent afterwards. */
  close(): void {
    this.send({ kind: 'closed' });
    this.isClosed = true;
  }

  private send(message: CoordinatorSessionMessage): void {
    if (!this.isClosed) this.post({ ...message, session: this.session });
  }

  private recordSnapshot({ round, end, losses }: MemberMessage & { kind: 'gathered' }): void {
    this.received = this.decoder.end(end).then(
      (tables) => this.registration.answer(round, tables, losses),
      (error) => this.registration.answer(round, undefined, [{ message: messageOf(error) }]),
    );
  }

  private async respond({ id, request }: MemberMessage & { kind: 'request' }): Promise<void> {
    const { workerLabel } = request;
    try {
      const { tables, losses, ...totals } = await this.coordinator.request(request);
      const encoder = this.encoders.get(workerLabel) ?? new SnapshotEncoder();
      this.encoders.set(workerLabel, encoder);
      // The parts of two responses must not be mixed.
      this.sent = this.sent
        .catch(() => undefined)
        .then(async () => {
          const end = await encoder.encode(tables, (part) => this.send({ kind: 'part', workerLabel, part }));
          this.send({ kind: 'response', workerLabel, id, end, losses: withoutCauses(losses), ...totals });
        });
      await this.sent;
    } catch (error) {
      this.send({ kind: 'refused', id, message: messageOf(error) });
    }
  }
}
