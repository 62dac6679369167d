import type { Body } from './body.ts';

/** Maximum size, in bytes before compression, of a shared document. */
export const MAX_SHARED_BYTES = 256 * 1024;

/** Maximum number of entries; the key includes the query, which clients control. */
const MAX_KEYS = 100;

/** What makes a shared document. */
export interface DocumentProducer {
  /** Time (ms) for which the source has been awaited. */
  readonly waited: number;
  /** Called when the last scrape has left before the document is complete. */
  onAbandoned(): void;
}

interface Entry {
  isSmall: boolean;
  isQuick: boolean;
  pending?: SharedDocument | undefined;
  last?: { readonly body: Body; readonly createdAt: number } | undefined;
}

/** Documents that several scrapes share: while they are made and, for `cacheFor` ms, afterwards. */
export class SharedDocuments {
  private readonly cacheFor: number;
  private readonly entries = new Map<string, Entry>();

  constructor(cacheFor: number) {
    this.cacheFor = cacheFor;
  }

  /** Returns the body of the last document while it is fresh. */
  cached(key: string): Body | undefined {
    const last = this.entries.get(key)?.last;
    return last !== undefined && performance.now() - last.createdAt < this.cacheFor ? last.body : undefined;
  }

  /** Returns a document that is being made. */
  pendingDocument(key: string): SharedDocument | undefined {
    return this.entries.get(key)?.pending;
  }

  /** Whether a document can be started: none is pending under the key, and the last one was small. */
  canStart(key: string): boolean {
    const entry = this.entries.get(key);
    // The first document under a key is assumed to be small. If it is not, a part of it is buffered for a while.
    return entry === undefined || (entry.isSmall && entry.pending === undefined);
  }

  /** Starts a document that others can join. */
  start(key: string, producer: DocumentProducer): SharedDocument {
    const entry = this.entries.get(key) ?? this.touch(key, { isSmall: true, isQuick: false });
    entry.pending = new SharedDocument(entry.isQuick, producer, (body) => {
      entry.pending = undefined;
      // An entry that was evicted meanwhile would not be found again.
      if (body !== undefined && this.cacheFor > 0 && this.entries.get(key) === entry) this.cache(entry, body);
    });
    return entry.pending;
  }

  private cache(entry: Entry, body: Body): void {
    const createdAt = performance.now();
    entry.last = { body, createdAt };
    setTimeout(() => {
      if (entry.last?.createdAt === createdAt) entry.last = undefined;
    }, this.cacheFor).unref();
  }

  /** Records a document's size before compression, and whether it was made without waiting and in little time. */
  record(key: string, { size, isQuick }: { readonly size: number; readonly isQuick: boolean }): void {
    const isSmall = size <= MAX_SHARED_BYTES;
    const entry = this.entries.get(key);
    const wasSmall = entry?.isSmall;
    const recorded = Object.assign(entry ?? {}, { isSmall, isQuick });
    if (entry === undefined || wasSmall !== isSmall || this.entries.size >= MAX_KEYS) this.touch(key, recorded);
  }

  /** Makes an entry the newest. Evicts the oldest above the maximum. */
  private touch(key: string, entry: Entry): Entry {
    this.entries.delete(key);
    this.entries.set(key, entry);
    for (const [oldest, evicted] of this.entries) {
      if (this.entries.size <= MAX_KEYS) break;
      this.entries.delete(oldest);
      // The timer of `cache` holds the entry until the document is no longer fresh.
      evicted.last = undefined;
    }
    return entry;
  }
}

/** Settles the promise of a shared document. */
type Settle = (resolvers: { resolve(body: Body | undefined): void; reject(error: unknown): void }) => void;

/** A small document that is being made, and the scrapes that wait for it. */
export class SharedDocument {
  /** Whether the last document under the same key was made without waiting and in little time. */
  readonly wasQuick: boolean;
  /** Whether the last scrape has left before the document was complete. */
  isAbandoned = false;
  private readonly producer: DocumentProducer;
  private readonly onClosed: (body?: Body) => void;
  private promise: Promise<Body | undefined> | undefined;
  private resolvers: Parameters<Settle>[0] | undefined;
  /** Set when the document can no longer be joined. */
  private settle: Settle | undefined;
  private clients = 0;

  /** `onClosed` is called when the document can no longer be joined. */
  constructor(wasQuick: boolean, producer: DocumentProducer, onClosed: (body?: Body) => void) {
    this.wasQuick = wasQuick;
    this.producer = producer;
    this.onClosed = onClosed;
  }

  /**
   * The body to send; undefined when the document outgrew what is shared. Rejects when it failed. It is a getter, since
   * no scrape waits for most documents.
   */
  get body(): Promise<Body | undefined> {
    this.promise ??= new Promise((resolve, reject) => {
      this.resolvers = { resolve, reject };
      this.settle?.(this.resolvers);
    });
    return this.promise;
  }

  /** Time (ms) for which the source has been awaited. */
  get waited(): number {
    return this.producer.waited;
  }

  /** Adds a scrape that waits for the document, until the returned function is called. */
  addClient(): () => void {
    this.clients++;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.clients--;
      if (this.clients === 0 && this.settle === undefined) this.abandon();
    };
  }

  private abandon(): void {
    this.isAbandoned = true;
    // First of all, so that no scrape joins it.
    this.outgrow();
    this.producer.onAbandoned();
  }

  complete(body: Body): void {
    this.close(({ resolve }) => resolve(body), body);
  }

  /** Lets the scrapes go on without the document, which is too large to be shared. */
  outgrow(): void {
    this.close(({ resolve }) => resolve(undefined));
  }

  fail(error: unknown): void {
    // All scrapes may have left.
    this.body.catch(() => undefined);
    this.close(({ reject }) => reject(error));
  }

  private close(settle: Settle, body?: Body): void {
    if (this.settle !== undefined) return;
    this.settle = settle;
    this.onClosed(body);
    if (this.resolvers !== undefined) settle(this.resolvers);
  }
}
