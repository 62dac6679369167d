export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly trustedHosts: string[];
  /** Number of requests per second that the service sends to itself. */
  readonly traffic: number;
  readonly openMetrics: boolean;
}

/** Reads the environment. Throws a TypeError of one line that names the variable and says what to write. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    port: integer('PORT', env.PORT || '3000', { max: 65_535, write: 3000 }),
    host: env.HOST || '127.0.0.1',
    // Unset means loopback, but empty means no one: a list that was lost on its way must not admit clients.
    trustedHosts: list(env.TRUSTED_HOSTS ?? '127.0.0.1,::1'),
    traffic: integer('TRAFFIC', env.TRAFFIC || '3', { max: 100, write: 3 }),
    openMetrics: integer('OPENMETRICS', env.OPENMETRICS || '0', { max: 1, write: 1 }) === 1,
  };
}

/** Returns the message of an error about a setting, with the variable's name instead of the router's option. */
export function messageOf({ message }: TypeError): string {
  return message.replace(/^metricsRouter: trustedHosts(\[\d+\])?/, 'TRUSTED_HOSTS');
}

function integer(name: string, text: string, { max, write }: { max: number; write: number }): number {
  // Number() alone would also accept '0x50', '1e3' and blanks.
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new TypeError(`${name}: expected an integer from 0 to ${max}, got ${JSON.stringify(text)}; write ${write}`);
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
