export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly trustedHosts: string[];
  /** Requests a second that the service sends to itself. */
  readonly traffic: number;
  readonly openMetrics: boolean;
}

/** Reads the environment. Throws a TypeError, of one line, that names the variable and says what to write. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    port: numberBetween(0, 65_535, 'PORT', env.PORT || '3000'),
    host: env.HOST || '127.0.0.1',
    // Unset means loopback, but empty means nobody: a list that got lost on its way must not open the door.
    trustedHosts: list(env.TRUSTED_HOSTS ?? '127.0.0.1,::1'),
    traffic: numberBetween(0, 100, 'TRAFFIC', env.TRAFFIC || '3'),
    openMetrics: numberBetween(0, 1, 'OPENMETRICS', env.OPENMETRICS || '0') === 1,
  };
}

function numberBetween(min: number, max: number, name: string, text: string): number {
  // Number() alone would also take '0x50', '1e3' and blanks.
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new TypeError(`${name}: ${JSON.stringify(text)} is not a whole number from ${min} to ${max}`);
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
