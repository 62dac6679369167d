import type { MetricFamily, Sample } from '../model/metric-family.ts';
import type { Steps } from '../util/steps.ts';
import type { SampleBatches } from './batches.ts';

/** One format of documents. `encodeDocument` loops over families and samples for all of them. */
export interface DocumentFormat {
  readonly begin: string;
  /** Text between two families. */
  readonly separator: string;
  end(isEmpty: boolean): string;
  /**
   * Returns the plan of a family, from the last scrape if its members are the same.
   *
   * @throws when the family does not fit the format
   */
  plan(family: MetricFamily): FamilyPlan;
}

/** How a family is written: all that does not depend on its samples. */
export interface FamilyPlan {
  /** The names that the family occupies in the document. The first of two families with one name is kept. */
  readonly names: readonly string[];
  /** How it is written in a document in which another family has one of the names. */
  readonly alternative?: AlternativePlan | undefined;
  /** Whether the alternative was not needed in an earlier document. */
  readonly isKnownToFit?: boolean;
  /** Whether a family that could be a part of this one came too late in the last document. */
  readonly awaitsPart?: boolean;
  /** Whether the family may be written as a part of another one that has its name. */
  readonly canBePart?: boolean;
  /** Called at the end of a document in which the alternative was not needed. */
  onFit?(): void;
  /** Called when a family that could be a part of this one came too late. Makes the next document wait for it. */
  onLatePart?(): void;
  /** Text before the samples. */
  readonly head: string;
  /** Starts to read the samples, in steps if the writer depends on them. */
  start(samples: MetricFamily['samples']): FamilyStart | Steps<never, FamilyStart>;
}

/** A plan that occupies fewer names. */
export interface AlternativePlan {
  readonly names: readonly string[];
  /** Whether the family that has the names is rewritten instead, if possible. */
  readonly isLastResort: boolean;
  /** Returns the plan, which is used from then on. */
  create(): FamilyPlan;
  /** Returns text that was written with the first plan as this one would have written it. */
  rewrite(text: string): string;
  /** Name of a family that the first plan can have as a part. */
  readonly partName?: string | undefined;
  /** Returns text that was written with the first plan with the lines of the part. Undefined if they do not fit. */
  withPart?(text: string, lines: string): string | undefined;
}

export interface FamilyStart {
  /** How the family is written instead, because of its first samples. */
  readonly plan?: FamilyPlan;
  readonly writer: SampleWriter;
  readonly batches: SampleBatches;
}

export interface SampleWriter {
  /** Texts around and between the samples; `empty` replaces them when there are none. */
  readonly open: string;
  readonly separator: string;
  readonly close: string;
  readonly empty: string;
  /**
   * Returns the sample's text after a separator; undefined when the sample is omitted on purpose. Samples of several
   * documents may be written in turn: what belongs to one document is in `progress`.
   *
   * @throws when the sample does not fit its family
   */
  encode(sample: Sample, progress: FamilyProgress): string | undefined;
  /** Returns text after the last sample. */
  finish?(progress: FamilyProgress): string;
  /** Called after the last sample, with the number of samples. */
  onEnd(length: number): void;
}

/** How far one document is with one family. */
export interface FamilyProgress {
  /** Number of the family's samples before this one, those that were dropped included. */
  readonly position: number;
  /** Whether no sample was written yet. */
  readonly isEmpty: boolean;
  /** Reports what was dropped of a sample. */
  onDropped(thrown: unknown): void;
}
