// Fractions of a timeout. Each leaves time to return what has arrived before the scrape itself times out.

/** Maximum fraction of a scrape's timeout that one of several combined sources may use. */
export const COMBINED_SOURCE_SHARE = 0.8;

/** Maximum fraction of a scrape's timeout that `clusterSource` waits for the workers. */
export const CLUSTER_SHARE = 0.8;

/** Fraction of a worker's response time given to its source; the rest covers messaging. */
export const WORKER_SOURCE_SHARE = 0.9;

/** Maximum fraction of a scrape's timeout that a source waits for its upstream. */
export const UPSTREAM_SHARE = 0.9;

/** Fraction of a scrape's timeout given to the callbacks of OpenTelemetry's observable instruments. */
export const CALLBACK_SHARE = 0.9;
