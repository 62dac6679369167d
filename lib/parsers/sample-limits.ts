// Limits of a single sample. The encoders write a sample in one go, so that its size is what bounds how long they hold
// the event loop. No client library comes near them.

/** Maximum number of labels of one sample or exemplar. */
export const MAX_LABELS = 1_000;
/** Maximum number of buckets of one histogram, or quantiles of one summary. */
export const MAX_BUCKETS = 4_000;
