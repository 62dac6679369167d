import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Returns the version of the package that the running program is a part of. npm may have linked the program. */
export function packageVersion(): string {
  const require = createRequire(realpathSync(process.argv[1] as string));
  return (require('express-metrics-json/package.json') as { version: string }).version;
}
