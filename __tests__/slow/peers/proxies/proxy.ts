import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, launch, type Program, type Running, temporaryFolder } from '../support.ts';
import type { Namespace } from './network.ts';

/** A reverse proxy, and what its configuration says. */
export interface Rules {
  readonly proxy: 'nginx' | 'haproxy' | 'caddy';
  /**
   * Of the location (nginx), the section (HAProxy) or the site (Caddy). `UPSTREAM` is where it forwards to, `CLIENTS` the networks of
   * everybody who may talk to it.
   */
  readonly rules: string;
  /** Put behind the address that it listens on. */
  readonly listen?: string;
  /** For nginx in `http`, for HAProxy in front of the section, for Caddy among the global options. */
  readonly global?: string;
}

export interface Place {
  /** `host:port`, or the path of a unix socket. */
  readonly upstream: string;
  /** Where it listens. */
  readonly host?: string;
  /** Where it runs. */
  readonly namespace?: Namespace;
  /** What stands for `CLIENTS` in its rules. */
  readonly clients?: string;
}

export interface ReverseProxy {
  readonly origin: string;
  /** As a server of Node says it. */
  address(): AddressInfo;
  /** Ends it before the test file does. */
  stop(): Promise<void>;
}

const commandLines = {
  nginx: (file: string, folder: string) => ['-e', 'stderr', '-p', folder, '-c', file],
  haproxy: (file: string) => ['-db', '-f', file],
  caddy: (file: string) => ['run', '--adapter', 'caddyfile', '--config', file],
};

/** Starts a proxy on a free port, and waits until it listens. It ends with the test file. */
export async function startProxy(
  rules: Rules,
  { upstream, host = '127.0.0.1', namespace, clients = '127.0.0.0/8 ::1/128' }: Place,
): Promise<ReverseProxy> {
  const folder = temporaryFolder();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const file = join(folder, 'config');
    writeFileSync(file, `${configuration(rules, `${inUrl(host)}:${port}`, upstream, clients)}\n`);
    const [program, args] = inNamespace(namespace?.name, rules.proxy, commandLines[rules.proxy](file, folder));
    // Caddy keeps state of its own.
    const running = await launch(program, args, { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder });
    if (await listens(running, () => (namespace?.canConnect ?? canConnect)(host, port))) {
      const address = { address: host, port, family: '' };
      return { origin: `http://${inUrl(host)}:${port}`, address: () => address, stop: running.stop };
    }
    // Somebody else may have been faster to take the port.
    if (attempt === 3 || !/in use/i.test(running.log())) throw new Error(`${rules.proxy} ended:\n${running.log()}`);
  }
}

function inNamespace(name: string | undefined, program: Program, args: string[]): [Program, string[]] {
  return name === undefined ? [program, args] : ['ip', ['netns', 'exec', name, program, ...args]];
}

const wrappers = {
  nginx: (address: string, rules: string, listen: string, global: string) => `
    daemon off;
    user root;
    pid pid;
    events { worker_connections 64; }
    http {
      access_log off;
      proxy_temp_path proxy;
      client_body_temp_path body;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      ${global}
      server {
        listen ${address} ${listen};
        location / {
          ${rules}
        }
      }
    }`,
  haproxy: (address: string, rules: string, listen: string, global: string) =>
    `
    global
      noreuseport
    defaults
      mode http
      timeout connect 5s
      timeout client 30s
      timeout server 30s
    ${global}
    listen metrics
      bind ${address} ${listen}
      ${rules}
    `,
  caddy: (address: string, rules: string, _listen: string, global: string) => `
    {
      admin off
      auto_https off
      ${global}
    }
    http://:${address.replace(/.*:/, '')} {
      bind ${address.replace(/:\d+$/, '').replace(/[[\]]/g, '')}
      ${rules}
    }`,
};

const upstreams = {
  nginx: (upstream: string) => (isPath(upstream) ? `unix:${upstream}` : upstream),
  haproxy: (upstream: string) => (isPath(upstream) ? `unix@${upstream}` : upstream),
  caddy: (upstream: string) => (isPath(upstream) ? `unix/${upstream}` : upstream),
};

/** The whole configuration: what the proxies need besides, and the rules. */
function configuration(
  { proxy, rules, listen = '', global = '' }: Rules,
  address: string,
  upstream: string,
  clients: string,
): string {
  const written = rules.replaceAll('UPSTREAM', upstreams[proxy](upstream)).replaceAll('CLIENTS', clients);
  return wrappers[proxy](address, written, listen, global);
}

const isPath = (upstream: string) => upstream.startsWith('/');

/** An IPv6 address in brackets. */
export const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);

// Only for a proxy that does not start at all: nothing waits for it to pass.
const PATIENCE_MS = 20_000;

/** Waits until it listens, or has ended. */
async function listens(running: Running, canConnect: () => Promise<boolean>): Promise<boolean> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!running.hasEnded()) {
    if (await canConnect()) return true;
    if (performance.now() > giveUpAt) throw new Error(`nobody can connect to it:\n${running.log()}`);
    await sleep(20);
  }
  return false;
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
