import { check } from './check.ts';
import { type Command, CommandFailure, EXIT, type ExitStatus, unknownName, withoutOptions } from './command.ts';
import { diff } from './diff.ts';
import type { Output } from './output.ts';
import { serve } from './serve.ts';
import { top } from './top.ts';
import { packageVersion } from './version.ts';

const COMMANDS: Readonly<Record<string, Command>> = { check, diff, serve, top };

const HELP = `Usage: express-metrics-json COMMAND [ARGUMENT]…

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(6)} ${summary}`)
  .join('\n')}

"express-metrics-json COMMAND --help" explains a command and its exit status.
"express-metrics-json --version" prints the version of the package.`;

/** Runs a command line. Never rejects: errors are written to the standard error. */
export async function runCommand([name, ...args]: readonly string[], output: Output): Promise<ExitStatus> {
  if (name === 'help' && args[0] !== undefined) return runCommand([args[0], '--help'], output);
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    output.text(HELP);
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? (COMMANDS[name] as Command) : undefined;
  try {
    if (name === '--version' || name === '-v') {
      output.line(packageVersion());
      return EXIT.ok;
    }
    if (command === undefined) throw unknownName('command', name, Object.keys(COMMANDS));
    if (args.includes('--help') || args.includes('-h')) {
      output.text(command.help);
      return EXIT.ok;
    }
    return await command.run(args, output);
  } catch (error) {
    const message = withoutOptions((error as Error).message);
    if (args.includes('--json')) {
      output.json({ ...(error instanceof CommandFailure && error.members), error: message });
    }
    output.error(`express-metrics-json: ${message}`);
    if (!(error instanceof TypeError)) return EXIT.failed;
    output.error(`See "express-metrics-json ${command === undefined ? '' : `${name} `}--help".`);
    return EXIT.usage;
  }
}
