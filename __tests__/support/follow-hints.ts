import express from 'express';
import { metricsRouter } from '../../lib/index.ts';
import { addressOf, follow, hintOf, type ProxyConfig, type Situation } from './hint-follower.ts';
import { type Listener, type RequestParts, requestText, send } from './raw-http.ts';
import { listen, watchWarnings } from './serve.ts';

/** Starts a proxy in front of its upstream. */
export type StartProxy = (proxy: ProxyConfig, upstream: Listener) => Promise<Listener>;

export interface FollowedHints {
  /** The hints that were followed, in their order. */
  readonly hints: string[];
  /** The situation after the last hint. */
  readonly situation: Situation;
  /** Ways in which strangers got in, in the last situation. */
  readonly open: string[];
}

const STRANGER = '127.0.0.99';

/**
 * Sends the scraper's request, and follows the hint in the warning until the request is let in. Fails if a hint has no
 * effect, or if following it lets in a stranger who was refused before.
 */
export async function followHints(
  start: Situation,
  startProxy: StartProxy,
  onUnixSocket?: () => string,
): Promise<FollowedHints> {
  const hints: string[] = [];
  let before: string[] | undefined;
  for (let situation = start; ; ) {
    const { status, warnings, open } = await sendAll(situation, startProxy, onUnixSocket);
    expect({ hints, opened: open.filter((way) => before?.includes(way) === false) }).toEqual({ hints, opened: [] });
    if (status === 200 && warnings.length === 0) return { hints, situation, open };
    before = open;
    expect({ hints, status, warnings: warnings.length }).toEqual({ hints, status, warnings: 1 });
    const hint = hintOf(warnings[0] as string);
    if (hints.includes(hint)) throw new Error(`the hints repeat: ${[...hints, hint].join('\n')}`);
    hints.push(hint);
    situation = follow(hint, situation);
  }
}

/** Sends the scraper's request once, and then the strangers' requests in every way. */
async function sendAll(situation: Situation, startProxy: StartProxy, onUnixSocket?: () => string) {
  const { options, proxies, scraper, isDirect, isUnixSocket } = situation;
  const emitWarning = watchWarnings();
  const app = express().use(metricsRouter({ source: { collect: () => [] }, ...options }));
  const service = await listen(app, isUnixSocket ? { path: onUnixSocket!() } : undefined);
  const entrances: Listener[] = [service];
  for (const proxy of proxies.toReversed()) entrances.unshift(await startProxy(proxy, entrances[0] as Listener));

  emitWarning.mockClear();
  const { from, ...parts } = scraper;
  const entrance = (isDirect ? service : entrances[0]) as Listener;
  const { status } = await send(
    entrance,
    requestText(withConnection(parts)),
    isUnixSocket && entrance === service ? {} : { from },
  );
  const warnings = emitWarning.mock.calls.map(([message]) => message as string);

  const ways = entrances.flatMap((through, place) =>
    // File permissions keep strangers from a unix socket.
    typeof through.address() === 'string'
      ? []
      : requestsOfStrangers(situation).map(async ({ what, ...request }) => {
          const response = await send(through, requestText(withConnection(request)), { from: STRANGER });
          return response.status === 200 ? [`${what}, through ${entrances.length - 1 - place} proxies`] : [];
        }),
  );
  return { status, warnings, open: (await Promise.all(ways)).flat() };
}

const withConnection = (parts: RequestParts): RequestParts => ({
  ...parts,
  headers: [...(parts.headers ?? []), 'Connection: close'],
});

/** Returns requests with which a stranger may try to look trusted. */
function requestsOfStrangers({ scraper, proxies }: Situation): (RequestParts & { what: string })[] {
  const claimed = [scraper.from, '127.0.0.1', ...proxies.map(addressOf)];
  return [
    { what: 'plainly' },
    { what: 'over HTTP/1.0', version: '1.0' },
    { what: 'with Via', headers: ['Via: 1.1 proxy'] },
    { what: `as ${scraper.from} in Forwarded`, headers: [`Forwarded: for=${scraper.from}`] },
    ...claimed.map((address) => ({
      what: `as ${address} in X-Forwarded-For`,
      headers: [`X-Forwarded-For: ${address}`],
    })),
  ];
}
