// Runs in a network namespace, for network.ts: listens and connects in there on behalf of a test that is outside.

import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import express from 'express';

const orders = {
  /** Gives the test a socket that listens in here. */
  listen(options, reply) {
    const server = createServer().listen(options, () => reply(true, server, () => server.close()));
  },
  /** Serves from in here: a socket that is out there does not know the names of interfaces. Each answer has the peer's address. */
  async serve({ on, options }, reply) {
    await import('../../../support/ts-loader.mjs');
    const { metricsRouter } = await import('../../../../lib/index.ts');
    const app = express().use((req, res, next) => {
      res.setHeader('Peer', req.socket.remoteAddress);
      next();
    });
    const server = app.use(metricsRouter({ source: { collect: () => [] }, ...options })).listen(on);
    server.once('listening', () => reply(server.address().port));
  },
  /** Carries the connections of a unix socket on from in here, byte by byte. */
  relay({ path, to }, reply) {
    createServer((near) => {
      const far = connect(to);
      // Whatever becomes of one end becomes of the other.
      pipeline(near, far, near, () => undefined);
    }).listen({ path }, () => reply(true));
  },
  canConnect(to, reply) {
    const socket = connect(to, () => {
      socket.destroy();
      reply(true);
    });
    socket.once('error', () => reply(false));
  },
};

process.on('message', ({ id, order, options }) => {
  orders[order](options, (said, handle, done) => process.send({ id, said }, handle, undefined, done));
});
process.on('disconnect', () => process.exit());
