import { join } from 'node:path';
import { temporaryFolder } from '../support.ts';
import { type Configuration, configurations } from './configurations.ts';
import { startProxy } from './proxy.ts';
import { FRIEND, STRANGER, serveRouters } from './service.ts';

// What proxies listen on and connect to, other than 127.0.0.1.

const UNEXPECTED = '403 unexpected-forwarding-header';

const writing = configurations.filter(({ writes }) => !writes.startsWith('nothing'));
const silent = configurations.filter(({ writes }) => writes.startsWith('nothing'));

const forwardedHeader = ({ writes }: Configuration) => (writes === 'Forwarded' ? 'forwarded' : 'x-forwarded-for');

describe.each(writing)('$proxy ($how), IPv6', (configuration) => {
  test('a client of ::1 counts as that, and gets in where it is trusted', async () => {
    const options = { trustedProxies: ['127.0.0.1'], forwardedHeader: forwardedHeader(configuration) } as const;
    const service = await serveRouters({
      trusting: { ...options, trustedHosts: ['::1'] },
      distrusting: { ...options, trustedHosts: [FRIEND, '::2'] },
    });
    const proxy = await startProxy(configuration, { ...service, host: '::1' });
    expect(await service.ask(proxy, 'trusting')).toMatchObject({ answer: '200' });
    expect(await service.ask(proxy, 'distrusting')).toMatchObject({ answer: '403 not-trusted' });
  });

  test('a proxy that comes from ::1 is known by that address alone', async () => {
    const options = { trustedHosts: [FRIEND], forwardedHeader: forwardedHeader(configuration) } as const;
    const service = await serveRouters(
      { listed: { ...options, trustedProxies: ['::1'] }, unlisted: { ...options, trustedProxies: ['127.0.0.1'] } },
      { host: '::1', port: 0 },
    );
    const proxy = await startProxy(configuration, service);
    expect(await service.ask(proxy, 'listed', { from: FRIEND })).toMatchObject({ answer: '200' });
    expect(await service.ask(proxy, 'listed', { from: STRANGER })).toMatchObject({ answer: '403 not-trusted' });
    expect(await service.ask(proxy, 'unlisted', { from: FRIEND })).toMatchObject({ answer: UNEXPECTED });
  });
});

describe('a unix socket between the proxy and the service', () => {
  async function serveOnSocket(configuration: Configuration) {
    const trustedHosts = ['127.0.0.1', '::1', FRIEND];
    const service = await serveRouters(
      {
        'by default': { trustedHosts },
        'with allowUnixSocket': { trustedHosts, allowUnixSocket: true },
        'with allowUnixSocket and a list': {
          trustedHosts,
          allowUnixSocket: true,
          trustedProxies: ['127.0.0.1'],
          forwardedHeader: forwardedHeader(configuration),
        },
      },
      { path: join(temporaryFolder(), 'app.sock') },
    );
    const proxy = await startProxy(configuration, service);
    return (router: string, from: string) => service.ask(proxy, router, { from });
  }

  test.each(writing)('$proxy ($how): nobody gets in', async (configuration) => {
    const ask = await serveOnSocket(configuration);
    for (const from of [FRIEND, STRANGER]) {
      expect(await ask('by default', from)).toMatchObject({ answer: '403 address-unparseable' });
      expect(await ask('with allowUnixSocket', from)).toMatchObject({ answer: UNEXPECTED });
      expect(await ask('with allowUnixSocket and a list', from)).toMatchObject({ answer: UNEXPECTED });
    }
  });

  test.each(silent)(
    '$proxy ($how): nobody gets in; DOCUMENTED: with allowUnixSocket everybody does who comes over HTTP/1.1',
    async (configuration) => {
      const ask = await serveOnSocket(configuration);
      const opened = configuration.writes.endsWith('1.0') ? '505 http-version' : '200';
      for (const from of [FRIEND, STRANGER]) {
        expect(await ask('by default', from)).toMatchObject({ answer: '403 address-unparseable' });
        expect(await ask('with allowUnixSocket', from)).toMatchObject({ answer: opened });
      }
    },
  );
});

describe('a proxy and a scraper on one host', () => {
  test.each(writing)('$proxy ($how): listed, it locks out the scraper that has its address', async (configuration) => {
    const trustedHosts = ['127.0.0.1', FRIEND];
    const service = await serveRouters({
      metrics: { trustedHosts, trustedProxies: ['127.0.0.1'], forwardedHeader: forwardedHeader(configuration) },
    });
    const proxy = await startProxy(configuration, service);
    expect(await service.ask(service, 'metrics')).toMatchObject({ answer: '403 forwarding-header-missing' });
    expect(await service.ask(service, 'metrics', { from: FRIEND })).toMatchObject({ answer: '200' });
    expect(await service.ask(proxy, 'metrics', { from: FRIEND })).toMatchObject({ answer: '200' });
  });

  test.each([
    {
      proxy: 'nginx',
      rules: `
        proxy_bind 127.0.0.2;
        proxy_http_version 1.1;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_pass http://UPSTREAM;`,
    },
    {
      proxy: 'haproxy',
      rules: `
        http-request set-header X-Forwarded-For %[src]
        server app UPSTREAM source 127.0.0.2`,
    },
  ] as const)('$proxy: with another loopback address it does not', async (rules) => {
    const service = await serveRouters({ metrics: { trustedProxies: ['127.0.0.2'] } });
    const proxy = await startProxy(rules, service);
    expect(await service.ask(service, 'metrics')).toMatchObject({ answer: '200' });
    expect(await service.ask(proxy, 'metrics')).toMatchObject({ answer: '200' });
    expect(await service.ask(proxy, 'metrics', { from: STRANGER })).toMatchObject({ answer: '403 not-trusted' });
  });
});
