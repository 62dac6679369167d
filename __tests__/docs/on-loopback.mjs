// For snippets, which listen wherever their readers would: node --import ./on-loopback.mjs snippet.js
// Every server listens on loopback, on a free port, and tells the parent process which one, and which one was asked for.
import cluster from 'node:cluster';
import { Server } from 'node:net';

const { listen } = Server.prototype;

Server.prototype.listen = function (...asked) {
  const [on] = asked;
  const port = typeof on === 'object' ? on.port : on;
  this.once('listening', () => process.send?.({ asked: port, port: this.address().port }));
  return listen.call(
    this,
    { host: '127.0.0.1', port: 0 },
    asked.findLast((it) => typeof it === 'function'),
  );
};

// A worker's parent is the primary.
cluster.on('message', (_worker, message) => message.asked && process.send?.(message));
