/** Number of names that take turns in a family. */
const MAX_NAMES = 4;

const BLANK = 32;
const BRACE = 123;

/** A name without quotes, and the one that followed it last time. */
interface KnownName {
  readonly name: string;
  next: KnownName | undefined;
}

/** The last names, so that those of a histogram's series take turns. */
export class RecentNames {
  /** Name on the previous line, which usually comes again. */
  private last: KnownName | undefined;
  private readonly names: KnownName[] = [];
  private nextPosition = 0;

  /** Returns the name with which a line begins if it is the last one or the one that followed that last time. */
  find(line: string): string | undefined {
    const { last } = this;
    if (last === undefined || isSeriesOf(last.name, line)) return last?.name;
    if (last.next === undefined || !isSeriesOf(last.next.name, line)) return undefined;
    this.last = last.next;
    return this.last.name;
  }

  /** Adds the name of a line that `find` did not know. Returns it, or the same one that came before. */
  add(name: string): string {
    const known = this.names.find((other) => other.name === name) ?? this.create(name);
    if (this.last !== undefined) this.last.next = known;
    this.last = known;
    return known.name;
  }

  private create(name: string): KnownName {
    const known = { name, next: undefined };
    this.names[this.nextPosition] = known;
    this.nextPosition = (this.nextPosition + 1) % MAX_NAMES;
    return known;
  }
}

/** Whether a line begins with this name and a brace or a blank. */
function isSeriesOf(name: string, line: string): boolean {
  if (!line.startsWith(name)) return false;
  const next = line.charCodeAt(name.length);
  return next === BRACE || next === BLANK;
}
