import type { ListenOptions, Server } from 'node:net';
import express from 'express';
import {
  type AccessDecision,
  type MetricFamily,
  type MetricsRouterOptions,
  metricsRouter,
} from '../../../../lib/index.ts';
import {
  type ConnectionOptions,
  type Listener,
  type RequestParts,
  requestText,
  send,
} from '../../../support/raw-http.ts';
import { closeServers, listen, watchWarnings } from '../../../support/serve.ts';

afterAll(closeServers);

/** A client that is trusted, and one that is not; on Linux all of 127.0.0.0/8 are distinct addresses, with nothing to set up. */
export const FRIEND = '127.0.0.11';
export const STRANGER = '127.0.0.99';

/** An app with a router below each of several mount paths. */
export interface Service extends Listener {
  /** Where the app listens: `host:port`, or the path of a unix socket. */
  readonly upstream: string;
  /**
   * Asks for a document, through a proxy or straight. `200`, or the status and the reason of the refusal; of what the router
   * did not see, the status alone. Nobody but who gets a 200 makes the source collect.
   */
  ask(through: Listener, router: string, request?: Request): Promise<ServiceResponse>;
}

export interface Request extends RequestParts, ConnectionOptions {}

export interface ServiceResponse {
  readonly answer: string;
  /** The peer's address as Node has it, and what the router took for the client's. */
  readonly peer?: string | undefined;
  readonly address?: string | undefined;
  readonly body: string;
}

const up: MetricFamily = { name: 'up', type: 'gauge', samples: [{ labels: {}, value: 1 }] };

export async function serveRouters(
  routers: Readonly<Record<string, Partial<MetricsRouterOptions>>>,
  on?: ListenOptions | Server,
): Promise<Service> {
  // Refusals warn once each.
  watchWarnings();
  const decisions: AccessDecision[] = [];
  const collect = jest.fn(() => [up]);
  let peer: string | undefined;
  const app = express().use((req, _res, next) => {
    peer = req.socket.remoteAddress;
    next();
  });
  for (const [name, options] of Object.entries(routers)) {
    app.use(
      path(name),
      metricsRouter({ source: { collect }, onDecision: (decision) => decisions.push(decision), ...options }),
    );
  }
  const server = await listen(app, on);
  const address = server.address();
  return {
    upstream: upstreamOf(address),
    address: () => address,
    async ask(through, router, { from, to, ...parts } = {}) {
      collect.mockClear();
      decisions.length = 0;
      peer = undefined;
      const { status, body } = await send(through, requestText({ target: `${path(router)}/metrics.json`, ...parts }), {
        from,
        to,
      });
      expect(collect).toHaveBeenCalledTimes(status === 200 ? 1 : 0);
      expect(body.includes('"up"')).toBe(status === 200);
      const reasons = decisions.flatMap(({ reason }) => reason ?? []);
      return { answer: [status, ...reasons].join(' '), peer, address: decisions[0]?.address, body };
    },
  };
}

const path = (router: string) => `/${router.replaceAll(' ', '-')}`;

function upstreamOf(address: ReturnType<Listener['address']>): string {
  if (address === null || typeof address === 'string') return address ?? '';
  return address.address.includes(':') ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}
