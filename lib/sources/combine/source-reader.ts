import { MetricsError } from '../../model/errors.ts';
import { asyncFamilies, isAsync } from '../../model/iterables.ts';
import type { MetricFamily, Sample } from '../../model/metric-family.ts';
import type { MetricsSource, Scrape } from '../../model/metrics-source.ts';
import { closeIterator } from '../../util/abortable.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { Stopwatch } from '../../util/stopwatch.ts';
import { createTimeBudget } from './time-budget.ts';

/** Reads one of several sources in one scrape. */
export interface SourceReader {
  /** Position in the list, such as `sources[1]`. */
  readonly name: string;
  /** The error that ended the source early. It has been reported. */
  readonly failure: MetricsError | undefined;
  /** Returns the next wanted family. A failure is reported and ends the families; an aborted scrape rejects. */
  next(): Promise<IteratorResult<NextFamily, undefined>>;
  /** Rejects pending waits, as the scrape has ended. */
  abort(reason: unknown): void;
  /** Releases everything. Does not wait for a source that hangs. */
  close(): void;
}

export interface NextFamily {
  /** Undefined if the family is broken; the encoder finds and reports the reason. */
  readonly name?: string;
  readonly family: MetricFamily;
}

export interface SourceReaderOptions {
  readonly name: string;
  readonly scrape: Scrape;
  /** Maximum time (ms) that the other sources wait for this one. */
  readonly timeout: number;
  readonly stopwatch: Stopwatch;
}

/** Starts to collect from `source` at once. */
export function startSource(
  source: MetricsSource,
  { name, scrape, timeout, stopwatch }: SourceReaderOptions,
): SourceReader {
  const aborter = new AbortController();
  const { signal } = aborter;
  if (scrape.signal.aborted) aborter.abort(scrape.signal.reason);
  const timeBudget = createTimeBudget({ stopwatch, timeout, scrapeTimeout: scrape.timeout, onExhausted });
  let families: AsyncIterator<MetricFamily> | undefined;
  let samples: AsyncIterator<Sample> | undefined;
  let failure: MetricsError | undefined;
  let isOver = false;
  let interrupt: ((reason: unknown) => void) | undefined;
  signal.addEventListener('abort', () => interrupt?.(signal.reason), { once: true });

  timeBudget.startWork();
  let pending: Promise<IteratorResult<MetricFamily>> | undefined = collectFirst();
  // The result is read in the order of the sources.
  pending.then(timeBudget.endWork, timeBudget.endWork);

  async function collectFirst(): Promise<IteratorResult<MetricFamily>> {
    const collected = await source.collect({
      signal,
      timeout,
      wants: scrape.wants,
      report: (error, familyName) => {
        // Ignore errors a source reports because we aborted it.
        if (!isOver) scrape.report(error, familyName);
      },
    });
    families = asyncFamilies(collected)[Symbol.asyncIterator]();
    if (!isOver) return families.next();
    closeIterator(families);
    return { done: true, value: undefined };
  }

  async function next(): Promise<IteratorResult<NextFamily, undefined>> {
    try {
      while (!isOver) {
        pending ??= (families as AsyncIterator<MetricFamily>).next();
        const { done, value } = await wait(pending);
        pending = undefined;
        if (done) finish();
        else {
          const found = read(value);
          if (found.name === undefined || scrape.wants(found.name)) return { done: false, value: found };
          await yieldToEventLoop();
        }
      }
    } catch (error) {
      if (scrape.signal.aborted) throw scrape.signal.reason;
      if (failure === undefined) fail(error);
    }
    return { done: true, value: undefined };
  }

  /** Waits for `work`, the abort of this source, or the end of the scrape. Called per sample: creates few promises. */
  function wait<T>(work: Promise<T>): Promise<T> {
    timeBudget.startWaiting();
    return new Promise((resolve, reject) => {
      interrupt = (reason) => {
        timeBudget.stopWaiting();
        reject(reason);
      };
      Promise.resolve(work).then((value) => {
        timeBudget.stopWaiting();
        resolve(value);
      }, interrupt);
      if (signal.aborted) interrupt(signal.reason);
    });
  }

  function onExhausted(): void {
    if (isOver) return;
    fail(
      new MetricsError('ERR_METRICS_SOURCE_TIMEOUT', 'it kept the others waiting for too long; see the option timeout'),
    );
  }

  function fail(cause: unknown): void {
    const isLate = cause instanceof MetricsError && cause.code === 'ERR_METRICS_SOURCE_TIMEOUT';
    const [code, how] = isLate
      ? (['ERR_METRICS_SOURCE_TIMEOUT', 'did not answer in time'] as const)
      : (['ERR_METRICS_SOURCE_FAILED', 'failed'] as const);
    failure = new MetricsError(code, `${name} ${how}: its families are missing from here on`, { cause });
    scrape.report(failure);
    close(failure);
  }

  function close(reason?: unknown): void {
    if (isOver) return;
    finish();
    aborter.abort(reason);
    closeIterator(samples);
    closeIterator(families);
  }

  function finish(): void {
    isOver = true;
    timeBudget.clear();
  }

  function read(family: MetricFamily): NextFamily {
    try {
      const { name, help, type, unit, labelNames, aggregator, samples } = family;
      if (typeof name !== 'string') return { family };
      const timed = { name, help, type, unit, labelNames, aggregator, samples: timedSamples(samples) };
      return { name, family: timed as MetricFamily };
    } catch {
      return { family };
    }
  }

  function timedSamples(untimed: MetricFamily['samples']): MetricFamily['samples'] {
    if (!isAsync(untimed)) {
      if (Symbol.iterator in Object(untimed)) return untimed;
      throw new TypeError('its samples are no iterable');
    }
    return {
      [Symbol.asyncIterator]() {
        const iterator = untimed[Symbol.asyncIterator]();
        samples = iterator;
        return {
          next: () => (signal.aborted ? Promise.reject(signal.reason) : wait(iterator.next())),
          async return(value?: unknown) {
            return (await wait(Promise.resolve(iterator.return?.(value)))) ?? { done: true, value };
          },
        };
      },
    };
  }

  return {
    name,
    get failure() {
      return failure;
    },
    next,
    abort: (reason) => aborter.abort(reason),
    close: () => close(),
  };
}
