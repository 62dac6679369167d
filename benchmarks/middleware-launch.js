// node middleware-launch.js FOLDER SIDE POSITION: prints as JSON what a kind of middleware adds to the CPU time of a
// request of a bare app, in µs and as a part of the bare app's time. FOLDER has Express and the packages to compare.
// POSITION is `first` or `last`: when the app with the middleware is created.
//
// The requests come through Node's HTTP server over a connection in memory, so that neither a client nor the kernel is
// measured. The bare app is in the same process: two launches of the same app differ by more than the middleware. No
// other app is, as users have one. Express gives each request and response a hidden class of its own, so that they go
// through a cache that all code of the process shares; and code that several apps share has more classes to tell apart.

import diagnostics from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { median } from './figures.js';

const [folder, side, position] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));

/** In one block. Few, so that two blocks fit between what else the machine does. */
const REQUESTS = 50;
const ROUNDS = 120;
/** Rounds until everything is compiled. */
const WARM_UP = 80;
const PUBLICATIONS = 20_000;

/** Whether our app has its turn: what the requests of the bare app publish does not reach our subscribers. */
let isOurTurn = false;
const { subscribe } = diagnostics;
diagnostics.subscribe = (name, receive) =>
  subscribe(name, (message, channel) => {
    if (isOurTurn) receive(message, channel);
  });
syncBuiltinESMExports();
const { MIDDLEWARE } = await import('./middleware-sides.js');

/** A connection whose other end is this process. */
class Connection extends Duplex {
  remoteAddress = '127.0.0.1';
  bytesRead = 0;
  bytesWritten = 0;

  /** Resolves when everything is done that the request has queued. */
  request(bytes) {
    return new Promise((resolve) => {
      this.bytesRead += bytes.length;
      this.push(bytes);
      process.nextTick(resolve);
    });
  }

  _read() {}

  _write(chunk, _encoding, done) {
    this.bytesWritten += chunk.length;
    done();
  }
}

const requests = Array.from({ length: REQUESTS }, (_, i) =>
  Buffer.from(`GET /users/${i} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: benchmark\r\nAccept: */*\r\n\r\n`),
);

/** Returns a function that measures a block of requests of an app, which has a copy of Express of its own. */
function createApp(side) {
  for (const path of Object.keys(require.cache)) delete require.cache[path];
  const prepare = MIDDLEWARE[side](require);
  const express = require('express');
  const app = express();
  prepare(app);
  const users = express.Router();
  users.get('/:id', (req, res) => res.json({ id: req.params.id }));
  app.use('/users', users);
  const server = createServer(app);
  // OpenTelemetry patches that of all servers.
  if (side === 'bare') server.emit = EventEmitter.prototype.emit;
  const connection = new Connection();
  server.emit('connection', connection);
  return async () => {
    isOurTurn = side === 'ours';
    const before = process.cpuUsage();
    for (const request of requests) await connection.request(request);
    return microsecondsSince(before) / REQUESTS;
  };
}

function microsecondsSince(before) {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** CPU time of publishing what our subscribers receive. The bare app has it as well. */
function publishingTime() {
  isOurTurn = false;
  const channels = ['http.server.request.start', 'http.server.response.finish'].map((it) => diagnostics.channel(it));
  const times = [];
  for (let round = 0; round < 21; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < PUBLICATIONS; i++) {
      for (const it of channels) it.publish({ request: requests, response: requests, socket: requests, server: it });
    }
    times.push(microsecondsSince(before) / PUBLICATIONS);
  }
  return median(times);
}

const names = position === 'first' ? [side, 'bare'] : ['bare', side];
const apps = names.map((name) => ({ name, measure: createApp(name) }));

const rounds = [];
for (let round = -WARM_UP; round < ROUNDS; round++) {
  const times = {};
  // Each is first in its turn, as the machine's speed drifts.
  for (const { name, measure } of round % 2 === 0 ? apps : apps.toReversed()) {
    times[name] = await measure();
    await turn();
  }
  if (round >= 0) rounds.push(times);
}

const bare = median(rounds.map((times) => times.bare));
const cost = median(rounds.map((times) => times[side] - times.bare)) + (side === 'ours' ? publishingTime() : 0);
process.stdout.write(JSON.stringify({ cost, share: cost / bare }), () => process.exit());
