/** An error of this package, identified by its stable `code`. */
export class MetricsError extends Error {
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MetricsError';
    this.code = code;
  }
}

/** The error for a family one of whose names an earlier family of the document has. Its message has nothing secret. */
export class DuplicateNameError extends MetricsError {
  readonly duplicate: string;

  constructor(duplicate: string) {
    super('ERR_METRICS_INVALID_FAMILY', `the name "${duplicate}" is another family's already, which is kept`);
    this.duplicate = duplicate;
  }
}

/** An error of a source, or a scrape that could not be completed. */
export interface ScrapeFailure {
  /**
   * `collect`: the source failed or dropped a family. `encode`: a family or a sample cannot be written.
   * `send`: the response could not be completed.
   */
  readonly phase: 'collect' | 'encode' | 'send';
  /** Name of the affected family, if only one is affected. */
  readonly family?: string;
  readonly error: unknown;
}

const INTERRUPTIONS = {
  ERR_METRICS_SOURCE_TIMEOUT: 'the source did not answer in time; see the option timeout',
  ERR_METRICS_CLIENT_GONE: 'the client disconnected',
  ERR_METRICS_RESPONSE_ENDED: 'other code of the app answered the request, destroyed the response or closed its socket',
  ERR_METRICS_CLIENT_STALLED: 'the client read nothing in time; see the option stallTimeout',
  ERR_METRICS_TOO_MANY_SCRAPES: 'too many scrapes are in flight; see the option maxInFlight',
};

/** Creates the error for a scrape that is aborted from outside. */
export function interruption(code: keyof typeof INTERRUPTIONS): MetricsError {
  return new MetricsError(code, INTERRUPTIONS[code]);
}

/** What a `MetricsError` is about. */
export type MetricsErrorCode =
  /** A family cannot be encoded: it has no name, an unknown type, or the name of an earlier family. */
  | 'ERR_METRICS_INVALID_FAMILY'
  /** The JSON shape of a family could not be determined in time: see `labelNames`. */
  | 'ERR_METRICS_SHAPE_UNCERTAIN'
  /** The value or the labels of a sample do not fit its family. */
  | 'ERR_METRICS_INVALID_SAMPLE'
  /** A family failed after its first sample was written, so that the document had to be cut. */
  | 'ERR_METRICS_CUT_DOCUMENT'
  /** The primary of the cluster does not answer: `setupPrimary()` was not called, or the primary hangs. */
  | 'ERR_METRICS_NO_PRIMARY'
  /** A worker of the cluster dropped something, or every worker failed. */
  | 'ERR_METRICS_WORKER_FAILED'
  /** Every requested family was dropped. */
  | 'ERR_METRICS_NO_FAMILY_LEFT'
  /** OpenTelemetry's SDK returned nothing: no MeterProvider has the reader, it was shut down, or all callbacks failed. */
  | 'ERR_METRICS_COLLECTION_FAILED'
  /** The source, or one of several, did not answer within `timeout`. */
  | 'ERR_METRICS_SOURCE_TIMEOUT'
  /** One of several sources failed and its remaining families are missing, or all of them failed. */
  | 'ERR_METRICS_SOURCE_FAILED'
  /** A family could not be joined with the family of the same name from other sources, which was kept. */
  | 'ERR_METRICS_FAMILY_NOT_JOINED'
  /** The client read nothing for `stallTimeout` and the time that is added to it. */
  | 'ERR_METRICS_CLIENT_STALLED'
  /** The client disconnected before the document was complete. */
  | 'ERR_METRICS_CLIENT_GONE'
  /** Other code of the app, such as a timeout, answered the request, destroyed the response or closed its socket. */
  | 'ERR_METRICS_RESPONSE_ENDED'
  /** A scrape that waited for another scrape's document had to collect itself, and too many were in flight. */
  | 'ERR_METRICS_TOO_MANY_SCRAPES'
  /** The document exceeds the buffer for an HTTP/1.0 client. */
  | 'ERR_METRICS_DOCUMENT_TOO_LARGE'
  /** An upstream server could not be reached, or responded with an error. */
  | 'ERR_METRICS_UPSTREAM_FAILED'
  /** An upstream server did not respond in time. */
  | 'ERR_METRICS_UPSTREAM_TIMEOUT'
  /** An upstream server's response is not of the expected form. */
  | 'ERR_METRICS_UPSTREAM_INVALID'
  /** An upstream server's response exceeds the size limit. */
  | 'ERR_METRICS_UPSTREAM_TOO_LARGE'
  /** An upstream server's response has a warning, such as that the result is incomplete, or a note on the query. */
  | 'ERR_METRICS_UPSTREAM_WARNING'
  /** An upstream server no longer has data where it had some, or its clock differs. */
  | 'ERR_METRICS_UPSTREAM_STALE'
  /** A parsed document does not conform to its format, or joined families differ in type: their series are served. */
  | 'ERR_METRICS_REPAIRED_DOCUMENT'
  /** A parsed document does not conform to its format; the message says where. */
  | 'ERR_METRICS_MALFORMED_DOCUMENT'
  /** The endpoint did not respond with a document. */
  | 'ERR_METRICS_SCRAPE_FAILED'
  /** The document has no such family, or no such series. */
  | 'ERR_METRICS_METRIC_NOT_FOUND'
  /** Several series match labels that should identify one. */
  | 'ERR_METRICS_METRIC_AMBIGUOUS'
  /** A value that may only increase has decreased from one document to the next. */
  | 'ERR_METRICS_METRIC_RESET'
  /** In a test: a source violated the contract of `MetricsSource` or of its families. */
  | 'ERR_METRICS_CONTRACT_VIOLATION';
