import { MetricsError } from '../../model/errors.ts';
import { asyncFamilies, isAsync } from '../../model/iterables.ts';
import type { MetricFamily, Sample } from '../../model/metric-family.ts';
import type { MetricsSource, Scrape } from '../../model/metrics-source.ts';
import { isWanted, markOf } from '../../model/series-mark.ts';
import { closeIterator } from '../../util/abortable.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { Stopwatch } from '../../util/stopwatch.ts';
import { TimedWaits } from './timed-waits.ts';

export interface NextFamily {
  /** Undefined if the family is broken; the encoder finds and reports the reason. */
  readonly name?: string;
  readonly family: MetricFamily;
}

export interface SourceReaderOptions {
  /** Position in the list, such as `sources[1]`. */
  readonly name: string;
  readonly scrape: Scrape;
  /** Maximum time (ms) that the other sources wait for this one. */
  readonly timeout: number;
  readonly stopwatch: Stopwatch;
}

/** Reads one of several sources in one scrape. Starts to collect when it is created. */
export class SourceReader {
  readonly name: string;
  private readonly scrape: Scrape;
  private readonly aborter = new AbortController();
  private readonly waits: TimedWaits;
  /** The next family, if it was requested already. */
  private pending: Promise<IteratorResult<MetricFamily>> | undefined;
  private families: AsyncIterator<MetricFamily> | undefined;
  /** Samples of the last family that has async ones. */
  private samples: AsyncIterator<Sample> | undefined;
  private reported: MetricsError | undefined;
  private isOver = false;

  constructor(source: MetricsSource, { name, scrape, timeout, stopwatch }: SourceReaderOptions) {
    this.name = name;
    this.scrape = scrape;
    if (scrape.signal.aborted) this.abort(scrape.signal.reason);
    const scrapeTimeout = scrape.timeout;
    const onExhausted = () => this.fail(timeoutError());
    this.waits = new TimedWaits(this.aborter.signal, { stopwatch, timeout, scrapeTimeout, onExhausted });
    this.pending = this.waits.start(() => this.collectFirst(source, timeout));
  }

  /** The error that ended the source early. It has been reported. */
  get failure(): MetricsError | undefined {
    return this.reported;
  }

  /** Returns the next wanted family. A failure is reported and ends the families; an aborted scrape rejects. */
  async next(): Promise<IteratorResult<NextFamily, undefined>> {
    try {
      while (!this.isOver) {
        this.pending ??= (this.families as AsyncIterator<MetricFamily>).next();
        const { done, value } = await this.waits.wait(this.pending);
        this.pending = undefined;
        if (done) this.finish();
        else {
          const next = this.read(value);
          if (next.name === undefined || isWanted(next.name, next.family, this.scrape.wants))
            return { done: false, value: next };
          await yieldToEventLoop();
        }
      }
    } catch (error) {
      if (this.scrape.signal.aborted) throw this.scrape.signal.reason;
      this.fail(error);
    }
    return { done: true, value: undefined };
  }

  /** Rejects pending waits, as the scrape has ended. */
  abort(reason: unknown): void {
    this.aborter.abort(reason);
  }

  /** Releases everything. Does not wait for a source that hangs. */
  close(reason?: unknown): void {
    if (this.isOver) return;
    this.finish();
    this.abort(reason);
    closeIterator(this.samples);
    closeIterator(this.families);
  }

  private async collectFirst(source: MetricsSource, timeout: number): Promise<IteratorResult<MetricFamily>> {
    const collected = await source.collect({
      signal: this.aborter.signal,
      timeout,
      wants: this.scrape.wants,
      report: (error, familyName) => {
        // Ignore errors a source reports because we aborted it.
        if (!this.isOver) this.scrape.report(error, familyName);
      },
    });
    this.families = asyncFamilies(collected)[Symbol.asyncIterator]();
    if (!this.isOver) return this.families.next();
    closeIterator(this.families);
    return { done: true, value: undefined };
  }

  private fail(cause: unknown): void {
    if (this.isOver) return;
    const isLate = cause instanceof MetricsError && cause.code === 'ERR_METRICS_SOURCE_TIMEOUT';
    const code = isLate ? 'ERR_METRICS_SOURCE_TIMEOUT' : 'ERR_METRICS_SOURCE_FAILED';
    const reason = isLate ? 'did not answer in time' : 'failed';
    this.reported = new MetricsError(code, `${this.name} ${reason}: its remaining families are missing`, { cause });
    this.scrape.report(this.reported);
    this.close(this.reported);
  }

  private finish(): void {
    this.isOver = true;
    this.waits.clear();
  }

  /** Copies a family, which may be broken: its members may be getters that throw. */
  private read(family: MetricFamily): NextFamily {
    try {
      const { name, help, type, unit, labelNames, aggregator, samples } = family;
      if (typeof name !== 'string' || !(isAsync(samples) || Symbol.iterator in Object(samples))) return { family };
      // The registry's families are to stay the same objects, which the encoder keeps what it knows about.
      if (!isAsync(samples)) return { name, family };
      const copy = { ...markOf(family), name, help, type, unit, labelNames, aggregator, samples: this.timed(samples) };
      return { name, family: copy as MetricFamily };
    } catch {
      return { family };
    }
  }

  private timed(samples: AsyncIterable<Sample>): AsyncIterable<Sample> {
    return {
      [Symbol.asyncIterator]: () => {
        this.samples = samples[Symbol.asyncIterator]();
        return this.waits.timed(this.samples);
      },
    };
  }
}

const timeoutError = () =>
  new MetricsError(
    'ERR_METRICS_SOURCE_TIMEOUT',
    'the other sources waited for it for too long; see the option timeout',
  );
