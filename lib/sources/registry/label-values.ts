import type { LabelSet } from '../../model/metric-family.ts';
import { unknownOption } from '../../util/check-options.ts';
import { member, optionError, shown } from '../../util/option-error.ts';

/** Value of a label. Others, which JavaScript may pass, are converted as in a template literal. */
export type LabelValue = string | number | boolean;

/** A value for each label of a metric. */
export type LabelValues<L extends string = string> = Readonly<Record<L, LabelValue>>;

/** Length from which V8 refers to the string that a slice or a concatenation was made of. */
const MIN_COPIED_LENGTH = 13;

/** Reads the labels of one metric, and creates its label sets. */
export class LabelReader {
  /** Names of the labels that updates give, without the constant ones. */
  readonly names: readonly string[];
  /** Name of the metric, for error messages. */
  private readonly metric: string;
  private readonly constants: LabelSet;
  private readonly LabelSet: LabelSetConstructor;

  constructor(metric: string, names: readonly string[], constants: LabelSet) {
    this.metric = metric;
    this.names = names;
    this.constants = constants;
    this.LabelSet = createLabelSetConstructor();
  }

  /** @throws {TypeError} for more or fewer labels than the metric has; with equally many, one of another name is missing */
  checkCount(labels: LabelValues): void {
    let count = 0;
    for (const _ in labels) count++;
    if (count !== this.names.length) throw this.mismatch(labels);
  }

  /**
   * Returns a label's value as it is written.
   *
   * @throws {TypeError} when it is missing
   */
  text(labels: LabelValues, name: string): string {
    const value = labels[name];
    return typeof value === 'string' ? value : this.convert(labels, name, value);
  }

  private convert(labels: LabelValues, name: string, value: unknown): string {
    // An object has others that it inherits, such as `constructor`. A number or a boolean is none of them.
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (!isGiven(labels, name)) throw this.mismatch(labels);
    return labelText(`${this.metric}: labels`, name, value);
  }

  /**
   * Creates the label set of a new series. All of a metric have one hidden class. Lone surrogates become U+FFFD, as they
   * are written. `intern` may return a string that is equal to a value, and is kept already.
   */
  createLabelSet(labels: LabelValues, intern?: (text: string, position: number) => string | undefined): LabelSet {
    const labelSet = new this.LabelSet();
    for (const [i, name] of this.names.entries()) {
      const text = this.text(labels, name);
      labelSet[name] = intern?.(text, i) ?? copyString(text.toWellFormed());
    }
    return Object.assign(labelSet, this.constants);
  }

  /** Returns the labels for values in the order of `names`, as `labels()` and `remove()` of prom-client take them. */
  fromArguments(args: readonly unknown[]): LabelValues {
    const [first] = args;
    if (typeof first === 'object' && first !== null) return first as LabelValues;
    if (args.length === this.names.length) {
      return Object.fromEntries(this.names.map((name, i) => [name, args[i] as LabelValue]));
    }
    throw this.missing(first);
  }

  /** Creates the error for a metric with labels that is used without. */
  missing(given: unknown): TypeError {
    return optionError(`${this.metric}: labels`, given, { expected: this.expected(), write: this.example() });
  }

  private mismatch(labels: LabelValues): TypeError {
    for (const name in labels) {
      if (!this.names.includes(name)) return unknownOption(`${this.metric}: labels`, name, this.names, 'label');
    }
    const missing = this.names.filter((name) => !isGiven(labels, name));
    const got = `none for ${missing.map(shown).join(' and ')}`;
    return optionError(`${this.metric}: labels`, labels, { expected: this.expected(), got, write: this.example() });
  }

  private expected(): string {
    return this.names.length === 0 ? 'no labels' : `a value for ${this.names.map(shown).join(' and ')}`;
  }

  private example(): string {
    return this.names.length === 0 ? '{}' : `{ ${this.names.map((name) => `${name}: "…"`).join(', ')} }`;
  }
}

/** Whether the labels have one of this name, by the rule of `checkCount`. */
function isGiven(labels: LabelValues, name: string): boolean {
  for (const given in labels) if (given === name) return true;
  return false;
}

/**
 * Returns a label's value as in a template literal. `option` is the place of the labels, for error messages.
 *
 * @throws {TypeError} for a symbol, and for an object that has no text
 */
export function labelText(option: string, name: string, value: unknown): string {
  try {
    return `${value}`;
  } catch (cause) {
    throw optionError(`${option}${member(name)}`, value, { expected: 'a string', write: '"…"' }, { cause });
  }
}

type LabelSetConstructor = new () => Record<string, string>;

/**
 * Creates a constructor of plain objects for one metric. V8 gives the objects of a constructor the room that its first
 * ones needed, and those of a literal or a copy room for four members: up to 24 bytes more for each series.
 */
function createLabelSetConstructor(): LabelSetConstructor {
  function LabelSet() {}
  LabelSet.prototype = Object.prototype;
  return LabelSet as unknown as LabelSetConstructor;
}

/** Copies a string that may be a slice of another one, which V8 would keep in memory as a whole. */
const copyString = (text: string) => (text.length < MIN_COPIED_LENGTH ? text : Buffer.from(text).toString());
