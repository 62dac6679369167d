/** An error of this package, told apart by its stable `code`. */
export class MetricsError extends Error {
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MetricsError';
    this.code = code;
  }
}

/** Something that a source got wrong, or a scrape that could not be completed. */
export interface ScrapeFailure {
  /**
   * `collect`: the source failed, or lost a family. `encode`: a family or a sample cannot be written.
   * `send`: the client could not be served to the end.
   */
  readonly phase: 'collect' | 'encode' | 'send';
  /** The name of the family that it is about, where it is about one. */
  readonly family?: string;
  readonly error: unknown;
}

/** What ends a scrape from outside, in words. */
export function interruption(code: keyof typeof INTERRUPTIONS): MetricsError {
  return new MetricsError(code, INTERRUPTIONS[code]);
}

const INTERRUPTIONS = {
  ERR_METRICS_SOURCE_TIMEOUT: 'the source did not answer in time; see the option timeout',
  ERR_METRICS_CLIENT_GONE: 'the client went away',
  ERR_METRICS_RESPONSE_ENDED: 'other code of the app answered the request, destroyed the response or closed its socket',
  ERR_METRICS_CLIENT_STALLED: 'the client took no byte in time; see the option stallTimeout',
  ERR_METRICS_TOO_MANY_SCRAPES: 'all slots are taken; see the option maxInFlight',
};

/** What a `MetricsError` is about. */
export type MetricsErrorCode =
  /** A family that cannot be encoded: no name, an unknown type, a name that was there already. */
  | 'ERR_METRICS_INVALID_FAMILY'
  /** The shape of a family in JSON could not be told in time: see labelNames. */
  | 'ERR_METRICS_SHAPE_UNCERTAIN'
  /** A sample that does not fit its family: its value, its labels. */
  | 'ERR_METRICS_INVALID_SAMPLE'
  /** A family failed after its first sample was written: the rest of the document cannot follow. */
  | 'ERR_METRICS_CUT_DOCUMENT'
  /** No process of the cluster answers for all: setupPrimary() was not called, or the primary hangs. */
  | 'ERR_METRICS_NO_PRIMARY'
  /** A worker of the cluster lost something, or none of them could give anything. */
  | 'ERR_METRICS_WORKER_FAILED'
  /** Every family that the scrape wanted was lost. */
  | 'ERR_METRICS_NO_FAMILY_LEFT'
  /** OpenTelemetry's SDK gave nothing: no MeterProvider has the reader, it was shut down, or every callback failed. */
  | 'ERR_METRICS_COLLECTION_FAILED'
  /** The source, or one of several, did not answer within `timeout`. */
  | 'ERR_METRICS_SOURCE_TIMEOUT'
  /** One of several sources failed, and what it had yet to give is missing; or all of them did. */
  | 'ERR_METRICS_SOURCE_FAILED'
  /** A family of one source could not be joined with the family of that name of others, which was kept. */
  | 'ERR_METRICS_FAMILY_NOT_JOINED'
  /** The client took no byte for `stallTimeout` and the time that is added to it. */
  | 'ERR_METRICS_CLIENT_STALLED'
  /** The client went away before the document was complete. */
  | 'ERR_METRICS_CLIENT_GONE'
  /** Other code of the app answered the request, destroyed the response or closed its socket: a timeout, for example. */
  | 'ERR_METRICS_RESPONSE_ENDED'
  /** A scrape that had waited for another one's document had to collect after all, and all slots were taken. */
  | 'ERR_METRICS_TOO_MANY_SCRAPES'
  /** The document is larger than what can be held for an HTTP/1.0 client. */
  | 'ERR_METRICS_DOCUMENT_TOO_LARGE'
  /** An upstream server could not be reached, or answered with an error. */
  | 'ERR_METRICS_UPSTREAM_FAILED'
  /** An upstream server did not answer in time. */
  | 'ERR_METRICS_UPSTREAM_TIMEOUT'
  /** An upstream server's answer is not what was asked for. */
  | 'ERR_METRICS_UPSTREAM_INVALID'
  /** An upstream server's answer is larger than what is read. */
  | 'ERR_METRICS_UPSTREAM_TOO_LARGE'
  /** An upstream server warns that there is more than what it gave, or remarks something on the query. */
  | 'ERR_METRICS_UPSTREAM_WARNING'
  /** An upstream server has nothing any more where it had something, or has another time. */
  | 'ERR_METRICS_UPSTREAM_STALE'
  /** A document that is read is not of its format; the message says where. */
  | 'ERR_METRICS_MALFORMED_DOCUMENT'
  /** In a test: the endpoint did not answer with a document. */
  | 'ERR_METRICS_SCRAPE_FAILED'
  /** In a test: the document has no such family, or no such series. */
  | 'ERR_METRICS_METRIC_NOT_FOUND'
  /** In a test: several series have the labels that are to tell one. */
  | 'ERR_METRICS_METRIC_AMBIGUOUS'
  /** In a test: something that only goes up has gone down from one document to the next. */
  | 'ERR_METRICS_METRIC_RESET'
  /** In a test: a source did not keep what `MetricsSource` and its families promise. */
  | 'ERR_METRICS_CONTRACT_VIOLATION';
