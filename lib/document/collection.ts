import type { DropReporter } from '../encoders/encoder.ts';
import { MetricsError, type ScrapeFailure } from '../model/errors.ts';
import { isAsync } from '../model/iterables.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { wholeOf, wholeOfLoss } from '../model/series-mark.ts';
import type { Cancellation } from '../util/cancellation.ts';
import type { Deadline } from '../util/deadline.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import { isPromise, type Steps, waitFor } from '../util/steps.ts';
import { readFamilies } from './read-families.ts';

/** What is the same for every scrape of a source. */
export interface CollectionOptions {
  readonly source: MetricsSource;
  readonly onSourceError: 'continue' | 'fail';
  onFailure(failure: ScrapeFailure): void;
  onFamilyDropped(): void;
  onSampleDropped(): void;
  /** Families about the endpoint itself; they follow those of the source. */
  selfMetricsFamilies(): readonly MetricFamily[];
}

/** What differs between scrapes. */
export interface CollectionRequest {
  /** Its `signal` is that of the scrape. */
  readonly cancellation: Cancellation;
  readonly deadline: Deadline;
  /** Timeout of the deadline, in ms. */
  readonly timeout: number;
  wants(familyName: string, wholeName?: string): boolean;
}

/** The families of one scrape, and what reports those that are dropped. */
export interface Collection {
  readonly families: Steps<MetricFamily>;
  readonly drops: DropReporter;
  /** Whether this error was already reported as a dropped family. */
  wasReported(error: unknown): boolean;
}

/** Maximum reports per scrape, so that a broken source cannot flood the log; the rest are only counted. */
const MAX_REPORTS = 100;

export function createCollection(options: CollectionOptions, request: CollectionRequest): Collection {
  const drops = new Drops(options, request);
  return {
    families: collectFamilies(options, request, drops),
    drops,
    wasReported: (error) => drops.wasReported(error),
  };
}

function* collectFamilies(options: CollectionOptions, request: CollectionRequest, drops: Drops): Steps<MetricFamily> {
  const { cancellation, deadline, timeout, wants } = request;
  const collected = options.source.collect({
    get signal() {
      return cancellation.signal;
    },
    timeout,
    wants: (name) => wants(name),
    report: (error, familyName) => drops.reportFromSource(error, familyName),
  });
  const families = isPromise(collected) ? yield* waitFor(deadline.wait(collected)) : collected;
  for (const found of readFamilies(families, deadline)) {
    if (found instanceof Promise) {
      yield found;
      continue;
    }
    drops.throwIfFatal();
    const family = readMembers(found, request, drops);
    if (family !== undefined) {
      drops.encoded++;
      yield family;
      continue;
    }
    const turn = yieldToEventLoop();
    if (turn !== undefined) yield turn;
  }
  drops.throwIfFatal();
  // The encoder requests a family when it is done with the one before, so all drops are known by now.
  drops.throwIfNothingLeft();
  for (const family of options.selfMetricsFamilies()) if (wants(family.name)) yield family;
  drops.reportRest();
}

/** Reads the members of a requested family, each once: they may be getters, and getters may throw. */
function readMembers(
  family: MetricFamily,
  { wants, deadline }: CollectionRequest,
  drops: Drops,
): MetricFamily | undefined {
  let knownName: string | undefined;
  try {
    const { name } = Object(family) as MetricFamily;
    if (typeof name !== 'string') throw new MetricsError('ERR_METRICS_INVALID_FAMILY', 'a family without a name');
    knownName = name;
    if (!wants(name, wholeOf(family))) return undefined;
    const { help, type, unit, labelNames, samples } = family;
    return { name, help, type, unit, labelNames, samples: withDeadline(samples, deadline) } as MetricFamily;
  } catch (error) {
    drops.dropFamily(error, knownName);
    return undefined;
  }
}

/** Counts and reports what one scrape drops, and decides whether the scrape fails. */
class Drops implements DropReporter {
  /** Families that were passed to the encoder and not dropped there. */
  encoded = 0;
  private dropped = 0;
  private reports = 0;
  /** The error that fails the scrape. In an object, since a source may reject with `undefined`. */
  private fatal: { readonly error: unknown } | undefined;
  private readonly options: CollectionOptions;
  private readonly request: CollectionRequest;

  constructor(options: CollectionOptions, request: CollectionRequest) {
    this.options = options;
    this.request = request;
  }

  /** Handles an error that the source reports itself. */
  reportFromSource(error: unknown, familyName: string | undefined): void {
    this.report('collect', () => error, familyName);
    // A family that was not requested is missing from no document.
    if (familyName !== undefined && !this.request.wants(familyName, wholeOfLoss(error))) return;
    if (familyName !== undefined) this.countFamily();
    // Of a document that was repaired, nothing is missing.
    const isRepaired = error instanceof MetricsError && error.code === 'ERR_METRICS_REPAIRED_DOCUMENT';
    if (this.options.onSourceError === 'fail' && !isRepaired) this.fatal ??= { error };
  }

  /** Drops a family. With `onSourceError: 'fail'`, throws the error unless the family is only invalid. */
  dropFamily(error: unknown, name: string | undefined): void {
    this.countFamily();
    const isInvalid = error instanceof MetricsError && error.code === 'ERR_METRICS_INVALID_FAMILY';
    this.report(isInvalid ? 'encode' : 'collect', () => error, name);
    if (this.options.onSourceError === 'continue' || isInvalid) return;
    this.fatal = { error };
    throw error;
  }

  /** Drops a family that was passed to the encoder. */
  onFamilyDropped(error: unknown, name: string | undefined): void {
    this.encoded--;
    this.dropFamily(error, name);
  }

  onDuplicateFamily(buildError: () => unknown, name: string): void {
    this.encoded--;
    this.countFamily();
    this.report('encode', buildError, name);
  }

  onSampleDropped(buildError: () => unknown, name: string): void {
    this.options.onSampleDropped();
    this.report('encode', buildError, name);
  }

  throwIfFatal(): void {
    if (this.fatal !== undefined) throw this.fatal.error;
  }

  throwIfNothingLeft(): void {
    if (this.dropped > 0 && this.encoded === 0)
      throw new MetricsError('ERR_METRICS_NO_FAMILY_LEFT', 'every family that was wanted was lost');
  }

  wasReported(error: unknown): boolean {
    return this.fatal !== undefined && this.fatal.error === error;
  }

  /** Reports the number of drops above the maximum. */
  reportRest(): void {
    const rest = this.reports - MAX_REPORTS;
    if (rest <= 0) return;
    this.options.onFailure({ phase: 'encode', error: new Error(`and ${rest} more losses in this scrape`) });
  }

  private countFamily(): void {
    this.dropped++;
    this.options.onFamilyDropped();
  }

  /** Builds the error only if it is reported: its stack would cost more than the rest of the work. */
  private report(phase: ScrapeFailure['phase'], buildError: () => unknown, family: string | undefined): void {
    this.reports++;
    if (this.reports > MAX_REPORTS) return;
    this.options.onFailure({ phase, error: buildError(), ...(family !== undefined && { family }) });
  }
}

function withDeadline(samples: MetricFamily['samples'], deadline: Deadline): MetricFamily['samples'] {
  return isAsync(samples) ? deadline.timed(samples) : samples;
}
