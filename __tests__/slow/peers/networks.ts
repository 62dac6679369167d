import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterwards, launch, type Program, type Running, run } from './support.ts';

/** Network namespaces of the test's own, wired as a container runtime wires them: a node with a bridge, two containers, and what is around. */
export interface Network {
  /** Runs a script of Node in one of them, until the test file is done, and waits until it says `listening`. */
  node(place: Place, script: string, env?: NodeJS.ProcessEnv): Promise<Running>;
  /** Puts a rule of nftables in front of the NAT of a node, in `prerouting`, `output` or `postrouting`. */
  nat(place: Place, chain: 'prerouting' | 'output' | 'postrouting', rule: string): Promise<void>;
  ip(place: Place, command: string): Promise<void>;
  /** Asks by curl, and gives the status. */
  status(from: Place, url: string): Promise<string>;
}

const PLACES = ['node', 'app', 'scraper', 'other', 'client'] as const;
export type Place = (typeof PLACES)[number];

/** Of the node and another one, and of a client that reaches the node through the other. */
export const NODE = '192.0.2.10';
export const OTHER = '192.0.2.99';
export const CLIENT = '203.0.113.9';

const LOADER = join(__dirname, '../../support/ts-loader.mjs');

let count = 0;

const NAT = `table ip test {
  chain prerouting { type nat hook prerouting priority -100; }
  chain output { type nat hook output priority -100; }
  chain postrouting { type nat hook postrouting priority 100; }
}`;

/** `bridge`, `app` and `scraper` are addresses of one /24. */
export async function network(addresses: { bridge: string; app: string; scraper: string }): Promise<Network> {
  const prefix = `emj${process.pid}-${++count}`;
  const nameOf = (place: Place) => `${prefix}-${place}`;

  async function must(program: Program, args: string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await run(program, args, input);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
  const ip = async (place: Place, command: string) => {
    await must('ip', ['-n', nameOf(place), ...command.split(' ')]);
  };
  const inside = (place: Place, program: string, ...args: string[]) => [
    'netns',
    'exec',
    nameOf(place),
    program,
    ...args,
  ];

  /** A cable between two places, with an address at each end; the node's end may be on its bridge. */
  async function cable([from, fromAddress]: readonly [Place, string], [to, toAddress]: readonly [Place, string]) {
    await must('ip', [
      'link',
      'add',
      to,
      'netns',
      nameOf(from),
      'type',
      'veth',
      'peer',
      'name',
      from,
      'netns',
      nameOf(to),
    ]);
    await ip(from, fromAddress === 'bridge' ? `link set ${to} master br0` : `addr add ${fromAddress}/24 dev ${to}`);
    await ip(to, `addr add ${toAddress}/24 dev ${from}`);
    await ip(from, `link set ${to} up`);
    await ip(to, `link set ${from} up`);
  }

  for (const place of PLACES) {
    await must('ip', ['netns', 'add', nameOf(place)]);
    afterwards(() => must('ip', ['netns', 'del', nameOf(place)]));
    await ip(place, 'link set lo up');
  }
  for (const place of ['node', 'other'] as const) {
    await must('ip', inside(place, 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.route_localnet=1'));
    await must('ip', inside(place, 'nft', '-f', '-'), NAT);
  }
  await ip('node', 'link add br0 type bridge');
  await ip('node', `addr add ${addresses.bridge}/24 dev br0`);
  await ip('node', 'link set br0 up');
  for (const place of ['app', 'scraper'] as const) {
    await cable(['node', 'bridge'], [place, addresses[place]]);
    await ip(place, `route add default via ${addresses.bridge}`);
  }
  await cable(['node', NODE], ['other', OTHER]);
  await cable(['other', '203.0.113.1'], ['client', CLIENT]);
  await ip('node', `route add 203.0.113.0/24 via ${OTHER}`);
  await ip('other', `route add ${addresses.app}/32 via ${NODE}`);
  await ip('client', 'route add default via 203.0.113.1');

  return {
    ip,
    async nat(place, chain, rule) {
      await must('ip', inside(place, 'nft', 'add', 'rule', 'ip', 'test', chain, ...rule.split(' ')));
    },
    async node(place, script, env = {}) {
      const args = ['--import', LOADER, '--input-type=module', '--eval', `${script}\nconsole.log('listening');`];
      const running = await launch('ip', inside(place, process.execPath, ...args), {
        ...env,
        NODE_DEBUG: 'express-metrics-json',
      });
      for (let tries = 0; tries < 1200 && !running.log().includes('listening') && !running.hasEnded(); tries++)
        await sleep(50);
      if (running.hasEnded()) throw new Error(running.log());
      return running;
    },
    async status(from, url) {
      const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '5', url];
      return (await run('ip', inside(from, 'curl', ...args))).stdout;
    },
  };
}

/** A proxy of TCP, such as Docker's userland proxy or a mesh's sidecar. */
export const relay = (port: number, to: string, from?: string) => `
  import { connect, createServer } from 'node:net';
  const upstream = ${JSON.stringify({ host: to, port: 9464, ...(from !== undefined && { localAddress: from }) })};
  createServer((client) => {
    const server = connect(upstream);
    client.on('error', () => server.destroy()).pipe(server.on('error', () => client.destroy())).pipe(client);
  }).listen(${port});`;
