// For child processes and their threads, which jest does not compile for: node --import ./__tests__/support/ts-loader.mjs app.ts
import { register } from 'node:module';

// Node 26 warns of register(), and what takes its place came with Node 22: programs would be blamed for what they have not said.
const { noDeprecation } = process;
process.noDeprecation = true;
register('./ts-hooks.mjs', import.meta.url);
process.noDeprecation = noDeprecation;
