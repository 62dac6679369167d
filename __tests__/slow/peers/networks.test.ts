import { setTimeout as sleep } from 'node:timers/promises';
import { recipePage } from '../../support/recipe-page.ts';
import { CLIENT, type Network, NODE, network, OTHER, type Place, relay } from './networks.ts';
import type { Running } from './support.ts';

// Docs: docs/recipes/docker.md and kubernetes.md: which address the service sees. It runs the pages' own server.js.

let net: Network;
let app: Running;

/** Asks, and gives the status and the address that the service saw. */
async function ask(from: Place, url: string): Promise<string> {
  const before = app.log();
  const status = await net.status(from, `${url}/metrics`);
  for (let tries = 0; tries < 40 && app.log() === before; tries++) await sleep(50);
  const peers = [...app.log().matchAll(/JSON \d+: \w+ GET \/metrics from ([\d.]+)/g)];
  return `${status} ${app.log() === before ? 'not seen' : peers.at(-1)?.[1]}`;
}

async function start(page: string, trusted: string, addresses: Parameters<typeof network>[0]) {
  net = await network(addresses);
  app = await net.node('app', recipePage(page).file('server.js'), { METRICS_TRUSTED: trusted });
}

describe('Docker', () => {
  const bridge = '172.30.0.1';
  const container = 'http://172.30.0.2:9464';

  beforeAll(() => start('docker.md', '', { bridge, app: '172.30.0.2', scraper: '172.30.0.10' }));

  test('a container of the same network is seen by its own address', async () => {
    expect(await ask('scraper', container)).toBe('200 172.30.0.10');
  });

  test('the host is seen as the gateway', async () => {
    expect(await ask('node', container)).toBe(`403 ${bridge}`);
  });

  test('the container is its own loopback', async () => {
    expect(await ask('app', 'http://127.0.0.1:9464')).toBe('200 127.0.0.1');
  });

  test('through a published port the host is the gateway, and another machine itself', async () => {
    const publish = 'tcp dport 9464 dnat to 172.30.0.2:9464';
    await net.nat('node', 'output', `ip daddr 127.0.0.0/8 ${publish}`);
    await net.nat('node', 'postrouting', 'oifname br0 ip saddr 127.0.0.0/8 masquerade');
    await net.nat('node', 'prerouting', `ip daddr ${NODE} ${publish}`);
    expect(await ask('node', 'http://127.0.0.1:9464')).toBe(`403 ${bridge}`);
    expect(await ask('client', `http://${NODE}:9464`)).toBe(`403 ${CLIENT}`);
  });

  test('through a userland proxy everybody is the gateway', async () => {
    await net.node('node', relay(8080, '172.30.0.2'));
    for (const from of ['node', 'client', 'other'] as const) {
      expect(await ask(from, `http://${NODE}:8080`)).toBe(`403 ${bridge}`);
    }
  });
});

describe('Kubernetes', () => {
  const bridge = '10.244.0.1';
  const pod = 'http://10.244.0.2:9464';

  beforeAll(() => start('kubernetes.md', '10.244.0.0/24', { bridge, app: '10.244.0.2', scraper: '10.244.0.3' }));

  test('a pod is seen by its own address', async () => {
    expect(await ask('scraper', pod)).toBe('200 10.244.0.3');
  });

  test('the node is seen as the bridge, which the pod network has in it', async () => {
    expect(await ask('node', pod)).toBe(`200 ${bridge}`);
  });

  test('a node with a route to each pod is seen by its own address', async () => {
    await net.ip('app', 'addr add 10.244.9.9/32 dev lo');
    await net.ip('node', `route add 10.244.9.9/32 via 10.244.0.2 src ${NODE}`);
    expect(await ask('node', 'http://10.244.9.9:9464')).toBe(`403 ${NODE}`);
  });

  test('another node is seen by its own address', async () => {
    expect(await ask('other', pod)).toBe(`403 ${OTHER}`);
  });

  test('DOCUMENTED: with externalTrafficPolicy Local the client is seen, with Cluster a node or the bridge', async () => {
    const to = 'dnat to 10.244.0.2:9464';
    await net.nat('node', 'prerouting', `tcp dport 30001 ${to}`);
    expect(await ask('client', `http://${NODE}:30001`)).toBe(`403 ${CLIENT}`);

    await net.nat('other', 'prerouting', `tcp dport 30002 ${to}`);
    await net.nat('other', 'postrouting', 'ip daddr 10.244.0.2 masquerade');
    expect(await ask('client', `http://${OTHER}:30002`)).toBe(`403 ${OTHER}`);

    await net.nat('node', 'prerouting', `tcp dport 30003 ${to}`);
    await net.nat('node', 'postrouting', 'oifname br0 ip daddr 10.244.0.2 masquerade');
    expect(await ask('client', `http://${NODE}:30003`)).toBe(`200 ${bridge}`);
  });

  test('behind a sidecar everybody is loopback, or what it binds to', async () => {
    await net.node('app', relay(15_001, '127.0.0.1'));
    await net.node('app', relay(15_006, '127.0.0.1', '127.0.0.6'));
    for (const from of ['scraper', 'other'] as const) {
      expect(await ask(from, 'http://10.244.0.2:15001')).toBe('403 127.0.0.1');
      expect(await ask(from, 'http://10.244.0.2:15006')).toBe('403 127.0.0.6');
    }
  });
});
