#!/usr/bin/env node
import { Output } from './output.ts';
import { runCommand } from './run-command.ts';

// A reader such as "head" may leave before the end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

runCommand(process.argv.slice(2), new Output(process.stdout, process.stderr)).then((status) => {
  process.exitCode = status;
});
