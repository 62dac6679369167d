import { MetricsError } from '../model/errors.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import { NEED_MORE_DATA } from './json-buffer.ts';
import { JsonSkip } from './json-skip.ts';
import { JsonTokens } from './json-tokens.ts';

/** Maximum size (bytes) of what is buffered until it is complete: a token, a sample, or a value before its type. */
export const MAX_BUFFERED_BYTES = 2 ** 20;
/** Maximum number of bytes that are decoded at once. */
const MAX_PIECE_BYTES = 64 * 1024;

/** Reads a document while its bytes arrive. Buffers one chunk and what is incomplete at its end. */
export class JsonInput {
  private readonly tokens: JsonTokens;
  private readonly bytes: AsyncIterator<Uint8Array>;
  private chunk: Uint8Array = new Uint8Array(0);

  constructor(bytes: AsyncIterable<Uint8Array>, offset = 0) {
    this.bytes = bytes[Symbol.asyncIterator]();
    this.tokens = new JsonTokens(offset);
  }

  /** Calls `parse`, and calls it again from where it last committed each time it needs more data. */
  async read<T>(parse: (tokens: JsonTokens) => T): Promise<T> {
    for (;;) {
      try {
        const taken = parse(this.tokens);
        this.tokens.commit();
        return taken;
      } catch (error) {
        if (error !== NEED_MORE_DATA) throw error;
      }
      await this.readMore();
    }
  }

  /**
   * Reads what is valid JSON, but may not be what `parse` expects. Then calls `skip`, which reads it from where it
   * began, and `onMisfit`.
   */
  async readOrSkip<T>(
    parse: (tokens: JsonTokens) => T,
    onMisfit: (reason: string) => void,
    skip: () => Promise<unknown> = () => this.skip(),
  ): Promise<T | undefined> {
    try {
      return await this.read(parse);
    } catch (error) {
      if (!(error instanceof MetricsError && error.code === 'ERR_METRICS_MALFORMED_DOCUMENT')) throw error;
      this.tokens.rewind();
      await skip();
      onMisfit(error.message);
      return undefined;
    }
  }

  /** Yields the names of an object's members. The caller reads each value before it requests the next name. */
  async *members(): AsyncGenerator<string, void> {
    await this.read((tokens) => tokens.expect('{'));
    for (let isFirst = true; ; isFirst = false) {
      const name = await this.read((tokens) => tokens.member(isFirst));
      if (name === undefined) return;
      yield name;
    }
  }

  /**
   * Returns the text of a value and its position. If it has more than `maxBytes` bytes, returns what was not read of it
   * instead of the text. Each byte is read once, however the chunks are divided.
   */
  async valueText(maxBytes: number): Promise<{ position: number } & ({ text: string } | { rest: JsonSkip })> {
    const rest = new JsonSkip();
    const { position } = this.tokens;
    let text = '';
    const isWhole = await this.read((tokens) => {
      const mark = tokens.mark();
      try {
        while (rest.step(tokens)) {
          tokens.commit();
          if (tokens.position - position > maxBytes) return false;
        }
        return true;
      } finally {
        text += tokens.committedSince(mark);
      }
    });
    return isWhole ? { position, text } : { position, rest };
  }

  /** Skips a value, or the rest of one. */
  skip(rest = new JsonSkip()): Promise<void> {
    return this.read((tokens) => {
      while (rest.step(tokens)) tokens.commit();
    });
  }

  /** Skips the next element of a value whose brackets are open. Returns false if the value has ended. */
  skipElement(brackets: string, next: 'first' | 'further'): Promise<boolean> {
    const rest = new JsonSkip(brackets, next);
    let isOpen = true;
    return this.read((tokens) => {
      while (rest.step(tokens)) {
        tokens.commit();
        isOpen &&= rest.depth >= brackets.length;
        if (isOpen && rest.isAfterElement && rest.depth === brackets.length) return true;
      }
      return false;
    });
  }

  /** Returns the error for the token that was read last. */
  malformed(reason: string): MetricsError {
    return this.tokens.malformed(reason);
  }

  /** Reads the end of the document. @throws when anything but whitespace follows */
  async end(): Promise<void> {
    while (this.tokens.isAtEnd()) {
      this.tokens.commit();
      if (!(await this.append(0))) return;
    }
    this.tokens.peek();
    throw this.tokens.malformed('expected the end of the document');
  }

  async close(): Promise<void> {
    await this.bytes.return?.();
  }

  private async readMore(): Promise<void> {
    const { tokens } = this;
    tokens.rewind();
    const { uncommittedLength } = tokens;
    if (uncommittedLength > MAX_BUFFERED_BYTES)
      throw tokens.malformed(`expected at most ${MAX_BUFFERED_BYTES} bytes in one token or sample`);
    // Doubling the buffer bounds how often small pieces are read again.
    if (!(await this.append(uncommittedLength))) throw tokens.truncated();
    await yieldToEventLoop();
  }

  /** Appends at least `length` bytes, or all that are left. Returns false when none is left. */
  private async append(length: number): Promise<boolean> {
    let text = '';
    do {
      const piece = await this.nextPiece();
      if (piece === undefined) break;
      text += Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1');
    } while (text.length < length);
    this.tokens.append(text);
    return text !== '';
  }

  private async nextPiece(): Promise<Uint8Array | undefined> {
    while (this.chunk.length === 0) {
      const { done, value } = await this.bytes.next();
      if (done) return undefined;
      this.chunk = value;
    }
    const piece = this.chunk.subarray(0, MAX_PIECE_BYTES);
    this.chunk = this.chunk.subarray(MAX_PIECE_BYTES);
    return piece;
  }
}
