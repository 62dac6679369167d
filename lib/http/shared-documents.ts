/** Documents of up to so many bytes (before compression) are shared. */
export const MAX_SHARED_BYTES = 256 * 1024;

/** Maximum number of entries; the key includes the query, which clients control. */
const MAX_KEYS = 100;

/** What scrapes of one document share: a collection that is under way and, for `cacheFor` ms, its result. */
export interface SharedDocuments {
  /** The bytes to send, while they are fresh. */
  cached(key: string): Buffer | undefined;
  /** One that is being made, to be joined. */
  inFlight(key: string): SharedDocument | undefined;
  /** Begins one that others may join, unless the last document under the key was too large. */
  start(key: string, collection: SharedCollection): SharedDocument | undefined;
  /** Remembers how large the document was, before compression. */
  recordSize(key: string, size: number): void;
}

/** The collection behind a shared document. */
export interface SharedCollection {
  /** How long (ms) the source has been waited for so far. */
  readonly waited: number;
  /** Called when the last client has left before the document is done. */
  onAbandoned(): void;
}

interface Entry {
  isSmall: boolean;
  inFlight?: SharedDocument | undefined;
  last?: { readonly body: Buffer; readonly createdAt: number } | undefined;
}

export function createSharedDocuments(cacheFor: number): SharedDocuments {
  const entries = new Map<string, Entry>();
  return {
    cached(key) {
      const last = entries.get(key)?.last;
      return last !== undefined && performance.now() - last.createdAt < cacheFor ? last.body : undefined;
    },
    inFlight: (key) => entries.get(key)?.inFlight,
    start(key, collection) {
      // The first one under a key is taken for a small one: at worst, what can be shared of it is held for a while.
      const entry = entries.get(key) ?? touch(key, { isSmall: true });
      if (!entry.isSmall || entry.inFlight !== undefined) return undefined;
      const document = new SharedDocument(collection, (body) => {
        entry.inFlight = undefined;
        // What was forgotten meanwhile nobody would find again.
        if (body === undefined || cacheFor === 0 || entries.get(key) !== entry) return;
        const createdAt = performance.now();
        entry.last = { body, createdAt };
        setTimeout(() => {
          if (entry.last?.createdAt === createdAt) entry.last = undefined;
        }, cacheFor).unref();
      });
      entry.inFlight = document;
      return document;
    },
    recordSize(key, size) {
      const entry = entries.get(key) ?? { isSmall: false };
      entry.isSmall = size <= MAX_SHARED_BYTES;
      touch(key, entry);
    },
  };

  /** The one that was remembered longest ago is the first to go. */
  function touch(key: string, entry: Entry): Entry {
    entries.delete(key);
    entries.set(key, entry);
    for (const [oldest, evicted] of entries) {
      if (entries.size <= MAX_KEYS) break;
      entries.delete(oldest);
      // Its timer holds it for as long as it would have been fresh.
      evicted.last = undefined;
    }
    return entry;
  }
}

/** A small document in the making, and those who wait for it. */
export class SharedDocument {
  /** The bytes to send; undefined when the document outgrew what can be shared. Rejects when it failed. */
  readonly body: Promise<Buffer | undefined>;
  private settle: { resolve: (body: Buffer | undefined) => void; reject: (error: unknown) => void } | undefined;
  private readonly collection: SharedCollection;
  private readonly onClosed: (body?: Buffer) => void;
  private waiting = 0;

  /** `closed` is called when nobody can join any more. */
  constructor(collection: SharedCollection, closed: (body?: Buffer) => void) {
    this.collection = collection;
    this.onClosed = closed;
    this.body = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Nobody may have joined.
    this.body.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.settle !== undefined;
  }

  /** How long (ms) its source has been waited for so far. */
  get waited(): number {
    return this.collection.waited;
  }

  /** Waits for the document, until the function that it returns is called. */
  join(): () => void {
    this.waiting++;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.waiting--;
      if (this.waiting > 0 || !this.isOpen) return;
      // First of all, nobody must join what is given up.
      this.detach();
      this.collection.onAbandoned();
    };
  }

  complete(body: Buffer): void {
    this.close(body)?.resolve(body);
  }

  detach(): void {
    this.close()?.resolve(undefined);
  }

  fail(error: unknown): void {
    this.close()?.reject(error);
  }

  private close(body?: Buffer) {
    const { settle } = this;
    this.settle = undefined;
    if (settle !== undefined) this.onClosed(body);
    return settle;
  }
}
