import { type CollectionOptions, createCollection } from '../../document/collection.ts';
import { createFailureReporter } from '../../document/hooks.ts';
import { readBatches } from '../../encoders/read-batches.ts';
import { interruption } from '../../model/errors.ts';
import type { MetricFamily } from '../../model/metric-family.ts';
import { Cancellation } from '../../util/cancellation.ts';
import { Deadline } from '../../util/deadline.ts';
import { nextEventLoopTurn, yieldToEventLoop } from '../../util/event-loop.ts';
import { isPromise, type Steps, waitFor } from '../../util/steps.ts';
import type { MetricsHistory } from './metrics-history.ts';

export interface SamplerOptions {
  /** The source, and what else the documents of the router contain. */
  readonly collection: Pick<CollectionOptions, 'source' | 'selfMetricsFamilies'>;
  /** Maximum time (ms) to wait for the source. */
  readonly timeout: number;
  readonly history: MetricsHistory;
}

/** Functions that must not refer to the sampler, which they would keep alive. */
export interface SamplingCallbacks {
  /** Whether to record a moment now. By default, always. */
  readonly isDue?: (() => boolean) | undefined;
  /** Called when the sampler was garbage-collected. */
  readonly onDropped?: (() => void) | undefined;
}

/** Records one moment of the source after the other. Failures are gaps in the history, and nothing else. */
export class Sampler {
  private readonly collection: CollectionOptions;
  private readonly timeout: number;
  readonly history: MetricsHistory;
  private isSampling = false;

  constructor({ collection, timeout, history }: SamplerOptions) {
    this.collection = {
      ...collection,
      onSourceError: 'continue',
      // Scrapes report them to the app's hook.
      onFailure: createFailureReporter(undefined),
      onFamilyDropped: () => undefined,
      onSampleDropped: () => undefined,
    };
    this.timeout = timeout;
    this.history = history;
  }

  /**
   * Records a moment every `interval` ms, until the sampler is garbage-collected. The timer keeps alive neither the
   * process nor the sampler.
   */
  start(interval: number, { isDue = () => true, onDropped }: SamplingCallbacks = {}): void {
    const reference = new WeakRef(this);
    const timer = setInterval(() => {
      const sampler = reference.deref();
      if (sampler === undefined) {
        clearInterval(timer);
        onDropped?.();
      } else if (isDue()) void sampler.sample();
    }, interval).unref();
  }

  /** Records a moment, unless one is being recorded. Never rejects. */
  async sample(): Promise<void> {
    if (this.isSampling) return;
    this.isSampling = true;
    const cancellation = new Cancellation();
    const { timeout } = this;
    const deadline = new Deadline(timeout, () => cancellation.cancel(interruption('ERR_METRICS_SOURCE_TIMEOUT')), {
      keepsAlive: false,
    });
    try {
      await nextEventLoopTurn();
      this.history.beginMoment(performance.now());
      const collection = createCollection(this.collection, { cancellation, deadline, timeout, wants: () => true });
      for (const step of this.record(collection)) await cancellation.race(step);
    } catch (error) {
      this.collection.onFailure({ phase: 'collect', error });
    } finally {
      deadline.clear();
      this.history.endMoment();
      this.isSampling = false;
    }
  }

  private *record({ families, drops }: ReturnType<typeof createCollection>): Steps<never> {
    for (const family of families) {
      if (family instanceof Promise) {
        yield family;
        continue;
      }
      try {
        yield* this.recordFamily(family);
      } catch (error) {
        drops.onFamilyDropped(error, family.name);
      }
    }
  }

  private *recordFamily(family: MetricFamily): Steps<never> {
    const recording = this.history.beginFamily(family);
    const batches = readBatches(family.samples);
    let isDone = false;
    try {
      for (;;) {
        const next = batches.next();
        const batch = isPromise(next) ? yield* waitFor(next) : next;
        if (batch === undefined) break;
        recording.add(batch);
        const turn = yieldToEventLoop();
        if (turn !== undefined) yield turn;
      }
      isDone = true;
      recording.end();
    } finally {
      // A total of some series would look like a drop of all.
      if (!isDone) {
        recording.abandon();
        batches.close();
      }
    }
  }
}
