import type { MetricFamily } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import type { Parse, ParseContext, Repair } from '../../model/parser.ts';
import { isWanted } from '../../model/series-mark.ts';
import { inferLabelNames } from '../../parsers/infer-label-names.ts';
import { FirstOfEach } from '../../util/first-of-each.ts';
import { type DocumentLimitOptions, DocumentLimits } from './document-limits.ts';
import { type DocumentOptions, documentParser } from './documents.ts';
import { prefixError, upstreamError } from './upstream-error.ts';
import type { UpstreamRequest } from './upstream-request.ts';

export interface DocumentReaderOptions extends DocumentOptions, DocumentLimitOptions {
  readonly maxJoinBytes: number;
}

/** Maximum number of families whose repair is reported, of each kind. */
const MAX_REPORTED = 100;

/** Reads the documents of one upstream. Between them it keeps the parsers' caches, and which repairs were reported. */
export class DocumentReader {
  private readonly options: DocumentReaderOptions;
  private readonly parserFor: (contentType: string) => Parse;
  private readonly reported = new FirstOfEach(MAX_REPORTED);

  constructor(options: DocumentReaderOptions) {
    this.options = options;
    this.parserFor = documentParser(options);
  }

  /** Yields the families of the response that the scrape wants. */
  async *read(upstream: UpstreamRequest, scrape: Scrape): AsyncGenerator<MetricFamily, void> {
    const parse = this.parserFor(await upstream.start());
    const context = this.createContext(upstream, scrape);
    for await (const family of upstream.timed(parse(upstream.body, context))) {
      if (isWanted(family.name, family, scrape.wants))
        yield await inferLabelNames(family, upstream.timed(family.samples.batches()));
    }
  }

  private createContext(upstream: UpstreamRequest, { wants, report }: Scrape): ParseContext {
    const { url, maxJoinBytes } = this.options;
    const limits = new DocumentLimits(url, this.options);
    return {
      maxJoinBytes,
      addSeries: (labelLength, count) => limits.addSeries(labelLength, count),
      addFamily: () => limits.addFamily(),
      wants,
      isComplete: () => upstream.isFramed,
      onDropped: (error, family) => report(prefixError(error, url), family),
      onRepair: (repair) => this.reportRepair(repair, report),
    };
  }

  /** Reports each kind of repair of a family once, not with each scrape. */
  private reportRepair({ family, kind, message }: Repair, report: Scrape['report']): void {
    if (!this.reported.isNew(kind, family)) return;
    this.reported.add(kind, family);
    report(upstreamError(this.options.url, 'ERR_METRICS_REPAIRED_DOCUMENT', `family "${family}": ${message}`));
  }
}
