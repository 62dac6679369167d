import { type JsonTokens, MAX_DEPTH } from './json-tokens.ts';

/** Maximum number of steps for a value that is read in one piece. */
const MAX_STEPS = 1_000;

/** Skips a value, or the rest of one, in memory that does not depend on its size. */
export class JsonSkip {
  /** Brackets that are open. */
  private open: string;
  private next: 'value' | 'first' | 'further';

  /** Skips a whole value by default. With the brackets `open`, skips from their first or a further element on. */
  constructor(open = '', next: 'value' | 'first' | 'further' = 'value') {
    this.open = open;
    this.next = next;
  }

  /** Number of brackets that are open. */
  get depth(): number {
    return this.open.length;
  }

  /** Whether a value has ended, and the next was not begun. */
  get isAfterElement(): boolean {
    return this.next === 'further';
  }

  /** Skips one token or member. Returns false when the value has ended. */
  step(tokens: JsonTokens): boolean {
    if (this.next === 'value') this.readValue(tokens);
    else if (this.open === '') return false;
    else this.readNext(tokens);
    return true;
  }

  private readValue(tokens: JsonTokens): void {
    const bracket = tokens.peek();
    const isNested = bracket === '{' || bracket === '[';
    if (isNested) {
      if (this.open.length === MAX_DEPTH) throw tokens.malformed(`expected at most ${MAX_DEPTH} levels of nesting`);
      tokens.expect(bracket);
      this.open += bracket;
    } else readScalar(tokens, bracket);
    this.next = isNested ? 'first' : 'further';
  }

  private readNext(tokens: JsonTokens): void {
    const isFirst = this.next === 'first';
    const hasNext = this.open.endsWith('{') ? tokens.member(isFirst) !== undefined : tokens.hasNext(']', isFirst);
    if (!hasNext) this.open = this.open.slice(0, -1);
    this.next = hasNext ? 'value' : 'further';
  }
}

/** Skips a value in one piece, as part of a sample. */
export function skipValue(tokens: JsonTokens): void {
  const skip = new JsonSkip();
  for (let steps = 0; skip.step(tokens); steps++) {
    if (steps > MAX_STEPS) throw tokens.malformed(`expected at most ${MAX_STEPS} tokens in an unknown member`);
  }
}

function readScalar(tokens: JsonTokens, first: string): void {
  if (first === '"') tokens.string();
  else if (/[-\d]/.test(first)) tokens.numberText();
  else tokens.word();
}
