import type { MetricFamilies, MetricFamily, MetricsSource, Sample, Scrape } from '../../lib/index.ts';

/** Creates a scrape that wants all families, ignores reports and is never aborted. */
export function scrape(members: Partial<Scrape> = {}): Scrape {
  return { signal: new AbortController().signal, timeout: 10_000, wants: () => true, report: () => {}, ...members };
}

/** Result of a collection: families with their samples as arrays, and reports as `name: message`. */
export interface Collected {
  readonly families: (Omit<MetricFamily, 'samples'> & { readonly samples: Sample[] })[];
  readonly reports: string[];
}

/** Collects like a scrape: it reads each family's samples before it requests the next family. */
export async function collectAll(source: MetricsSource, members: Partial<Scrape> = {}): Promise<Collected> {
  const reports: string[] = [];
  const report = (error: unknown, name?: string) =>
    void reports.push(`${name ?? 'scrape'}: ${error instanceof Error ? error.message : error}`);
  const families: Collected['families'] = [];
  for await (const family of await (source.collect(scrape({ report, ...members })) as Promise<MetricFamilies>)) {
    const samples: Sample[] = [];
    for await (const sample of family.samples) samples.push(sample);
    families.push({ ...family, samples });
  }
  return { families, reports };
}
