import type { MetricFamilies, MetricFamily, MetricsSource, Sample, Scrape } from '../../lib/index.ts';

/** A scrape that wants everything, reports to nobody and never ends. */
export function scrape(members: Partial<Scrape> = {}): Scrape {
  return { signal: new AbortController().signal, timeout: 10_000, wants: () => true, report: () => {}, ...members };
}

/** What a source gave: its families with their samples as arrays, and what it reported, as `name: message`. */
export interface Collected {
  readonly families: (Omit<MetricFamily, 'samples'> & { readonly samples: Sample[] })[];
  readonly reports: string[];
}

/** Asks a source as a scrape does: each family's samples are read before the next family is asked for. */
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
