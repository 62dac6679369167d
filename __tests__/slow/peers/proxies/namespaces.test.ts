import type { AddressInfo } from 'node:net';
import { type Listener, requestText, send } from '../../../support/raw-http.ts';
import { recommended, routersFor, testAccess } from './access-tests.ts';
import { type Configuration, configurations } from './configurations.ts';
import { addressesOf, createNetwork, type Machine, whyNoNamespaces } from './network.ts';
import { inUrl, type ReverseProxy, startProxy } from './proxy.ts';
import { type Request, type Service, serveRouters } from './service.ts';
import { spoofsAs } from './spoofs.ts';

// Clients, proxies and the service on machines of their own, as far as the kernel is concerned.

const MACHINES = { service: 2, proxy: 3, below: 63, first: 64, friend: 70, last: 79, above: 80, stranger: 200 };
type Name = keyof typeof MACHINES | 'bridge';

const TRUSTED = ['198.51.100.64/28', '2001:db8::40/124'];
const INSIDE = ['first', 'friend', 'last'] as const;
const OUTSIDE = ['below', 'above', 'stranger', 'bridge'] as const;

/** The two networks of the bridge. */
const CLIENTS = '198.51.100.0/24 2001:db8::/64';

const friend = addressesOf(MACHINES.friend);
const stranger = addressesOf(MACHINES.stranger);
const proxy = addressesOf(MACHINES.proxy);
const bridge = addressesOf(1);

let network: Readonly<Record<Name, Machine>>;

/** The way from a machine to where something listens on another. */
const way = (from: Name, { address }: Listener, to = (address() as AddressInfo).address) =>
  network[from].to(to, (address() as AddressInfo).port);

const refusal = whyNoNamespaces();
if (refusal === undefined) {
  beforeAll(async () => {
    network = await createNetwork(MACHINES);
  });
  describe.each(['v4', 'v6'] as const)('IP%s', (family) => {
    describe('without a proxy', () => testDirectly(family));
    describe('through a proxy', () => testThroughProxies(family));
  });
  describe('one listener for IPv4 and IPv6', testBothFamilies);
} else {
  test(`NOT RUN, for this machine gives no network namespaces: ${refusal}`, () => {
    process.stderr.write(`\n*** Clients on machines of their own: NOT RUN. ${refusal}\n\n`);
    expect(refusal).toMatch(/not permitted|permission denied|read-only/i);
  });
}

function testDirectly(family: 'v4' | 'v6'): void {
  let service: Service;
  const ask = async (from: Name, router: string, parts = {}) => service.ask(await way(from, service), router, parts);

  beforeAll(async () => {
    service = await serveRouters(
      {
        'a network': { trustedHosts: TRUSTED },
        'one address': { trustedHosts: [friend[family]] },
        'the bridge': { trustedHosts: [bridge[family]] },
      },
      await network.service.listen({ host: network.service[family], port: 0 }),
    );
  });

  test.each(INSIDE)('the %s of a network that is trusted gets in, by its own address', async (name) => {
    const address = network[name][family];
    expect(await ask(name, 'a network')).toMatchObject({ answer: '200', peer: address, address });
  });

  test.each(OUTSIDE)('%s, outside of the network, does not', async (name) => {
    const address = network[name][family];
    expect(await ask(name, 'a network')).toMatchObject({ answer: '403 not-trusted', peer: address, address });
  });

  test('one address is trusted, and no other of its network', async () => {
    expect(await ask('friend', 'one address')).toMatchObject({ answer: '200' });
    for (const name of ['first', 'last', ...OUTSIDE] as const) {
      expect(await ask(name, 'one address')).toMatchObject({ answer: '403 not-trusted' });
    }
  });

  test('nothing that a stranger sends gets it in', async () => {
    for (const claimed of [friend.v4, friend.v6]) {
      for (const { what, otherwise: _, ...parts } of spoofsAs(claimed)) {
        const { answer } = await ask('stranger', 'a network', parts);
        expect({ what, answer }).toEqual({ what, answer: expect.stringMatching(/^4/) });
      }
    }
  });

  test("DOCUMENTED: everybody who is relayed by the bridge's machine, as by a container's published port, is the bridge", async () => {
    const inTcpMode = configurations.find(({ how }) => how.startsWith('in TCP mode'))!;
    const relay = await startProxy(inTcpMode, {
      upstream: service.upstream,
      host: bridge[family],
      namespace: network.bridge,
    });
    for (const name of ['friend', 'stranger'] as const) {
      const through = await way(name, relay);
      expect(await service.ask(through, 'a network')).toMatchObject({
        answer: '403 not-trusted',
        address: bridge[family],
      });
      expect(await service.ask(through, 'the bridge')).toMatchObject({ answer: '200' });
    }
  });
}

