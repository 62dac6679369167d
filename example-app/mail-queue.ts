import { randomUUID } from 'node:crypto';
import { EventEmitter, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Draft, domainOf } from './draft.ts';

export interface Message extends Draft {
  readonly id: string;
  readonly queue: string;
  /** Time by the clock of `performance.now()`. */
  readonly acceptedAt: number;
  status: 'queued' | 'delivering' | 'deferred' | 'delivered' | 'failed';
  attempts: number;
}

/** The receiving server's answer, as in SMTP: 2xx is success, 4xx is "try again later", 5xx is a permanent failure. */
export interface Reply {
  readonly code: number;
  readonly reason: string;
}

/** Makes one attempt to deliver a message. A rejection counts as a broken connection. */
export type Deliver = (message: Message, signal: AbortSignal) => Promise<Reply>;

export interface QueueState {
  readonly name: string;
  readonly ready: number;
  readonly delivering: number;
  readonly deferred: number;
}

interface Queue {
  readonly name: string;
  readonly ready: Message[];
  delivering: number;
  deferred: number;
}

interface Events {
  accepted: [message: Message];
  delivered: [message: Message];
  deferred: [message: Message, reason: string];
  failed: [message: Message, reason: string];
}

// Clients choose the domains. Without a limit, they would also choose the number of queues and of label values.
const maxQueues = 50;
const overflowQueue = 'other';
const maxDepth = 1000;
const connectionsPerQueue = 2;
const settledToRemember = 1000;

/**
 * Queues in memory, one for each destination domain, so that a slow domain does not delay the others. They know nothing
 * of metrics: they emit events, and metrics.ts listens.
 */
export class MailQueues extends EventEmitter<Events> {
  readonly #deliver: Deliver;
  readonly #retryDelays: readonly number[];
  readonly #queues = new Map<string, Queue>();
  readonly #messages = new Map<string, Message>();
  readonly #settled: string[] = [];
  readonly #closing = new AbortController();

  /** @param retryDelays time (ms) to wait after each failed attempt; when none is left, the message has failed */
  constructor(deliver: Deliver, retryDelays: readonly number[] = [1000, 2000, 4000, 8000]) {
    super();
    this.#deliver = deliver;
    this.#retryDelays = retryDelays;
    // Each delivery and each retry adds a listener. Many at once are not a leak.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Returns undefined if the message's queue is full. */
  accept(draft: Draft): Message | undefined {
    const queue = this.#queueFor(domainOf(draft));
    if (queue.ready.length + queue.delivering + queue.deferred >= maxDepth) return undefined;

    const message: Message = {
      ...draft,
      id: randomUUID(),
      queue: queue.name,
      acceptedAt: performance.now(),
      status: 'queued',
      attempts: 0,
    };
    this.#messages.set(message.id, message);
    this.emit('accepted', message);
    this.#enqueue(queue, message);
    return message;
  }

  /** Finds a message. Messages that were delivered or have failed are forgotten after a while. */
  find(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  states(): QueueState[] {
    return Array.from(this.#queues.values(), (queue) => ({ ...queue, ready: queue.ready.length }));
  }

  /** Ends all deliveries and timers. Queued messages are lost; a real service would store them on disk. */
  close(): void {
    this.#closing.abort();
  }

  #queueFor(domain: string): Queue {
    const name = this.#queues.has(domain) || this.#queues.size < maxQueues ? domain : overflowQueue;
    const queue = this.#queues.get(name) ?? { name, ready: [], delivering: 0, deferred: 0 };
    this.#queues.set(name, queue);
    return queue;
  }

  #enqueue(queue: Queue, message: Message): void {
    queue.ready.push(message);
    this.#useFreeConnections(queue);
  }

  #useFreeConnections(queue: Queue): void {
    if (this.#closing.signal.aborted) return;
    for (const message of queue.ready.splice(0, connectionsPerQueue - queue.delivering)) this.#attempt(queue, message);
  }

  async #attempt(queue: Queue, message: Message): Promise<void> {
    message.status = 'delivering';
    message.attempts += 1;
    queue.delivering += 1;
    const reply = await this.#deliver(message, this.#closing.signal).catch(() => connectionLost);
    queue.delivering -= 1;
    if (this.#closing.signal.aborted) return;

    if (reply.code < 400) this.#delivered(message);
    else if (reply.code < 500) this.#retryLater(queue, message, reply.reason);
    else this.#failed(message, reply.reason);
    this.#useFreeConnections(queue);
  }

  #delivered(message: Message): void {
    message.status = 'delivered';
    this.#forgetLater(message);
    this.emit('delivered', message);
  }

  #failed(message: Message, reason: string): void {
    message.status = 'failed';
    this.#forgetLater(message);
    this.emit('failed', message, reason);
  }

  #retryLater(queue: Queue, message: Message, reason: string): void {
    const delay = this.#retryDelays[message.attempts - 1];
    if (delay === undefined) {
      this.#failed(message, 'retries_exhausted');
      return;
    }

    message.status = 'deferred';
    queue.deferred += 1;
    this.emit('deferred', message, reason);
    // Random, so that messages that failed together are not retried together.
    sleep(delay * (0.75 + Math.random() / 2), undefined, { signal: this.#closing.signal }).then(
      () => {
        message.status = 'queued';
        queue.deferred -= 1;
        this.#enqueue(queue, message);
      },
      () => {}, // closed
    );
  }

  #forgetLater(message: Message): void {
    this.#settled.push(message.id);
    const excess = this.#settled.length - settledToRemember;
    for (const id of this.#settled.splice(0, excess)) this.#messages.delete(id);
  }
}

const connectionLost: Reply = { code: 421, reason: 'connection_lost' };
