import type { Rules } from './proxy.ts';
import { type ReverseProxy, startProxy } from './proxy.ts';
import { FRIEND, type Service, STRANGER, serveRouters } from './service.ts';
import { spoofs } from './spoofs.ts';

// Two proxies in a row, each with an address of its own. Caddy's cannot be chosen before version 2.9.

const ADDRESSES = { nginx: '127.0.0.2', haproxy: '127.0.0.3', caddy: '127.0.0.1' };
type Name = keyof typeof ADDRESSES;

const appending: Record<Name, Rules> = {
  nginx: {
    proxy: 'nginx',
    rules: `
      proxy_bind ${ADDRESSES.nginx};
      proxy_http_version 1.1;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_pass http://UPSTREAM;`,
  },
  haproxy: {
    proxy: 'haproxy',
    rules: `
      option forwardfor
      server app UPSTREAM source ${ADDRESSES.haproxy}`,
  },
  caddy: {
    proxy: 'caddy',
    rules: `
      reverse_proxy UPSTREAM {
        trusted_proxies ${ADDRESSES.nginx} ${ADDRESSES.haproxy}
      }`,
  },
};

const replacing: Record<Name, Rules> = {
  nginx: {
    proxy: 'nginx',
    rules: `
      proxy_bind ${ADDRESSES.nginx};
      proxy_http_version 1.1;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_pass http://UPSTREAM;`,
  },
  haproxy: {
    proxy: 'haproxy',
    rules: `
      http-request set-header X-Forwarded-For %[src]
      server app UPSTREAM source ${ADDRESSES.haproxy}`,
  },
  caddy: { proxy: 'caddy', rules: 'reverse_proxy UPSTREAM' },
};

/** Chains of two, the first of which is what clients talk to. */
const chains = (['nginx', 'haproxy', 'caddy'] as const).flatMap((first) =>
  (['nginx', 'haproxy', 'caddy'] as const).filter((last) => last !== first).map((last) => ({ first, last })),
);

/** Which of the two the router was told of, and what a trusted client and a stranger get. */
const table = {
  both: ['200', '403 not-trusted'],
  'the last alone': ['403 not-trusted', '403 not-trusted'],
  'the first alone': ['403 unexpected-forwarding-header', '403 unexpected-forwarding-header'],
  neither: ['403 unexpected-forwarding-header', '403 unexpected-forwarding-header'],
} as const;

async function serveBehind({ first, last }: { first: Name; last: Name }, trustedHosts = [FRIEND]): Promise<Service> {
  return serveRouters({
    both: { trustedHosts, trustedProxies: [ADDRESSES[first], ADDRESSES[last]] },
    'the last alone': { trustedHosts, trustedProxies: [ADDRESSES[last]] },
    'the first alone': { trustedHosts, trustedProxies: [ADDRESSES[first]] },
    neither: { trustedHosts },
  });
}

describe.each(chains)('$first, then $last, which appends', ({ first, last }) => {
  let service: Service;
  let entrance: ReverseProxy;

  beforeAll(async () => {
    service = await serveBehind({ first, last });
    entrance = await startChain(appending[first], appending[last], service);
  });

  test.each(Object.entries(table))('listed: %s', async (router, [friend, stranger]) => {
    expect(await service.ask(entrance, router, { from: FRIEND })).toMatchObject({ answer: friend });
    expect(await service.ask(entrance, router, { from: STRANGER })).toMatchObject({ answer: stranger });
    for (const { what, otherwise = [], ...parts } of spoofs) {
      const { answer } = await service.ask(entrance, router, { ...parts, from: STRANGER });
      expect({ what, answer }).toEqual({ what, answer: otherwise.includes(answer) ? answer : stranger });
    }
  });
});

test.each(chains)('$first, then $last, which replaces: nobody gets in', async ({ first, last }) => {
  const service = await serveBehind({ first, last });
  const entrance = await startChain(appending[first], replacing[last], service);
  for (const from of [FRIEND, STRANGER]) {
    expect(await service.ask(entrance, 'both', { from })).toMatchObject({ answer: '403 chain-exhausted' });
    expect(await service.ask(entrance, 'the last alone', { from })).toMatchObject({ answer: '403 not-trusted' });
  }
});

test.each(chains)(
  'DOCUMENTED: $first, then $last: where the first is in trustedHosts and the last alone is listed, everybody gets in',
  async ({ first, last }) => {
    const service = await serveBehind({ first, last }, [ADDRESSES[first]]);
    const entrance = await startChain(appending[first], appending[last], service);
    expect(await service.ask(entrance, 'the last alone', { from: STRANGER })).toMatchObject({ answer: '200' });
    expect(await service.ask(entrance, 'both', { from: STRANGER })).toMatchObject({ answer: '403 not-trusted' });
  },
);

test('HAProxy may tell nginx the client by the PROXY protocol, and nginx the service by the header', async () => {
  const service = await serveRouters({ metrics: { trustedHosts: [FRIEND], trustedProxies: [ADDRESSES.nginx] } });
  const speaking: Rules = { proxy: 'haproxy', rules: `server next UPSTREAM source ${ADDRESSES.haproxy} send-proxy` };
  const listening: Rules = {
    proxy: 'nginx',
    listen: 'proxy_protocol',
    global: `
      set_real_ip_from ${ADDRESSES.haproxy};
      real_ip_header proxy_protocol;`,
    rules: replacing.nginx.rules,
  };
  const entrance = await startChain(speaking, listening, service);
  expect(await service.ask(entrance, 'metrics', { from: FRIEND })).toMatchObject({ answer: '200' });
  for (const { what, otherwise = [], ...parts } of [{ what: 'nothing' }, ...spoofs]) {
    const { answer } = await service.ask(entrance, 'metrics', { ...parts, from: STRANGER });
    expect({ what, answer }).toEqual({ what, answer: otherwise.includes(answer) ? answer : '403 not-trusted' });
  }
});

test.each(['send-proxy', 'send-proxy-v2'])(
  'to a service that is sent the PROXY protocol (%s), nobody gets',
  async (option) => {
    const service = await serveRouters({ metrics: { trustedHosts: ['127.0.0.1', FRIEND] } });
    const entrance = await startProxy({ proxy: 'haproxy', rules: `server app UPSTREAM ${option}` }, service);
    for (const from of [FRIEND, STRANGER]) {
      expect(await service.ask(entrance, 'metrics', { from })).toMatchObject({ answer: '400' });
    }
  },
);

/** Gives what clients talk to. */
async function startChain(first: Rules, last: Rules, service: Service): Promise<ReverseProxy> {
  const { address } = await startProxy(last, service);
  return startProxy(first, { upstream: `${address().address}:${address().port}` });
}
