// node middleware-launch.js FOLDER FIRST SIDE…: prints as JSON what each kind of middleware adds to the CPU time of a request
// of a bare app, in µs. FOLDER has Express and the packages to compare. FIRST is the position of the app that is created
// first, which gains or loses up to 1 µs.
//
// The requests come through Node's HTTP server over a connection in memory, so that neither a client nor the kernel is
// measured. All apps are in one process: two launches of the same app differ by more than the middleware.

import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { median } from './figures.js';
import { MIDDLEWARE } from './middleware-sides.js';

const [folder, first, ...sides] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));

/** In one block. Few, so that a round of blocks fits between what else the machine does. */
const REQUESTS = 50;
const ROUNDS = 300;
/** Rounds until everything is compiled. */
const WARM_UP = 150;
const PUBLICATIONS = 20_000;

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
    const before = process.cpuUsage();
    for (const request of requests) await connection.request(request);
    return microsecondsSince(before) / REQUESTS;
  };
}

function microsecondsSince(before) {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** CPU time of what subscribers of Node's channels do for a request. The bare app has it as well. */
function publishedTime() {
  const channels = ['http.server.request.start', 'http.server.response.finish'].map((name) => channel(name));
  if (!channels.some(({ hasSubscribers }) => hasSubscribers)) return 0;
  const socket = new Connection();
  const messages = Array.from({ length: PUBLICATIONS }, (_, i) => ({
    request: { method: 'GET', url: `/users/${i}`, rawHeaders: [], socket },
    response: { statusCode: 200, socket },
    socket,
  }));
  const times = [];
  for (let round = 0; round < 21; round++) {
    const before = process.cpuUsage();
    for (const message of messages) for (const it of channels) it.publish({ ...message });
    times.push(microsecondsSince(before) / PUBLICATIONS);
  }
  return median(times);
}

const names = ['bare', ...sides];
const created = [...names.slice(first), ...names.slice(0, first)].map((name) => [name, createApp(name)]);
const apps = Object.fromEntries(created);

const rounds = [];
for (let round = -WARM_UP; round < ROUNDS; round++) {
  const times = {};
  for (let i = 0; i < names.length; i++) {
    // Each is first in its turn, as the machine's speed drifts.
    const name = names[(i + round + WARM_UP) % names.length];
    times[name] = await apps[name]();
    await turn();
  }
  if (round >= 0) rounds.push(times);
}

const costs = Object.fromEntries(sides.map((name) => [name, median(rounds.map((times) => times[name] - times.bare))]));
if ('ours' in costs) costs.ours += publishedTime();
process.stdout.write(JSON.stringify(costs), () => process.exit());
