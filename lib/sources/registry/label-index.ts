import type { LabelSet } from '../../model/metric-family.ts';
import type { LabelReader, LabelValues } from './label-values.ts';

/** Finds the slot of a series by its labels, without building a key. */
export interface LabelIndex {
  /**
   * Returns the slot, or -1. The labels may be a label set of this family, with the constant labels.
   *
   * @throws {TypeError} when a label is missing
   */
  find(labels: LabelValues): number;
  /** Returns the string of other series that is equal to the value of the label at this position, if there is one. */
  intern?(text: string, position: number): string | undefined;
  add(labels: LabelSet, slot: number): void;
  delete(labels: LabelSet, slot: number): void;
  clear(): void;
}

export function createLabelIndex(reader: LabelReader): LabelIndex {
  const [name, ...others] = reader.names;
  if (name === undefined) return new EmptyIndex();
  return others.length === 0 ? new MapIndex(reader, name) : new HashIndex(reader);
}

/** Index of a family without labels, which has one series. */
class EmptyIndex implements LabelIndex {
  private slot = -1;

  find(): number {
    return this.slot;
  }

  add(_labels: LabelSet, slot: number): void {
    this.slot = slot;
  }

  delete(): void {
    this.slot = -1;
  }

  clear(): void {
    this.slot = -1;
  }
}

/** Index of a family with one label. */
class MapIndex implements LabelIndex {
  private readonly reader: LabelReader;
  private readonly name: string;
  private slots = new Map<string, number>();

  constructor(reader: LabelReader, name: string) {
    this.reader = reader;
    this.name = name;
  }

  find(labels: LabelValues): number {
    return this.slots.get(this.reader.text(labels, this.name)) ?? -1;
  }

  add(labels: LabelSet, slot: number): void {
    this.slots.set(labels[this.name] as string, slot);
  }

  delete(labels: LabelSet): void {
    this.slots.delete(labels[this.name] as string);
  }

  clear(): void {
    this.slots = new Map();
  }
}

const MIN_CELLS = 16;
const EMPTY = -1;

/**
 * Index of a family with several labels: a hash table with linear probing. Each label value has an id, so that the
 * strings of a series are compared once, in the look-up of their ids.
 */
class HashIndex implements LabelIndex {
  private readonly reader: LabelReader;
  private ids: ValueIds[] = [];
  /** Slot in each cell, at most half of them used. */
  private cells = new Int32Array(0);
  private used = 0;
  /** Ids of the label values of each slot. */
  private rows = new Int32Array(0);
  /** Ids of the labels that are looked up. */
  private readonly wanted: Int32Array;

  constructor(reader: LabelReader) {
    this.reader = reader;
    this.wanted = new Int32Array(reader.names.length);
    this.clear();
  }

  find(labels: LabelValues): number {
    const { reader, ids, wanted } = this;
    const { names } = reader;
    for (let i = 0; i < names.length; i++) {
      const id = (ids[i] as ValueIds).find(reader.text(labels, names[i] as string));
      if (id === undefined) return -1;
      wanted[i] = id;
    }
    return this.cells[this.cellOf(wanted, 0)] as number;
  }

  intern(text: string, position: number): string | undefined {
    return this.ids[position]?.intern(text);
  }

  add(labels: LabelSet, slot: number): void {
    const { names } = this.reader;
    const start = slot * names.length;
    if (start + names.length > this.rows.length) this.rows = grown(this.rows, start + names.length);
    for (const [i, name] of names.entries()) {
      this.rows[start + i] = (this.ids[i] as ValueIds).acquire(labels[name] as string);
    }
    if (++this.used * 2 > this.cells.length) this.rehash();
    this.cells[this.cellOf(this.rows, start)] = slot;
  }

  delete(labels: LabelSet, slot: number): void {
    const { names } = this.reader;
    this.empty(this.cellOf(this.rows, slot * names.length));
    this.used--;
    for (const [i, name] of names.entries()) {
      (this.ids[i] as ValueIds).release(labels[name] as string, this.rows[slot * names.length + i] as number);
    }
  }

  clear(): void {
    this.ids = this.reader.names.map(() => new ValueIds());
    this.cells = new Int32Array(MIN_CELLS).fill(EMPTY);
    this.rows = new Int32Array(0);
    this.used = 0;
  }

  /** Returns the cell of the ids from a position on: the one with their slot, or else the empty one for it. */
  private cellOf(ids: Int32Array, start: number): number {
    const { cells, rows, wanted } = this;
    const width = wanted.length;
    const mask = cells.length - 1;
    let cell = hashOf(ids, start, width) & mask;
    for (;;) {
      const slot = cells[cell] as number;
      if (slot === EMPTY) return cell;
      let i = 0;
      while (i < width && rows[slot * width + i] === ids[start + i]) i++;
      if (i === width) return cell;
      cell = (cell + 1) & mask;
    }
  }

  /** Empties a cell, and moves those after it whose search would end there. */
  private empty(cell: number): void {
    const { cells, rows, wanted } = this;
    const mask = cells.length - 1;
    let hole = cell;
    for (let next = (hole + 1) & mask; cells[next] !== EMPTY; next = (next + 1) & mask) {
      const home = hashOf(rows, (cells[next] as number) * wanted.length, wanted.length) & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      cells[hole] = cells[next] as number;
      hole = next;
    }
    cells[hole] = EMPTY;
  }

  private rehash(): void {
    const old = this.cells;
    this.cells = new Int32Array(old.length * 2).fill(EMPTY);
    for (const slot of old) if (slot !== EMPTY) this.cells[this.cellOf(this.rows, slot * this.wanted.length)] = slot;
  }
}

/** Ids of the values of one label, counted by the series that use them. */
class ValueIds {
  private readonly ids = new Map<string, number>();
  private readonly texts: (string | undefined)[] = [];
  private uses = new Int32Array(4);
  private readonly free: number[] = [];
  private length = 0;

  find(value: string): number | undefined {
    return this.ids.get(value);
  }

  intern(value: string): string | undefined {
    const id = this.ids.get(value);
    return id === undefined ? undefined : this.texts[id];
  }

  acquire(value: string): number {
    let id = this.ids.get(value);
    if (id === undefined) {
      id = this.free.pop() ?? this.length++;
      if (id >= this.uses.length) this.uses = grown(this.uses, id + 1);
      this.ids.set(value, id);
      this.texts[id] = value;
    }
    (this.uses[id] as number)++;
    return id;
  }

  release(value: string, id: number): void {
    if (--(this.uses[id] as number) > 0) return;
    this.ids.delete(value);
    this.texts[id] = undefined;
    this.free.push(id);
  }
}

function hashOf(ids: Int32Array, start: number, length: number): number {
  let hash = 0;
  for (let i = 0; i < length; i++) {
    hash = Math.imul(hash ^ (ids[start + i] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

/** Returns a copy of at least twice the length. */
function grown(array: Int32Array<ArrayBuffer>, minLength: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(Math.max(minLength, array.length * 2));
  copy.set(array);
  return copy;
}
