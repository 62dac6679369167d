// For child processes and their threads, which jest does not compile for: node --import ./__tests__/support/ts-loader.mjs app.ts
import { register } from 'node:module';

// Node 26 deprecates register(), and its replacement came with Node 22. The warning would appear in the output of programs.
const { noDeprecation } = process;
process.noDeprecation = true;
register('./ts-hooks.mjs', import.meta.url);
process.noDeprecation = noDeprecation;
