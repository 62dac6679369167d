import type { MetricsRouterOptions } from '../../lib/index.ts';
import { directiveName } from './directives.ts';
import type { RequestParts } from './raw-http.ts';

/** A service and the route of its scraper to it: everything that an operator can change. */
export interface Situation {
  readonly options: Partial<MetricsRouterOptions>;
  /** The proxies in front of the service, in the order in which a request passes them. */
  readonly proxies: readonly ProxyConfig[];
  readonly scraper: Scraper;
  /** Whether the scraper connects to the service directly, although there are proxies. */
  readonly isDirect?: boolean;
  /** Whether the scraper runs on the last proxy's host, and has its address. */
  readonly isBesideProxy?: boolean;
  /** Whether the service listens on a unix socket. */
  readonly isUnixSocket?: boolean;
}

export interface ProxyConfig {
  readonly program: 'nginx' | 'haproxy';
  readonly directives: readonly string[];
}

export interface Scraper extends RequestParts {
  readonly from: string;
}

/** Returns the address from which a proxy connects. */
export const addressOf = ({ directives }: ProxyConfig): string =>
  directives.map((line) => /^(?:proxy_bind|source) (.*)/.exec(line)?.[1]).findLast(Boolean) ?? '127.0.0.1';

/** Returns the hint in a warning. */
export function hintOf(warning: string): string {
  const hint = /^\w+: (?:refused a request from .+?: [a-z-]+|let in a request from .+?)\. (.*) \(once per /s.exec(
    warning,
  );
  if (hint === null) throw new Error(`not a warning about a request: ${warning}`);
  return hint[1] as string;
}

const ADDRESS = /\d+(\.\d+){3}|[\da-f]*:[\da-f:]+/;

/**
 * Follows a hint literally, sentence by sentence, if the condition of the sentence holds. Throws for an unknown
 * condition, and if the hint has no effect.
 */
export function follow(hint: string, situation: Situation): Situation {
  let current = situation;
  for (const sentence of hint.split(/(?<=[.)]) (?=[A-Z])/)) {
    const [, condition, consequence] = /^If (.+?), ((?!or ).*)$/s.exec(sentence) ?? [];
    if (condition === undefined || consequence === undefined) current = act(sentence, undefined, current);
    else if (holds(condition, situation)) current = act(consequence, ADDRESS.exec(condition)?.[0], current);
  }
  if (current === situation) throw new Error(`the hint has no effect: ${hint}`);
  return current;
}

type Condition = [form: RegExp, holds: (situation: Situation, subject: string) => boolean];

/** Returns the proxies on the scraper's route. */
const route = ({ proxies, isDirect }: Situation) => (isDirect ? [] : proxies);
const isProxy = (situation: Situation, address: string) =>
  route(situation).some((proxy) => addressOf(proxy) === address);
const writes = (header: string) => (proxy: ProxyConfig) =>
  proxy.directives.some((line) => directiveName(line) === header.toLowerCase());
const last = (situation: Situation) => route(situation).at(-1);

const CONDITIONS: readonly Condition[] = [
  [/^(\S+) is your scraper$/, (it, address) => it.scraper.from === address && !isProxy(it, address)],
  [/^(it) is your scraper$/, (it) => route(it).length === 0],
  [/^(\S+) is a proxy$/, isProxy],
  [
    /^(\S+) is a proxy, or one of trustedProxies only passes on what clients send$/,
    (it, address) => isProxy(it, address) || !route(it).every(writes('X-Forwarded-For')),
  ],
  [/^(\S+) is the only proxy$/, (it, address) => route(it).length === 1 && isProxy(it, address)],
  [/^no proxy is at (\S+)$/, (it, address) => !it.proxies.some((proxy) => addressOf(proxy) === address)],
  [/^another proxy is in front of (\S+)$/, (it) => route(it).length > 1],
  [/^(a proxy) connects to the unix socket$/, (it) => it.isUnixSocket === true && route(it).length > 0],
  [/^only (your scraper) can open the unix socket$/, (it) => it.isUnixSocket === true && it.proxies.length === 0],
  [/^it came through a proxy that writes (\S+) itself$/, (it, header) => [last(it) ?? []].flat().some(writes(header))],
  [
    /^it came through (another proxy)$/,
    (it) => [last(it) ?? []].flat().some((proxy) => !writes('Forwarded')(proxy) && !writes('X-Forwarded-For')(proxy)),
  ],
  [/^(your scraper) runs on the proxy's host$/, (it) => it.isBesideProxy === true],
  [
    /^(a network) there holds your scraper$/,
    ({ options }) => options.trustedProxies?.some((entry) => entry.includes('/')) === true,
  ],
  [
    /^(your scraper) itself speaks HTTP\/1\.0 and comes through no proxy$/,
    (it) => it.scraper.version === '1.0' && route(it).length === 0,
  ],
  [/^(your scraper) itself speaks HTTP\/1\.0$/, (it) => it.scraper.version === '1.0'],
  [/^(that name) is yours$/, () => true],
];

function holds(condition: string, situation: Situation): boolean {
  for (const [form, isTrue] of CONDITIONS) {
    const [, subject] = form.exec(condition) ?? [];
    if (subject !== undefined) return isTrue(situation, subject);
  }
  throw new Error(`unknown condition: ${condition}`);
}

/** Follows a sentence. `it` is the address that its condition names. */
function act(sentence: string, it: string | undefined, situation: Situation): Situation {
  let current = configure(sentence, it, situation);
  for (const [, value, option, whole] of sentence.matchAll(ADDED)) {
    current = withList(current, option as ListOption, (list) => hostsIn(whole) ?? [...list, value as string]);
  }
  for (const [, address, whole] of sentence.matchAll(MOVED)) {
    current = withList(current, 'trustedProxies', (list) => list.filter((entry) => entry !== address));
    current = withList(current, 'trustedHosts', (list) => hostsIn(whole) ?? [...list, address as string]);
  }
  for (const [, address, old] of sentence.matchAll(/write "([^"]+)"[^"]* in place of (?:"([^"]+)"|the network)/g)) {
    const isOld = (entry: string) => (old === undefined ? entry.includes('/') : entry === old);
    current = withList(current, 'trustedProxies', (list) => list.map((entry) => (isOld(entry) ? address! : entry)));
  }
  for (const [, option, value] of sentence.matchAll(/set (\w+): (true|'[^']+')/g)) {
    const parsed = value === 'true' ? true : value!.slice(1, -1);
    current = { ...current, options: { ...current.options, [option!]: parsed } };
  }
  if (/have it send no /.test(sentence)) current = { ...current, scraper: { ...current.scraper, headers: [] } };
  if (/have it connect over TCP/.test(sentence)) current = { ...current, isUnixSocket: false };
  return current;
}

