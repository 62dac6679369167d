import express from 'express';
import { metricsRouter } from '../../../../lib/index.ts';
import { failing } from '../scrapes.ts';
import { handMade } from '../sources.ts';
import { listen, run } from '../support.ts';
import { type Rules, startProxy } from './proxy.ts';
import { FRIEND } from './service.ts';

// What proxies make of a document on its way back, and above all of one that is cut.

interface Way extends Rules {
  readonly how: string;
  /** How curl asks. */
  readonly as?: readonly string[];
  /** Whatever the service does to its connection. Those of Debian 12 do: HAProxy 2.6 and Caddy 2.6. */
  readonly hidesCuts?: boolean;
}

const nginx = `
  proxy_http_version 1.1;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_pass http://UPSTREAM;`;
const haproxy = `
  http-request set-header X-Forwarded-For %[src]
  server app UPSTREAM`;
const caddy = 'reverse_proxy UPSTREAM';
const http2 = ['--http2-prior-knowledge'];

const ways: readonly Way[] = [
  { proxy: 'nginx', how: 'proxy_buffering on', rules: nginx },
  { proxy: 'nginx', how: 'proxy_buffering off', rules: `proxy_buffering off; ${nginx}` },
  { proxy: 'nginx', how: 'gzip on', rules: `gzip on; gzip_types *; gzip_proxied any; ${nginx}` },
  { proxy: 'nginx', how: 'HTTP/2', rules: nginx, listen: 'http2', as: http2 },
  { proxy: 'nginx', how: 'HTTP/1.0', rules: nginx, as: ['--http1.0'], hidesCuts: true },
  { proxy: 'haproxy', how: 'HTTP/1.1', rules: haproxy },
  {
    proxy: 'haproxy',
    how: 'compression',
    rules: `compression algo gzip\ncompression type text/plain application/json\n${haproxy}`,
  },
  { proxy: 'haproxy', how: 'HTTP/2', rules: haproxy, listen: 'proto h2', as: http2, hidesCuts: true },
  { proxy: 'caddy', how: 'HTTP/1.1', rules: caddy, hidesCuts: true },
  { proxy: 'caddy', how: 'encode gzip', rules: `encode gzip\n${caddy}`, hidesCuts: true },
  { proxy: 'caddy', how: 'HTTP/2', rules: caddy, global: 'servers {\nprotocols h1 h2c\n}', as: http2, hidesCuts: true },
];

const HIDING = ways.filter(({ hidesCuts }) => hidesCuts === true);

const sources = { whole: handMade(), early: failing(10), late: failing(20_000) };

let upstream: string;
beforeAll(async () => {
  const app = express();
  const options = { trustedHosts: [FRIEND], trustedProxies: ['127.0.0.1'] };
  for (const [name, source] of Object.entries(sources)) {
    app.use(`/${name}`, metricsRouter({ ...options, source }));
    app.use(`/uncompressed/${name}`, metricsRouter({ ...options, source, compression: false }));
  }
  upstream = await listen(app);
});

/** Every document in every coding: what curl ended with, and what it got. */
async function fetchAll(source: keyof typeof sources, { as = [], ...rules }: Way) {
  const { origin } = await startProxy(rules, { upstream });
  const fetched = [];
  for (const mount of ['', '/uncompressed']) {
    for (const path of ['/metrics', '/metrics.json']) {
      for (const coding of [[], ['--compressed', '-H', 'Accept-Encoding: gzip']]) {
        const url = `${origin}${mount}/${source}${path}`;
        const { code, stdout } = await run('curl', [
          ...['--silent', '--max-time', '10', '--interface', FRIEND, '--write-out', '\n%{http_code}'],
          ...[...as, ...coding, url],
        ]);
        const [, body = '', status] = /^(.*)\n(\d+)$/s.exec(stdout) ?? [];
        fetched.push({ what: `${mount}${path} ${coding.length > 0 ? 'gzip' : 'plain'}`, code, status, body });
      }
    }
  }
  return fetched;
}

test.each(ways)('$proxy ($how) gives a whole document on', async (way) => {
  const bodies = new Map<string, string>();
  for (const { what, code, status, body } of await fetchAll('whole', way)) {
    expect({ what, code, status }).toEqual({ what, code: 0, status: '200' });
    const path = /\/[\w.]+(?= )/.exec(what)?.[0] ?? '';
    expect(body).toBe(bodies.get(path) ?? body);
    expect(body.length).toBeGreaterThan(100);
    bodies.set(path, body);
  }
});

test.each(ways.filter(({ hidesCuts }) => hidesCuts !== true))(
  '$proxy ($how): whoever gets a cut document sees that it is one',
  async (way) => {
    for (const { what, code, status, body } of await fetchAll('late', way)) {
      expect({ what, status, hasMuch: body.length > 10_000 }).toEqual({ what, status: '200', hasMuch: true });
      expect({ what, failed: code !== 0 }).toEqual({ what, failed: true });
    }
  },
);

test.each(HIDING)(
  'DOCUMENTED: $proxy ($how) ends a cut document as if it were whole: JSON tells it, as it does not parse, and text does not',
  async (way) => {
    for (const { what, code, body } of await fetchAll('late', way)) {
      expect({ what, code, hasMuch: body.length > 10_000 }).toEqual({ what, code: 0, hasMuch: true });
      if (what.includes('.json')) expect(() => JSON.parse(body)).toThrow(SyntaxError);
    }
  },
);

test.each(ways)('$proxy ($how): a document that fails before its first chunk is an error', async (way) => {
  for (const { what, status } of await fetchAll('early', way)) {
    expect({ what, status }).toEqual({ what, status: expect.stringMatching(/^(50[02]|000)$/) });
  }
});
