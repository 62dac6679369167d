#!/usr/bin/env node
import { Output } from './output.ts';
import { runCommand } from './run-command.ts';

/** What a shell reports of a program that SIGPIPE has ended. Node ignores that signal. */
const SIGPIPE_STATUS = 141;

// A reader such as "head" may leave before the end. A status of 0 would say that two documents are the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(SIGPIPE_STATUS);
  throw error;
});

runCommand(process.argv.slice(2), new Output(process.stdout, process.stderr)).then((status) => {
  process.exitCode = status;
});