type ListOption = 'trustedHosts' | 'trustedProxies' | 'allowedHosts';

const WHOLE = String.raw`(?: \(trustedHosts: \[(.*?)\]\))?`;
const ADDED = new RegExp(`add "([^"]+)" to (trustedHosts|trustedProxies|allowedHosts)${WHOLE}`, 'g');
const MOVED = new RegExp(`move "([^"]+)" from trustedProxies to trustedHosts${WHOLE}`, 'g');

/** Returns the hosts of a list that a hint shows as a whole. */
const hostsIn = (list: string | undefined) => list?.split(', ').map((host) => host.slice(1, -1));

/** Changes a list literally: what is written for an option that was not set replaces its default. */
function withList(situation: Situation, option: ListOption, change: (list: readonly string[]) => string[]): Situation {
  const list = situation.options[option] ?? [];
  return { ...situation, options: { ...situation.options, [option]: change(list) } };
}

const TARGET =
  /[Hh]ave (the proxies in trustedProxies|the proxies on the way|the proxy that is member \d+|the proxy|that one|it|[\da-f.:]*[\da-f])/;
const COPIED = /\((?:for IPv4 in )?nginx: ([^)]*)\)/;

/** Copies the directives in parentheses into the proxies that the sentence names before them. */
function configure(sentence: string, it: string | undefined, situation: Situation): Situation {
  let current = situation;
  let named = '';
  let end = 0;
  for (const match of sentence.matchAll(new RegExp(`${TARGET.source}|${COPIED.source}`, 'g'))) {
    const [, target, copied] = match;
    if (target !== undefined) named = target;
    else if (copied !== undefined) {
      const unlessItDoes = sentence.slice(end, match.index).endsWith('unless it does ');
      current = copy(copied, proxiesNamed(named, it, current), unlessItDoes, current);
    }
    end = match.index + match[0].length;
  }
  return current;
}

function copy(copied: string, targets: readonly ProxyConfig[], unlessItDoes: boolean, situation: Situation): Situation {
  const [nginx = '', haproxy] = copied.split('; HAProxy: ');
  const proxies = situation.proxies.map((proxy) => {
    const line = proxy.program === 'nginx' ? nginx.replace(/;$/, '') : haproxy;
    if (!targets.includes(proxy) || line === undefined || line.startsWith('proxy_pass ')) return proxy;
    const same = proxy.directives.filter((own) => directiveName(own) === directiveName(line));
    if (same.includes(line) || (unlessItDoes && same.length > 0)) return proxy;
    return { ...proxy, directives: [...proxy.directives.filter((own) => !same.includes(own)), line] };
  });
  return proxies.every((proxy, i) => proxy === situation.proxies[i]) ? situation : { ...situation, proxies };
}

/** Resolves a name. `it` is the proxy that the condition names or else the one that connects to the service. */
function proxiesNamed(name: string, it: string | undefined, { proxies, options }: Situation): ProxyConfig[] {
  const at = (address: string) => proxies.filter((proxy) => addressOf(proxy) === address);
  const [, member] = /^the proxy that is member (\d+)$/.exec(name) ?? [];
  // A member of the header is the address that the next proxy saw.
  if (member !== undefined) return proxies.slice(Number(member) - 2, Number(member) - 1);
  if (name === 'the proxies in trustedProxies') {
    return proxies.filter((proxy) => options.trustedProxies?.includes(addressOf(proxy)));
  }
  if (name === 'the proxies on the way') return [...proxies];
  if (name === 'that one') return proxies.slice(0, -1);
  if (name === 'the proxy' || (name === 'it' && it === undefined)) return proxies.slice(-1);
  return at(name === 'it' ? (it as string) : name);
}
