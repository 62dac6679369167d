import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Program, type Service, startPrometheus, startService, temporaryFolder } from '../support.ts';
import type { Document, Kind } from './documents.ts';

/** What a program needs to expose its metrics: its arguments, by its address and a folder for its files. */
interface Exposing {
  readonly program: Program;
  readonly path?: string;
  args(address: string, folder: string): readonly string[];
}

function written(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Programs of Debian that expose metrics of their own. */
const PROGRAMS: Readonly<Record<string, Exposing>> = {
  'node-exporter': {
    program: 'prometheus-node-exporter',
    args: (address) => [`--web.listen-address=${address}`],
  },
  VictoriaMetrics: {
    program: 'victoria-metrics',
    args: (address, folder) => [
      `-storageDataPath=${folder}`,
      `-httpListenAddr=${address}`,
      '-loggerLevel=WARN',
      '-memory.allowedBytes=64MiB',
    ],
  },
  HAProxy: {
    program: 'haproxy',
    args: (address, folder) => [
      '-f',
      written(
        folder,
        'haproxy.cfg',
        `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend metrics
  bind ${address}
  http-request use-service prometheus-exporter if { path /metrics }
  default_backend none
backend none
  server none 127.0.0.1:9
`,
      ),
    ],
  },
  Caddy: {
    program: 'caddy',
    args: (address, folder) => [
      'run',
      '--adapter',
      'caddyfile',
      '--config',
      written(folder, 'Caddyfile', `{\n  admin off\n  auto_https off\n}\nhttp://${address} {\n  metrics /metrics\n}\n`),
    ],
  },
  collectd: {
    program: 'collectd',
    args: (address, folder) => [
      '-f',
      '-C',
      written(
        folder,
        'collectd.conf',
        `Hostname "here"
BaseDir "${folder}"
PIDFile "${folder}/pid"
TypesDB "/usr/share/collectd/types.db"
Interval 1
LoadPlugin cpu
LoadPlugin load
LoadPlugin memory
LoadPlugin write_prometheus
<Plugin write_prometheus>
  Host "${address.split(':')[0]}"
  Port "${address.split(':')[1]}"
</Plugin>
`,
      ),
    ],
  },
  dnsdist: {
    program: 'dnsdist',
    args: (address, folder) => [
      '--supervised',
      '--disable-syslog',
      '-C',
      written(
        folder,
        'dnsdist.conf',
        `setLocal('127.0.0.1:0')
newServer({address='127.0.0.1:9', healthCheckMode='up'})
webserver('${address}')
setWebserverConfig({password='', apiRequiresAuthentication=false, statsRequireAuthentication=false, acl='127.0.0.0/8'})
`,
      ),
    ],
  },
  // Reading the languages and the top-level domains that it comes with takes a minute of a processor.
  rspamd: {
    program: 'rspamd',
    args: (address, folder) => [
      '--no-fork',
      '--insecure',
      '--config',
      written(
        folder,
        'rspamd.conf',
        `options {
  pidfile = "${folder}/pid";
  filters = [];
  dns { nameserver = ["127.0.0.1:9"]; }
  disable_hyperscan = true;
  url_tld = "${written(folder, 'domains', 'org\n')}";
}
lang_detection { languages = "${folder}"; }
logging { type = "console"; level = "error"; }
worker "controller" { bind_socket = "${address}"; count = 1; secure_ip = "127.0.0.1"; password = "unused"; }
`,
      ),
      `--var=DBDIR=${folder}`,
    ],
  },
  netdata: {
    program: 'netdata',
    path: '/api/v1/allmetrics?format=prometheus&help=yes&types=yes',
    args: (address, folder) => [
      '-D',
      '-c',
      written(
        folder,
        'netdata.conf',
        `[global]
  run as user = root
[directories]
${['config', 'cache', 'lib', 'log'].map((name) => `  ${name} = ${folderIn(folder, name)}`).join('\n')}
[db]
  mode = ram
[web]
  bind to = ${address}
[ml]
  enabled = no
[statsd]
  enabled = no
[plugins]
  enable running new plugins = no
  tc = no
  timex = no
  cgroups = no
`,
      ),
    ],
  },
};

function folderIn(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

async function dump(service: Service, path: string, accept: string): Promise<Document> {
  const document = { contentType: '', body: '' };
  // A program that has just started may close a connection before the document is complete.
  await service.eventually(async () => {
    const response = await fetch(`http://${service.address}${path}`, { headers: { accept } });
    document.contentType = response.headers.get('content-type') ?? '';
    document.body = await response.text();
  });
  return document;
}

/** What a service exposes: its text and, if it has another one, its OpenMetrics. */
async function dumps(name: string, service: Service, path = '/metrics'): Promise<Kind> {
  const text = await dump(service, path, 'text/plain');
  const openMetrics = await dump(service, path, 'application/openmetrics-text; version=1.0.0');
  return {
    name: `a dump of ${name}`,
    documents: openMetrics.contentType === text.contentType ? [text] : [text, openMetrics],
  };
}

export const SERVICES = [...Object.keys(PROGRAMS), 'Prometheus'].map((name) => `a dump of ${name}`);

/** Starts the services, and reads from each what it exposes. */
export function dumpServices(): Promise<Kind[]> {
  return Promise.all([
    ...Object.entries(PROGRAMS).map(async ([name, { program, path = '/metrics', args }]) =>
      dumps(name, await startService(program, path, (address) => args(address, temporaryFolder())), path),
    ),
    startPrometheus(temporaryFolder(), {}).then((service) => dumps('Prometheus', service)),
  ]);
}
