/** Counts what a document holds while it is parsed. What it throws ends the document. */
export interface DocumentMeter {
  /**
   * Adds series whose labels take so many characters in the document. Buckets and quantiles are series of their own.
   * Series that are skipped are not counted.
   */
  addSeries(labelLength: number, count: number): void;
}

/** For documents that are trusted, such as those in tests. */
export const unlimited: DocumentMeter = { addSeries: () => undefined };
