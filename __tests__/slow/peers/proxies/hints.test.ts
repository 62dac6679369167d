import { followHints, type StartProxy } from '../../../support/follow-hints.ts';
import type { ProxyConfig } from '../../../support/hint-follower.ts';
import {
  behindOne,
  behindTwo,
  CHAINED_HAPROXY,
  CHAINED_NGINX,
  HAPROXY,
  isUnrecognisable,
  NGINX,
  type Start,
} from '../../../support/hint-situations.ts';
import { closeServers } from '../../../support/serve.ts';
import { type ReverseProxy, type Rules, startProxy } from './proxy.ts';

// As __tests__/router/hints.test.ts, with the programs that read these directives: what the hints quote is what they take.

const running: ReverseProxy[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.stop()));
  await closeServers();
  jest.restoreAllMocks();
});

const start: StartProxy = async (config, upstream) => {
  const address = upstream.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  const proxy = await startProxy(rulesOf(config), { upstream: `${address.address}:${address.port}` });
  running.push(proxy);
  return proxy;
};

function rulesOf({ program, directives }: ProxyConfig): Rules {
  if (program === 'nginx') {
    return {
      proxy: 'nginx',
      rules: [...directives, 'proxy_pass http://UPSTREAM'].map((line) => `${line};`).join('\n'),
    };
  }
  const source = directives.filter((line) => line.startsWith('source '));
  const others = directives.filter((line) => !line.startsWith('source '));
  return { proxy: 'haproxy', rules: [...others, ['server app UPSTREAM', ...source].join(' ')].join('\n') };
}

// Each start of a program takes its time: of the chains, those of which nothing is listed need the most hints.
const isUnlisted = ({ options }: Start) => options.trustedProxies?.length === 0;

const situations = [
  ...behindOne({ program: 'nginx', ways: NGINX }),
  ...behindOne({ program: 'haproxy', ways: HAPROXY }),
  ...behindTwo(CHAINED_NGINX, CHAINED_HAPROXY).filter(isUnlisted),
  ...behindTwo(CHAINED_HAPROXY, CHAINED_NGINX).filter(isUnlisted),
];

test.each(situations.filter((situation) => !isUnrecognisable(situation)))(
  '$what: the scraper gets in within $steps, and no stranger does',
  async ({ steps, what: _, ...situation }: Start) => {
    const { hints, open } = await followHints(situation, start);
    expect({ hints, isShort: hints.length <= steps, open }).toEqual({ hints, isShort: true, open: [] });
    expect(hints.length).toBeGreaterThan(0);
  },
);
