/** The methods of RFC 9110 and PATCH. A client can send any other one, so these count together. */
const STANDARD = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

/** OpenTelemetry's value for all other methods. */
const OTHER_METHOD = '_OTHER';

/** Values of the label `method`. */
export const METHODS: readonly string[] = [...STANDARD, OTHER_METHOD];

const indexes: ReadonlyMap<string, number> = new Map(STANDARD.map((method, index) => [method, index]));

/** Returns the position of a request's method in `METHODS`. */
export const methodIndex = (method: string | undefined): number => indexes.get(method ?? '') ?? STANDARD.length;
