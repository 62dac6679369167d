/** An error of this package, told apart by its stable `code`. */
export class MetricsError extends Error {
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MetricsError';
    this.code = code;
  }
}

export type MetricsErrorCode =
  /** A family that cannot be encoded: no name, an unknown type, a name that was there already. */
  | 'INVALID_FAMILY'
  /** A sample that does not fit its family: its value, its labels. */
  | 'INVALID_SAMPLE'
  /** A family failed after its first sample was written: the rest of the document cannot follow. */
  | 'CUT_DOCUMENT'
  /** Every family that the scrape wanted was lost. */
  | 'NO_FAMILY_LEFT'
  /** The source did not answer within `timeout`. */
  | 'SOURCE_TIMEOUT'
  /** The client took no byte for `stallTimeout`. */
  | 'CLIENT_STALLED'
  /** The client went away before the document was complete. */
  | 'CLIENT_GONE'
  /** The document is larger than what can be held for an HTTP/1.0 client. */
  | 'DOCUMENT_TOO_LARGE';