function testThroughProxies(family: 'v4' | 'v6'): void {
  const proxies = new Map<Configuration, ReverseProxy>();
  let service: Service;
  const ask = async (configuration: Configuration, router: string, who: Name, parts: Request = {}) =>
    service.ask(await way(who, proxies.get(configuration)!), router, parts);

  beforeAll(async () => {
    service = await serveRouters(
      routersFor(TRUSTED, [proxy[family]]),
      await network.service.listen({ host: network.service[family], port: 0 }),
    );
    const place = { upstream: service.upstream, host: proxy[family], namespace: network.proxy, clients: CLIENTS };
    await Promise.all(
      configurations.map(async (configuration) => {
        proxies.set(configuration, await startProxy(configuration, place));
      }),
    );
  });

  testAccess({ friend: friend[family], stranger: stranger[family], ask });

  test.each(recommended)(
    '$proxy ($how), a router $router: all of a network that is trusted get in, and not their neighbours',
    async ({ configuration, router }) => {
      for (const [names, answer] of [[INSIDE, '200'] as const, [OUTSIDE, '403 not-trusted'] as const]) {
        for (const name of names) {
          const address = network[name][family];
          expect(await ask(configuration, router, name)).toMatchObject({ answer, peer: proxy[family], address });
        }
      }
    },
  );
}

/** What each proxy needs to hear of both on one socket. */
const DUAL = { nginx: 'ipv6only=off', haproxy: 'v4v6', caddy: '' };

function testBothFamilies(): void {
  let service: Service;
  beforeAll(async () => {
    const { v4, v6 } = proxy;
    service = await serveRouters(
      {
        direct: { trustedHosts: [...TRUSTED, friend.linkLocal] },
        'as mapped': { trustedHosts: [`::ffff:${friend.v4}`] },
        proxied: { trustedHosts: [...TRUSTED, friend.linkLocal], trustedProxies: [v4, v6] },
      },
      await network.service.listen({ host: '::', port: 0 }),
    );
  });

  test('a client of IPv4 arrives with a mapped address, and counts as what it is', async () => {
    const ask = async (name: Name, router: string) => service.ask(await way(name, service, network.service.v4), router);
    for (const name of INSIDE) {
      const { v4 } = network[name];
      expect(await ask(name, 'direct')).toMatchObject({ answer: '200', peer: `::ffff:${v4}`, address: v4 });
    }
    for (const name of OUTSIDE) {
      const { v4 } = network[name];
      expect(await ask(name, 'direct')).toMatchObject({ answer: '403 not-trusted', peer: `::ffff:${v4}`, address: v4 });
    }
    expect(await ask('friend', 'as mapped')).toMatchObject({ answer: '200' });
    expect(await ask('first', 'as mapped')).toMatchObject({ answer: '403 not-trusted' });
  });

  test('a link-local client arrives with a zone, and counts without it', async () => {
    const port = await network.service.serve({ host: '::', port: 0 }, { trustedHosts: [friend.linkLocal] });
    for (const name of ['friend', 'first', ...OUTSIDE] as const) {
      const answer = await send(await network[name].to(`${network.service.linkLocal}%eth0`, port), requestText());
      expect(answer.status).toBe(name === 'friend' ? 200 : 403);
      expect(answer.header('peer')).toBe(`${network[name].linkLocal}%eth0`);
    }
  });

  const asOnThePage = configurations.filter(({ how }) => how.includes('as in docs/reverse-proxies.md'));
  test.each(asOnThePage.flatMap((one) => (['v4', 'v6'] as const).map((upstream) => ({ ...one, upstream }))))(
    '$proxy too may listen for both, and come over IP$upstream',
    async ({ upstream, ...configuration }) => {
      const entrance = await startProxy(
        { ...configuration, listen: DUAL[configuration.proxy] },
        {
          upstream: `${inUrl(network.service[upstream])}:${(service.address() as AddressInfo).port}`,
          host: '::',
          namespace: network.proxy,
        },
      );
      for (const to of [proxy.v4, proxy.v6, `${proxy.linkLocal}%eth0`]) {
        expect({ to, ...(await service.ask(await way('friend', entrance, to), 'proxied')) }).toMatchObject({
          to,
          answer: '200',
        });
        expect({ to, ...(await service.ask(await way('stranger', entrance, to), 'proxied')) }).toMatchObject({
          to,
          answer: '403 not-trusted',
        });
      }
    },
  );
}
