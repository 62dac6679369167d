import type { KeeperCoordinatorMessage, KeeperMemberMessage } from './keeper-messages.ts';

/** A process that has offered to keep something for all processes. */
interface Keeper {
  /** Tells it that it is chosen. */
  choose(topic: string): void;
  ask(id: number, topic: string, query: string): void;
}

interface AnswerCallbacks {
  onChunk(text: string): void;
  /** Called at the end, with whether the answer is complete. */
  onEnd(isComplete: boolean): void;
}

interface PendingAnswer extends AnswerCallbacks {
  readonly keeper: Keeper;
  readonly timer: NodeJS.Timeout;
}

/**
 * Chooses for each topic the process that keeps it, and passes requests of the others on to it. It is the first that has
 * offered to; when it ends or withdraws its offer, the next one.
 */
export class Keepers {
  /** In the order of their offers. */
  private readonly offers = new Map<string, Set<Keeper>>();
  private readonly pending = new Map<number, PendingAnswer>();
  private lastId = 0;

  offer(topic: string, keeper: Keeper): void {
    const offers = this.offers.get(topic) ?? new Set();
    this.offers.set(topic, offers);
    offers.add(keeper);
    if (offers.size === 1) keeper.choose(topic);
  }

  withdraw(topic: string, keeper: Keeper): void {
    const offers = this.offers.get(topic) ?? new Set();
    const [chosen] = offers;
    offers.delete(keeper);
    const [next] = offers;
    if (next === undefined) this.offers.delete(topic);
    else if (chosen === keeper) next.choose(topic);
  }

  leave(keeper: Keeper): void {
    for (const topic of this.offers.keys()) this.withdraw(topic, keeper);
    for (const [id, { keeper: asked }] of this.pending) if (asked === keeper) this.end(id, false);
  }

  /** Asks the process that keeps the topic. After `timeout` ms, an answer ends incomplete. */
  ask(topic: string, query: string, timeout: number, callbacks: AnswerCallbacks): void {
    const [keeper] = this.offers.get(topic) ?? [];
    if (keeper === undefined) {
      callbacks.onEnd(false);
      return;
    }
    const id = ++this.lastId;
    const timer = setTimeout(() => this.end(id, false), timeout).unref();
    this.pending.set(id, { keeper, timer, ...callbacks });
    keeper.ask(id, topic, query);
  }

  addChunk(id: number, text: string): void {
    this.pending.get(id)?.onChunk(text);
  }

  end(id: number, isComplete: boolean): void {
    const answer = this.pending.get(id);
    if (answer === undefined) return;
    this.pending.delete(id);
    clearTimeout(answer.timer);
    answer.onEnd(isComplete);
  }
}

/** The coordinator's end of a channel to one process, as far as it is about what is kept. */
export class KeeperPeer implements Keeper {
  private readonly keepers: Keepers;
  private readonly send: (message: KeeperCoordinatorMessage) => void;

  constructor(keepers: Keepers, send: (message: KeeperCoordinatorMessage) => void) {
    this.keepers = keepers;
    this.send = send;
  }

  receive(message: KeeperMemberMessage): void {
    switch (message.kind) {
      case 'offer':
        this.keepers.offer(message.topic, this);
        break;
      case 'withdraw':
        this.keepers.withdraw(message.topic, this);
        break;
      case 'chunk':
        this.keepers.addChunk(message.id, message.text);
        break;
      case 'answered':
        this.keepers.end(message.id, message.isComplete);
        break;
      case 'ask': {
        const { id, topic, query, timeout } = message;
        this.keepers.ask(topic, query, timeout, {
          onChunk: (text) => this.send({ kind: 'chunk', id, text }),
          onEnd: (isComplete) => this.send({ kind: 'answered', id, isComplete }),
        });
      }
    }
  }

  choose(topic: string): void {
    this.send({ kind: 'chosen', topic });
  }

  ask(id: number, topic: string, query: string): void {
    this.send({ kind: 'ask', id, topic, query });
  }

  leave(): void {
    this.keepers.leave(this);
  }
}
