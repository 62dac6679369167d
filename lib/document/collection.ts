import type { DropReporter } from '../encoders/encoder.ts';
import { MetricsError, type ScrapeFailure } from '../model/errors.ts';
import { asyncFamilies, isAsync } from '../model/iterables.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricFamilies, MetricsSource, Scrape } from '../model/metrics-source.ts';
import type { Deadline } from '../util/deadline.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';

export interface CollectionOptions {
  readonly source: MetricsSource;
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** ms, that of the deadline */
  readonly timeout: number;
  readonly onSourceError: 'continue' | 'fail';
  wants(familyName: string): boolean;
  onFailure(failure: ScrapeFailure): void;
  onFamilyDropped(): void;
  onSampleDropped(): void;
  /** Families of the endpoint's own, after those of the source. */
  selfMetricsFamilies(): readonly MetricFamily[];
}

/** The families of one scrape, and what was lost of them. */
export interface Collection {
  readonly families: MetricFamilies;
  readonly drops: DropReporter;
  /** Was `failed` told of this error already, as the loss of a family? */
  wasReported(error: unknown): boolean;
}

/** A source that is all wrong must not drown its operator: what was lost beyond this is only counted. */
const MAX_REPORTS = 100;

export function collect(options: CollectionOptions): Collection {
  const { source, signal, deadline, onSourceError, wants } = options;
  let encoded = 0;
  let dropped = 0;
  let reports = 0;
  let fatal: { error: unknown } | undefined;

  // An error that is only counted is not built: its stack would cost more than the rest of the work.
  const report = (phase: ScrapeFailure['phase'], buildError: () => unknown, family: string | undefined) => {
    reports++;
    if (reports > MAX_REPORTS) return;
    options.onFailure({ phase, error: buildError(), ...(family !== undefined && { family }) });
  };

  const scrape: Scrape = {
    signal,
    timeout: options.timeout,
    wants,
    report(error, familyName) {
      report('collect', () => error, familyName);
      // What was not wanted is no loss to this scrape.
      if (familyName !== undefined && !wants(familyName)) return;
      if (familyName !== undefined) {
        dropped++;
        options.onFamilyDropped();
      }
      if (onSourceError === 'fail') fatal ??= { error };
    },
  };

  const drop = (error: unknown, name: string | undefined) => {
    dropped++;
    options.onFamilyDropped();
    const isInvalid = error instanceof MetricsError && error.code === 'ERR_METRICS_INVALID_FAMILY';
    report(isInvalid ? 'encode' : 'collect', () => error, name);
    if (onSourceError === 'continue' || isInvalid) return;
    fatal = { error };
    throw error;
  };

  const drops: DropReporter = {
    family(error, name) {
      encoded--;
      drop(error, name);
    },
    duplicateFamily(buildError, name) {
      encoded--;
      dropped++;
      options.onFamilyDropped();
      report('encode', buildError, name);
    },
    sample(buildError, name) {
      options.onSampleDropped();
      report('encode', buildError, name);
    },
  };

  const throwIfFatal = () => {
    if (fatal !== undefined) throw fatal.error;
  };

  async function* families(): AsyncGenerator<MetricFamily, void> {
    for await (const found of deadline.timed(asyncFamilies(await deadline.wait(source.collect(scrape))))) {
      throwIfFatal();
      const family = read(found);
      if (family === undefined) {
        await yieldToEventLoop();
        continue;
      }
      encoded++;
      yield family;
    }
    throwIfFatal();
    // A family is asked for when the one before is done: by now every loss is known.
    if (dropped > 0 && encoded === 0)
      throw new MetricsError('ERR_METRICS_NO_FAMILY_LEFT', 'every family that was wanted was lost');
    yield* options.selfMetricsFamilies().filter(({ name }) => wants(name));
    if (reports > MAX_REPORTS) {
      options.onFailure({
        phase: 'encode',
        error: new Error(`and ${reports - MAX_REPORTS} more losses in this scrape`),
      });
    }
  }

  /** The members of a family that is wanted. They may be getters, and getters may throw: each is read once, here. */
  function read(family: MetricFamily): MetricFamily | undefined {
    let knownName: string | undefined;
    try {
      const { name } = Object(family) as MetricFamily;
      if (typeof name !== 'string') throw new MetricsError('ERR_METRICS_INVALID_FAMILY', 'a family without a name');
      knownName = name;
      if (!wants(name)) return undefined;
      const { help, type, unit, labelNames, samples } = family;
      return { name, help, type, unit, labelNames, samples: withDeadline(samples, deadline) } as MetricFamily;
    } catch (error) {
      drop(error, knownName);
      return undefined;
    }
  }

  return { families: families(), drops, wasReported: (error) => fatal !== undefined && fatal.error === error };
}

function withDeadline(samples: MetricFamily['samples'], deadline: Deadline): MetricFamily['samples'] {
  if (isAsync(samples)) return deadline.timed(samples);
  if (Symbol.iterator in Object(samples)) return samples;
  throw new MetricsError(
    'ERR_METRICS_INVALID_FAMILY',
    `its samples are ${String(samples)}; write an array or another iterable`,
  );
}
