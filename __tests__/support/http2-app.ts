import { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Express } from 'express';
import type { ExpressVersion } from './express-versions.ts';

/**
 * An app whose requests and responses inherit from those of node:http2, as with http2-express-bridge. Those of Express
 * inherit from node:http, and such an app cannot speak HTTP/2.
 */
export function createHttp2App(express: ExpressVersion['express']): Express {
  const app = express();
  app.request = inheriting(express.request, Http2ServerRequest.prototype, app);
  app.response = inheriting(express.response, Http2ServerResponse.prototype, app);
  return app;
}

function inheriting<T extends object>(members: T, base: object, app: Express): T {
  const prototype = Object.create(base, Object.getOwnPropertyDescriptors(members));
  return Object.create(prototype, { app: { value: app, configurable: true, enumerable: true, writable: true } });
}
