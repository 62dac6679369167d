import type { IncomingMessage, Server } from 'node:http';
import { formatAddress, parseAddress, parsePeer } from '../../lib/access/address.ts';
import { createCidrSet } from '../../lib/access/cidr-set.ts';
import { clientAddress } from '../../lib/access/client-address.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../support/express-versions.ts';
import { send } from '../support/raw-http.ts';
import { closeServers, listen, watchWarnings } from '../support/serve.ts';
import vectors from '../vectors/access-vectors.json' with { type: 'json' };

// Results of other systems and the RFCs for the same input. If this policy is stricter, the case has a note.

interface AddressCase {
  id: string;
  ctx: string;
  input?: string;
  input_js?: null | { t: string; v?: number };
  canonical: string | null;
}

describe('addresses', () => {
  test.each(vectors.addresses as AddressCase[])(
    '$id: $ctx $input is $canonical',
    ({ ctx, input, input_js, canonical }) => {
      const value = input ?? (input_js === null ? undefined : (input_js?.v ?? {}));
      const address = ctx === 'header' ? parseAddress(value as string) : parsePeer(value);
      expect(address === undefined ? null : formatAddress(address)).toBe(canonical);
    },
  );
});

interface ConfigCase {
  id: string;
  input: string;
  network?: string;
  error?: boolean;
}

describe('entries of a list', () => {
  const networksOf = (entry: string) => createCidrSet([entry], { option: 'trustedHosts' });

  test.each(vectors.cidr_config.filter((entry: ConfigCase) => entry.error))('$id: $input is refused', ({ input }) => {
    expect(() => networksOf(input)).toThrow(TypeError);
    expect(() => networksOf(input)).toThrow(`, got ${JSON.stringify(input)}; write `);
  });

  test.each(vectors.cidr_config.filter((entry: ConfigCase) => !entry.error) as Required<ConfigCase>[])(
    '$id: $input is $network',
    ({ input, network }) => {
      const { first, last } = edges(network);
      const set = networksOf(input);
      expect(set.covers({ first: words(first), last: words(last) })).toBe(true);
      for (const outside of [step(first, -1n), step(last, 1n)]) expect(set.has(words(outside))).toBe(false);
    },
  );
});

describe('matches', () => {
  test.each(vectors.cidr_match)('$id: $address, trusted: $trusted', ({ allow, address, trusted }) => {
    const peer = parsePeer(address);
    expect(peer).toBeDefined();
    expect(createCidrSet(allow, { option: 'trustedHosts' }).has(peer as number[])).toBe(trusted);
  });
});

interface ChainCase {
  id: string;
  trustedProxies: string[];
  peer: string | null;
  header?: 'forwarded';
  xff?: string[];
  forwarded?: string[];
  expected: { address?: string; deny?: string };
}

describe('the client address', () => {
  test.each(vectors.effective_address as ChainCase[])(
    '$id: $expected',
    ({ peer, header, xff, forwarded, ...given }) => {
      const fields = [
        ...(xff ?? []).map((value) => ['X-Forwarded-For', value]),
        ...(forwarded ?? []).map((value) => ['Forwarded', value]),
      ];
      const req = { socket: { remoteAddress: peer ?? undefined }, rawHeaders: fields.flat() };
      const { address, refused } = clientAddress(req as unknown as IncomingMessage, {
        trustedProxies: createCidrSet(given.trustedProxies, { option: 'trustedProxies' }),
        forwardedHeader: header ?? 'x-forwarded-for',
        allowUnixSocket: false,
      });
      expect({
        ...(address !== undefined && { address: formatAddress(address) }),
        ...(refused !== undefined && { deny: refused }),
      }).toEqual(given.expected);
    },
  );
});

interface HttpCase {
  id: string;
  name: string;
  client: string;
  raw: string;
  status: number;
  no_body?: boolean;
  allow?: string;
}

describe.each(EXPRESS_VERSIONS)('raw requests, on %s', (name) => {
  const collect = jest.fn(() => []);
  let server: Server;

  beforeAll(async () => {
    watchWarnings();
    const { express, library } = loadExpress(name);
    server = await listen(express().use(library.metricsRouter({ source: { collect } })));
  });
  afterAll(async () => {
    await closeServers();
    jest.restoreAllMocks();
  });

  test.each(vectors.http as HttpCase[])('$id: $name gets $status', async ({ client, raw, status, no_body, allow }) => {
    collect.mockClear();
    const response = await send(server, raw, { from: client });
    expect(response.status).toBe(status);
    expect(collect).toHaveBeenCalledTimes(status === 200 ? 1 : 0);
    if (no_body) expect(response.body).toBe('');
    if (allow !== undefined) expect(response.header('allow')).toBe(allow);
  });
});

/** Returns the first and the last address of a CIDR network, as numbers with their width in bits. */
function edges(network: string) {
  const [base = '', length] = network.split('/');
  const address = parseAddress(base) as readonly number[];
  const bits = 32n * BigInt(address.length);
  const first = address.reduce((sum, word) => (sum << 32n) + BigInt(word), 0n);
  const size = 1n << (bits - BigInt(length as string));
  return { first: { bits, value: first }, last: { bits, value: first + size - 1n } };
}

interface Numeric {
  bits: bigint;
  value: bigint;
}

const step = ({ bits, value }: Numeric, by: bigint): Numeric => ({
  bits,
  value: BigInt.asUintN(Number(bits), value + by),
});

function words({ bits, value }: Numeric): number[] {
  const all: number[] = [];
  for (let shift = bits - 32n; shift >= 0n; shift -= 32n) all.push(Number((value >> shift) & 0xffffffffn));
  return all;
}
