import type { KeeperCoordinatorMessage, KeeperMemberMessage } from './keeper-messages.ts';

/** Answers a query about a topic, in parts of the text. */
export type KeeperAnswer = (query: string) => AsyncIterable<string>;

interface PendingAnswer {
  readonly chunks: string[];
  resolve(chunks: readonly string[] | undefined): void;
}

/** What a process offers to keep for all processes, and its requests for what another one keeps. */
export class KeeperOffers {
  private readonly offers = new Map<string, KeeperAnswer>();
  private readonly chosen = new Set<string>();
  private readonly pending = new Map<number, PendingAnswer>();
  private lastId = 0;
  /** Undefined while there is no coordinator. */
  private send: ((message: KeeperMemberMessage) => void) | undefined;

  offer(topic: string, answer: KeeperAnswer): void {
    this.offers.set(topic, answer);
    this.send?.({ kind: 'offer', topic });
  }

  withdraw(topic: string): void {
    this.offers.delete(topic);
    this.chosen.delete(topic);
    this.send?.({ kind: 'withdraw', topic });
  }

  /** Whether this process keeps the topic. */
  isKeeper(topic: string): boolean {
    return this.chosen.has(topic);
  }

  /** Returns the answer of the process that keeps the topic; undefined if there is none within `timeout` ms. */
  async ask(topic: string, query: string, timeout: number): Promise<readonly string[] | undefined> {
    const { send } = this;
    if (send === undefined) return undefined;
    const id = ++this.lastId;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve) => {
        timer = setTimeout(() => resolve(undefined), timeout);
        this.pending.set(id, { chunks: [], resolve });
        send({ kind: 'ask', id, topic, query, timeout });
      });
    } finally {
      clearTimeout(timer);
      this.pending.delete(id);
    }
  }

  /** Repeats the offers to a new coordinator. */
  start(send: (message: KeeperMemberMessage) => void): void {
    this.end();
    this.send = send;
    for (const topic of this.offers.keys()) send({ kind: 'offer', topic });
  }

  /** Ends what was agreed with the coordinator, which is gone. */
  end(): void {
    this.send = undefined;
    this.chosen.clear();
    for (const { resolve } of this.pending.values()) resolve(undefined);
  }

  receive(message: KeeperCoordinatorMessage): void {
    switch (message.kind) {
      case 'chosen':
        // The offer may have been withdrawn while the message was under way.
        if (this.offers.has(message.topic)) this.chosen.add(message.topic);
        break;
      case 'chunk':
        this.pending.get(message.id)?.chunks.push(message.text);
        break;
      case 'answered': {
        const answer = this.pending.get(message.id);
        answer?.resolve(message.isComplete ? answer.chunks : undefined);
        break;
      }
      case 'ask':
        void this.answer(message.id, message.topic, message.query);
    }
  }

  private async answer(id: number, topic: string, query: string): Promise<void> {
    const { send } = this;
    const offer = this.offers.get(topic);
    let isComplete = false;
    try {
      for await (const text of offer?.(query) ?? []) send?.({ kind: 'chunk', id, text });
      isComplete = offer !== undefined;
    } catch {
      // The process that has asked does without it.
    }
    send?.({ kind: 'answered', id, isComplete });
  }
}
