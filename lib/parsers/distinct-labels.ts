import { randomInt } from 'node:crypto';
import type { LabelSet } from '../model/metric-family.ts';

/** Minimum number of label sets for which there is room. Arrays of this size cost no more than objects. */
const MIN_CAPACITY = 8;
/** Seed of the hashes, so that no document can be made to have many label sets with the same one. */
const SEED = randomInt(2 ** 32);

/**
 * Finds label sets that come again. Two are the same if they are one series in Prometheus: an empty label is none, and
 * the order of the labels does not matter.
 *
 * Keeps numbers in typed arrays, because a string or an object for each of a million label sets would make garbage
 * collection slow. One with the same hash as another is compared with it, for which that is read again at its place.
 */
export class DistinctLabels {
  /** Number of label sets that were added. */
  count = 0;
  private readonly labelsAt: (place: number) => LabelSet;
  private places: Float64Array;
  private hashes: Int32Array;
  /** Hash table with linear probing: one more than the index of a label set, or 0. Half of it or more stays free. */
  private slots: Int32Array;

  /** `labelsAt` returns the label set that was added with a place. Room for those expected is made at once. */
  constructor(labelsAt: (place: number) => LabelSet, expected = 0) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(MIN_CAPACITY, expected)));
    this.labelsAt = labelsAt;
    this.places = new Float64Array(capacity);
    this.hashes = new Int32Array(capacity);
    this.slots = new Int32Array(2 * capacity);
  }

  /** Adds a label set. If it was added before, returns how many were added before that, and leaves it out. */
  add(labels: LabelSet, place: number): number | undefined {
    const hash = hashOf(labels);
    const { hashes, places, slots } = this;
    const last = slots.length - 1;
    let slot = hash & last;
    for (let number = slots[slot] as number; number !== 0; number = slots[slot] as number) {
      const index = number - 1;
      if (hashes[index] === hash && isSameSeries(this.labelsAt(places[index] as number), labels)) return index;
      slot = (slot + 1) & last;
    }
    hashes[this.count] = hash;
    places[this.count] = place;
    slots[slot] = ++this.count;
    if (this.count === hashes.length) this.grow();
    return undefined;
  }

  private grow(): void {
    const hashes = new Int32Array(2 * this.count);
    const places = new Float64Array(2 * this.count);
    hashes.set(this.hashes);
    places.set(this.places);
    const slots = new Int32Array(2 * hashes.length);
    const last = slots.length - 1;
    for (let index = 0; index < this.count; index++) {
      let slot = (hashes[index] as number) & last;
      while (slots[slot] !== 0) slot = (slot + 1) & last;
      slots[slot] = index + 1;
    }
    this.hashes = hashes;
    this.places = places;
    this.slots = slots;
  }
}

/** Returns a hash that does not depend on the order of the labels. */
function hashOf(labels: LabelSet): number {
  let sum = 0;
  for (const name of Object.keys(labels)) {
    const value = labels[name] as string;
    if (value !== '') sum = (sum + mix(hashText(value, hashText(name, SEED)))) | 0;
  }
  return sum;
}

function hashText(text: string, seed: number): number {
  // Looked up once, because a sandbox, such as that of a test runner, looks a global up with each use.
  const { imul } = Math;
  let hash = imul(seed ^ text.length, 0x85ebca6b);
  for (let i = 0; i < text.length; i++) hash = imul(hash ^ text.charCodeAt(i) ^ (hash >>> 15), 0x9e3779b1);
  return hash;
}

/** Spreads the bits, since the lowest ones choose the slot. */
function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

/** Whether two label sets are one series in Prometheus. */
export function isSameSeries(a: LabelSet, b: LabelSet): boolean {
  return hasLabelsOf(a, b) && hasLabelsOf(b, a);
}

/** Whether a label set has all labels of another one. */
function hasLabelsOf(labels: LabelSet, other: LabelSet): boolean {
  for (const name of Object.keys(other)) {
    const value = other[name];
    if (value !== '' && !(Object.hasOwn(labels, name) && labels[name] === value)) return false;
  }
  return true;
}
