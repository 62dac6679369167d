// Runs all cases with one package and one version of Express, and prints what the package measures of each.
// Arguments: the name of the package, the folder where it is installed, and the folder of Express.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ENDING_CASES } from '../../../support/ending-cases.ts';
import { ROUTE_CASES } from '../../../support/route-cases.ts';
import { sendCase } from '../../../support/send-case.ts';
import { PEERS } from './peers.ts';

const [name = '', folder = '', expressFolder = ''] = process.argv.slice(2);
// Express logs the errors that it answers.
process.env.NODE_ENV = 'test';
const peer = PEERS[name]!(createRequire(join(folder, 'package.json')));
// After the peer, which may patch it.
const express = createRequire(join(expressFolder, 'package.json'))('express');

const measured = [];
for (const one of [...ROUTE_CASES, ...ENDING_CASES]) {
  const [, build] = one;
  const app = express();
  app.use(peer.middleware());
  build(app, express);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await sendCase(server, one);
  measured.push(await peer.read());
  server.close();
  server.closeAllConnections();
}
process.stdout.write(JSON.stringify(measured), () => process.exit());
