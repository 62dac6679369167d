import { writeHistory } from '../../lib/dashboard/history/history-document.ts';
import { MetricsHistory } from '../../lib/dashboard/history/metrics-history.ts';
import type { MetricFamily, Sample } from '../../lib/index.ts';

/** A history document, as the page reads it. */
export interface HistoryDocument {
  readonly ages: readonly number[];
  readonly leftOut: number;
  readonly families: Readonly<Record<string, FamilyDocument>>;
}

interface FamilyDocument {
  readonly type: string;
  readonly help: string;
  readonly unit?: string;
  readonly points?: readonly number[];
  readonly kept: number;
  readonly leftOut: number;
  readonly totals: readonly (readonly (number | null)[])[];
  readonly series: readonly { readonly labels: string[]; readonly columns: (number | null)[][] }[];
}

type ArrayFamily = Omit<MetricFamily, 'samples'> & { readonly samples: readonly Sample[] };

/** A history whose moments are 10 s apart. */
export function createRecording({ moments = 5, maxBytes = 1_000_000 } = {}) {
  const history = new MetricsHistory({ moments, maxBytes });
  let clock = 0;
  return {
    history,
    record(...families: ArrayFamily[]): void {
      clock += 10_000;
      history.beginMoment(clock);
      for (const family of families) {
        const recording = history.beginFamily(family);
        recording.add(family.samples);
        recording.end();
      }
      history.endMoment();
    },
    /** Reads the document, with the series of the families in `named`, one second after the last moment. */
    read(...named: string[]): HistoryDocument {
      const request = {
        isNamed: (name: string) => named.includes(name),
        wants: (name: string) => named.length === 0 || named.includes(name),
      };
      const text = [...writeHistory(history, request, clock + 1000)].filter((step) => typeof step === 'string');
      return JSON.parse(text.join(''));
    },
  };
}

/** A counter with a series for each of the queues, of these values. */
export const queues = (values: Record<string, number>, name = 'messages_total'): ArrayFamily => ({
  name,
  type: 'counter',
  help: 'messages',
  samples: Object.entries(values).map(([queue, value]) => ({ labels: { queue }, value })),
});
