/** Size (bytes) of a block, unless one piece of text needs more. */
const BLOCK_BYTES = 2 ** 18;
/** Maximum number of blocks that are kept for later documents. */
const MAX_SPARE_BLOCKS = 64;
/** Memory (bytes) by which the blocks grow before lines are moved. */
const MIN_GROWTH = 2 ** 20;

type Encoding = 'latin1' | 'utf16le';

/** A part of the memory, with the lines that were written to it one after another. */
interface Block {
  readonly bytes: Buffer;
  /** End of what was written. */
  used: number;
  /** Number of bytes that are held. */
  held: number;
}

/** Adjacent lines of the document that are held in memory. */
export class HeldLines {
  block: Block;
  start: number;
  /** Number of bytes. */
  readonly size: number;
  /** Number of the first line. */
  readonly line: number;
  private readonly encoding: Encoding;

  constructor(block: Block, size: number, encoding: Encoding, line: number) {
    this.block = block;
    this.start = block.used;
    this.size = size;
    this.encoding = encoding;
    this.line = line;
  }

  /** Number of characters. */
  get length(): number {
    return this.isAscii ? this.size : this.size / 2;
  }

  get isAscii(): boolean {
    return this.encoding === 'latin1';
  }

  read(): string {
    return this.block.bytes.toString(this.encoding, this.start, this.start + this.size);
  }

  /** Returns the line that begins at a character, without its line feed. */
  readLine(at: number): string {
    const { encoding } = this;
    const { bytes } = this.block;
    const start = this.start + (this.isAscii ? at : 2 * at);
    return bytes.toString(encoding, start, bytes.indexOf('\n', start, encoding));
  }
}

/**
 * Holds lines of a document in a few large blocks. Many buffers or strings that live as long would make garbage
 * collection slow, and each would keep the lines around it in memory.
 */
export class LineMemory {
  private readonly spare = spareBuffers();
  private current: Block | undefined;
  /** Size (bytes) of all blocks. */
  private allocated = 0;
  /** Number of bytes that are held in them. */
  private held = 0;
  /** Size (bytes) of all blocks above which lines may be moved. */
  private limit = MIN_GROWTH;

  /** Copies lines. `isAscii` must be true only if all of their characters are ASCII. */
  hold(text: string, isAscii: boolean, line: number): HeldLines {
    const encoding = isAscii ? 'latin1' : 'utf16le';
    const size = isAscii ? text.length : 2 * text.length;
    const lines = new HeldLines(this.reserve(size), size, encoding, line);
    lines.block.bytes.write(text, lines.start, encoding);
    this.use(lines);
    return lines;
  }

  /** Frees the memory of lines. They must not be read again. */
  release({ block, size }: HeldLines): void {
    this.held -= size;
    block.held -= size;
    if (block.held === 0 && block !== this.current) this.free(block);
  }

  /** Moves lines together if they take less than half of the blocks, and the blocks have grown. */
  compact(groups: Iterable<{ peek(): readonly HeldLines[] }>): void {
    if (this.allocated <= this.limit) return;
    if (this.allocated > 2 * this.held) {
      if (this.current?.held !== 0) this.current = undefined;
      for (const group of groups) for (const lines of group.peek()) this.move(lines);
    }
    this.limit = this.allocated + Math.max(MIN_GROWTH, this.held);
  }

  private move(lines: HeldLines): void {
    const { block, start, size } = lines;
    const target = this.reserve(size);
    block.bytes.copy(target.bytes, target.used, start, start + size);
    this.release(lines);
    lines.block = target;
    lines.start = target.used;
    this.use(lines);
  }

  /** Returns a block that has room. */
  private reserve(size: number): Block {
    const { current } = this;
    if (current?.held === 0) current.used = 0;
    if (current !== undefined && current.used + size <= current.bytes.length) return current;
    this.current = undefined;
    if (current?.held === 0) this.free(current);
    const bytes = (size <= BLOCK_BYTES && this.spare.pop()) || Buffer.allocUnsafeSlow(Math.max(size, BLOCK_BYTES));
    this.allocated += bytes.length;
    this.current = { bytes, used: 0, held: 0 };
    return this.current;
  }

  private use({ block, size }: HeldLines): void {
    // UTF-16 is searched at even positions only.
    block.used += size + (size % 2);
    block.held += size;
    this.held += size;
  }

  private free(block: Block): void {
    this.allocated -= block.bytes.length;
    if (block.bytes.length === BLOCK_BYTES && this.spare.length < MAX_SPARE_BLOCKS) this.spare.push(block.bytes);
  }
}

/** Memory of blocks that are free. Memory that is new to the process is slow to write. */
let spare = new WeakRef<Buffer[]>([]);

/** Returns the spare memory, which is freed by garbage collection while no document is read. */
function spareBuffers(): Buffer[] {
  const known = spare.deref();
  if (known !== undefined) return known;
  const buffers: Buffer[] = [];
  spare = new WeakRef(buffers);
  return buffers;
}
