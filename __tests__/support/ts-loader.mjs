// For child processes and their threads, which jest does not compile for: node --import ./__tests__/support/ts-loader.mjs app.ts
import { register } from 'node:module';

register('./ts-hooks.mjs', import.meta.url);
