import type { Losses } from '../encoders/encoder.ts';
import { MetricsError, type ScrapeFailure } from '../model/errors.ts';
import { asyncFamilies, isAsync } from '../model/iterables.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricFamilies, MetricsSource, Scrape } from '../model/metrics-source.ts';
import type { Deadline } from '../util/deadline.ts';
import { breathe } from '../util/event-loop.ts';

export interface CollectionOptions {
  readonly source: MetricsSource;
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** ms, that of the deadline */
  readonly timeout: number;
  readonly onSourceError: 'continue' | 'fail';
  wants(familyName: string): boolean;
  failed(failure: ScrapeFailure): void;
  lostFamily(): void;
  lostSample(): void;
  /** Families of the endpoint's own, after those of the source. */
  ownFamilies(): readonly MetricFamily[];
}

/** The families of one scrape, and what was lost of them. */
export interface Collection {
  readonly families: MetricFamilies;
  readonly losses: Losses;
  /** Was `failed` told of this error already, as the loss of a family? */
  knows(error: unknown): boolean;
}

/** A source that is all wrong must not drown its operator: what was lost beyond this is only counted. */
const MAX_REPORTS = 100;

export function collect(options: CollectionOptions): Collection {
  const { source, signal, deadline, onSourceError, wants } = options;
  let kept = 0;
  let lost = 0;
  let reports = 0;
  let fatal: { error: unknown } | undefined;

  // An error that is only counted is not built: its stack would cost more than the rest of the work.
  const report = (phase: ScrapeFailure['phase'], buildError: () => unknown, family: string | undefined) => {
    reports++;
    if (reports > MAX_REPORTS) return;
    options.failed({ phase, error: buildError(), ...(family !== undefined && { family }) });
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
        lost++;
        options.lostFamily();
      }
      if (onSourceError === 'fail') fatal ??= { error };
    },
  };

  const lose = (error: unknown, name: string | undefined) => {
    lost++;
    options.lostFamily();
    const isInvalid = error instanceof MetricsError && error.code === 'INVALID_FAMILY';
    report(isInvalid ? 'encode' : 'collect', () => error, name);
    if (onSourceError === 'continue' || isInvalid) return;
    fatal = { error };
    throw error;
  };

  const losses: Losses = {
    family(error, name) {
      kept--;
      lose(error, name);
    },
    duplicateFamily(buildError, name) {
      kept--;
      lost++;
      options.lostFamily();
      report('encode', buildError, name);
    },
    sample(buildError, name) {
      options.lostSample();
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
        await breathe();
        continue;
      }
      kept++;
      yield family;
    }
    throwIfFatal();
    // A family is asked for when the one before is done: by now every loss is known.
    if (lost > 0 && kept === 0) throw new MetricsError('NO_FAMILY_LEFT', 'every family that was wanted was lost');
    yield* options.ownFamilies().filter(({ name }) => wants(name));
    if (reports > MAX_REPORTS) {
      options.failed({ phase: 'encode', error: new Error(`and ${reports - MAX_REPORTS} more losses in this scrape`) });
    }
  }

  /** The members of a family that is wanted. They may be getters, and getters may throw: each is read once, here. */
  function read(family: MetricFamily): MetricFamily | undefined {
    let knownName: string | undefined;
    try {
      const { name } = Object(family) as MetricFamily;
      if (typeof name !== 'string') throw new MetricsError('INVALID_FAMILY', 'a family without a name');
      knownName = name;
      if (!wants(name)) return undefined;
      const { help, type, unit, labelNames, samples } = family;
      return { name, help, type, unit, labelNames, samples: timedSamples(samples, deadline) } as MetricFamily;
    } catch (error) {
      lose(error, knownName);
      return undefined;
    }
  }

  return { families: families(), losses, knows: (error) => fatal !== undefined && fatal.error === error };
}

function timedSamples(samples: MetricFamily['samples'], deadline: Deadline): MetricFamily['samples'] {
  if (isAsync(samples)) return deadline.timed(samples);
  if (Symbol.iterator in Object(samples)) return samples;
  throw new MetricsError('INVALID_FAMILY', `its samples are ${String(samples)}; write an array or another iterable`);
}
