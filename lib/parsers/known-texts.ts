import { excessBytes, openAccount, stringBytes } from '../util/cache-budget.ts';
import { detachString } from './text-cursor.ts';

/** Bytes that V8 allocates for an entry besides the text: measured, and rounded up. */
const ENTRY_BYTES = 120;
/** Number of documents without a part after which what is cached for it is evicted. */
export const MAX_UNUSED_DOCUMENTS = 3;

interface KnownText {
  readonly text: string;
  /** Number of the last document that contained it. */
  lastDocument: number;
}

/** Copies of the names and help texts of documents, which usually come again in the next one. */
export class KnownTexts {
  private readonly known = new Map<string, KnownText>();
  private readonly account = openAccount(this);
  private document = 0;

  /** Starts a document. Must be called before each one. */
  beginDocument(): void {
    this.document++;
    for (const { text, lastDocument } of this.known.values()) {
      if (this.document - lastDocument <= MAX_UNUSED_DOCUMENTS && excessBytes() === 0) continue;
      this.known.delete(text);
      this.account.charge(-bytesOf(text));
    }
  }

  /** Returns a copy that does not keep the document in memory. */
  copy(text: string): string {
    const known = this.known.get(text);
    if (known === undefined) return this.add(detachString(text));
    known.lastDocument = this.document;
    return known.text;
  }

  private add(text: string): string {
    if (this.account.tryReserve(bytesOf(text))) this.known.set(text, { text, lastDocument: this.document });
    return text;
  }
}

const bytesOf = (text: string) => ENTRY_BYTES + stringBytes(text);
