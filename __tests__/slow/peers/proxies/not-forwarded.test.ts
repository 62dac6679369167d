import type { Rules } from './proxy.ts';
import { startProxy } from './proxy.ts';
import { serveRouters } from './service.ts';

// The recipes of docs/reverse-proxies.md for a proxy that cannot be recognised and does not forward the metrics.

const recipes: readonly Rules[] = [
  {
    proxy: 'nginx',
    rules: `
      location /metrics { return 404; }
      proxy_http_version 1.1;
      proxy_pass http://UPSTREAM;`,
  },
  {
    proxy: 'haproxy',
    rules: `
      http-request deny deny_status 404 if { path -m beg /metrics }
      server app UPSTREAM`,
  },
  {
    proxy: 'caddy',
    rules: `
      respond /metrics* 404
      reverse_proxy UPSTREAM {
        header_up -X-Forwarded-*
      }`,
  },
];

const targets = [
  '/metrics',
  '/metrics.json',
  '/metrics.json?name[]=up',
  '//metrics.json',
  '/./metrics.json',
  '/x/../metrics.json',
  '/x/..%2Fmetrics.json',
  '/%2e/metrics.json',
  '/%6detrics.json',
  '/METRICS.json',
  '/metrics%2ejson',
  '/metrics.json/',
  '/metrics.json%00',
  '/metrics.json#',
  '/metrics.json;x',
  '\\metrics.json',
  '/\\metrics.json',
  'metrics.json',
  'http://127.0.0.1/metrics.json',
  'http://127.0.0.1//metrics.json',
  'http:///metrics.json',
  'http://127.0.0.1/x/../metrics.json',
  'x://127.0.0.1/metrics.json',
  '*',
];

test.each(recipes)('$proxy does not forward the metrics, however the target is written', async (rules) => {
  const service = await serveRouters({ '': {} });
  const proxy = await startProxy(rules, service);
  // The service itself would answer.
  expect(await service.ask(service, '', { target: '/metrics.json' })).toMatchObject({ answer: '200' });
  expect(await service.ask(proxy, '', { target: '/somewhere/else' })).toMatchObject({ answer: '404' });
  for (const target of targets) {
    const { answer } = await service.ask(proxy, '', { target });
    expect({ target, answer }).toEqual({ target, answer: expect.stringMatching(/^[345]/) });
  }
});
