import type { RefusalReason } from '../access/refusals.ts';
import type { Encoder } from '../encoders/encoder.ts';
import type { LabelSet, MetricFamily, Sample } from '../model/metric-family.ts';

/** How a scrape ended. */
export type Outcome =
  /** The whole document was sent. */
  | 'complete'
  /** The source failed before the first byte was sent: a 500. */
  | 'failed'
  /** The source did not respond in time, before the first byte was sent: a 503. */
  | 'timeout'
  /** The document was larger than the buffer for an HTTP/1.0 client: a 503. */
  | 'too-large'
  /** The shared document became too large, and all slots were taken: a 503. */
  | 'refused'
  /** The source failed or was late after the first byte was sent: the connection was destroyed. */
  | 'cut'
  /** The client stopped reading: the connection was destroyed. */
  | 'stalled'
  /** The client disconnected, or other code of the app ended the response. */
  | 'aborted';

/** Metrics of the endpoint itself. No label has an address: clients could then create any number of series. */
export interface SelfMetrics {
  onRefusal(reason: RefusalReason): void;
  onScrapeStart(): void;
  onScrapeEnd(scrape: { format: Encoder['format']; outcome: Outcome; seconds: number }): void;
  onBytesSent(bytes: number): void;
  onFamilyDropped(): void;
  onSampleDropped(): void;
  families(): MetricFamily[];
}

const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createSelfMetrics(): SelfMetrics {
  const scrapes = new LabelledCounter();
  const refusals = new LabelledCounter();
  const durations = { count: 0, sum: 0, bounds: BOUNDS, cumulativeCounts: BOUNDS.map(() => 0) };
  let bytes = 0;
  let inFlight = 0;
  let familiesDropped = 0;
  let samplesDropped = 0;

  return {
    onRefusal: (reason) => refusals.add(reason, { reason }),
    onScrapeStart() {
      inFlight++;
    },
    onScrapeEnd({ format, outcome, seconds }) {
      inFlight--;
      scrapes.add(`${format} ${outcome}`, { format, outcome });
      durations.count++;
      durations.sum += seconds;
      for (let i = BOUNDS.length - 1; i >= 0 && seconds <= (BOUNDS[i] as number); i--)
        durations.cumulativeCounts[i]! += 1;
    },
    onBytesSent(length) {
      bytes += length;
    },
    onFamilyDropped() {
      familiesDropped++;
    },
    onSampleDropped() {
      samplesDropped++;
    },
    families: () => [
      counter('scrapes_total', 'Scrapes by format and outcome.', scrapes.samples(), ['format', 'outcome']),
      {
        name: 'metrics_endpoint_scrape_duration_seconds',
        help: 'Time from the acceptance of a scrape to its last byte.',
        type: 'histogram',
        unit: 'seconds',
        labelNames: [],
        samples: [{ labels: {}, value: { ...durations, cumulativeCounts: [...durations.cumulativeCounts] } }],
      },
      counter('response_bytes_total', 'Bytes of documents sent, after compression.', unlabelled(bytes)),
      { ...counter('scrapes_in_flight', 'Scrapes that have not ended.', unlabelled(inFlight)), type: 'gauge' },
      counter('refusals_total', 'Refused requests by reason.', refusals.samples(), ['reason']),
      counter('families_lost_total', 'Families left out because of an error.', unlabelled(familiesDropped)),
      counter('samples_lost_total', 'Samples left out because of an error.', unlabelled(samplesDropped)),
    ],
  };
}

const unlabelled = (value: number): Sample[] => [{ labels: {}, value }];

function counter(name: string, help: string, samples: Sample[], labelNames: string[] = []): MetricFamily {
  return { name: `metrics_endpoint_${name}`, help, type: 'counter', labelNames, samples };
}

class LabelledCounter {
  private readonly counts = new Map<string, { labels: LabelSet; value: number }>();

  add(key: string, labels: LabelSet): void {
    const entry = this.counts.get(key);
    if (entry === undefined) this.counts.set(key, { labels, value: 1 });
    else entry.value++;
  }

  samples(): Sample[] {
    return Array.from(this.counts.values(), (entry) => ({ ...entry }));
  }
}
