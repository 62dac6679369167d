// node middleware-own.js FOLDER SIDE POSITION: prints as JSON the CPU time that a kind of middleware takes of a request
// beyond that of middleware that does nothing, in ns. FOLDER has Express and the packages to compare. POSITION is `first`
// or `last`: when the app with the middleware is created.
//
// There is no HTTP server, whose share is many times that of the middleware: Express gets real requests and responses
// without a connection, and the route's function emits `finish` in place of an answer. Otherwise everything is as in an
// app: Express' router calls the middleware and the route, and what Node publishes is published.

import { channel } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { median } from './figures.js';
import { MIDDLEWARE } from './middleware-sides.js';

const [folder, side, position] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));

/** In one block. Few, so that two blocks fit between what else the machine does. */
const REQUESTS = 100;
const ROUNDS = 250;
/** Rounds until everything is compiled. */
const WARM_UP = 100;

const NOTHING = 'nothing';

const started = channel('http.server.request.start');
const finished = channel('http.server.response.finish');

class Connection extends Duplex {
  remoteAddress = '127.0.0.1';
  bytesWritten = 0;
}

/** Returns a function that measures a block of requests of an app, which has a copy of Express of its own. */
function createApp(name) {
  for (const path of Object.keys(require.cache)) delete require.cache[path];
  const prepare = MIDDLEWARE[name](require);
  const express = require('express');
  const app = express();
  prepare(app);
  const users = express.Router();
  users.get('/:id', (_req, res) => res.emit('finish'));
  app.use('/users', users);

  const socket = new Connection();
  // Node asks the channels of each request whether they have subscribers. Only ours has.
  const isPublished = name === 'ours';
  function handle(i) {
    const request = new IncomingMessage(socket);
    request.method = 'GET';
    request.url = `/users/${i}`;
    request.httpVersion = '1.1';
    request.httpVersionMajor = 1;
    request.httpVersionMinor = 1;
    request.rawHeaders = ['Host', 'localhost', 'User-Agent', 'benchmark', 'Accept', '*/*'];
    const response = new ServerResponse(request);
    if (isPublished) started.publish({ request, response, socket, server: app });
    app(request, response);
    if (isPublished) finished.publish({ request, response, socket, server: app });
  }

  return () => {
    const before = process.cpuUsage();
    for (let i = 0; i < REQUESTS; i++) handle(i);
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1_000) / REQUESTS;
  };
}

const names = position === 'first' ? [side, NOTHING] : [NOTHING, side];
const apps = names.map((name) => ({ name, measure: createApp(name) }));

const differences = [];
for (let round = -WARM_UP; round < ROUNDS; round++) {
  const times = {};
  // Each is first in its turn, as the machine's speed drifts.
  for (const { name, measure } of round % 2 === 0 ? apps : apps.toReversed()) times[name] = measure();
  await turn();
  if (round >= 0) differences.push(times[side] - times[NOTHING]);
}
process.stdout.write(JSON.stringify({ own: median(differences) }), () => process.exit());
