import { BlockList } from 'node:net';
import proxyAddr from 'proxy-addr';
import { parsePeer } from '../dist/esm/access/address.js';
import { createCidrSet } from '../dist/esm/access/cidr-set.js';
import { atLeast, atMost, median } from './figures.js';

/** Decisions per second of CPU time, from the peer's text on, with nothing remembered of an address. */
export async function* addresses() {
  const list100k = networks(100_000);
  const before = memory();
  const start = cpuMs();
  const set = createCidrSet(list100k, { option: 'trustedHosts' });
  const ms = cpuMs() - start;
  yield atMost('building a set of 100k networks', ms, undefined, ' ms');
  const kept = memory() - before;
  yield atMost('memory of a set of 100k networks', kept / 2 ** 20, 4, ' MiB');
  set.has(parsePeer('127.0.0.1'));

  const one = ours(networks(1));
  const many = ours(networks(100_000));
  const rates = { one: [], many: [] };
  for (let round = 0; round < 7; round++) {
    rates.one.push(rate(one, 200_000));
    rates.many.push(rate(many, 200_000));
  }
  yield atLeast('decisions at 100k networks', median(rates.many) / 1e6, 0.5, 'M/s');
  yield atMost(
    'a decision at 100k networks against one at 1',
    median(rates.one.map((one, i) => one / rates.many[i])),
    3,
    '×',
  );

  const trusts = proxyAddr.compile(networks(100_000));
  yield atLeast(
    'decisions at 100k networks against proxy-addr',
    median(rates.many) / rate((address) => trusts(address, 0), 20),
    undefined,
  );
  const list = new BlockList();
  for (const network of networks(10_000)) {
    const [address, prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  const inList = rate((address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4'), 1000);
  yield atLeast('decisions at 100k networks against net.BlockList at 10k', median(rates.many) / inList, undefined);
}

function ours(list) {
  const set = createCidrSet(list, { option: 'trustedHosts' });
  return (text) => {
    const address = parsePeer(text);
    return address !== undefined && set.has(address);
  };
}

/** Half IPv4 of /24 and half IPv6 of /48, none next to another. */
function networks(count) {
  return Array.from({ length: count }, (_, i) => {
    const n = i * 2;
    return i % 2 === 0
      ? `${1 + ((n >> 16) % 200)}.${(n >> 8) & 255}.${n & 255}.0/24`
      : `2001:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::/48`;
  });
}

function rate(decide, count) {
  const texts = Array.from({ length: count }, (_, i) =>
    i % 4 === 3
      ? `2001:0:${((i * 7919) & 0xffff).toString(16)}::${i.toString(16)}`
      : `${1 + (i % 200)}.${(i * 7) & 255}.${(i * 31) & 255}.${i & 255}`,
  );
  let trusted = 0;
  const start = cpuMs();
  for (const text of texts) if (decide(text)) trusted++;
  const seconds = (cpuMs() - start) / 1000;
  if (trusted > count) throw new Error('counted wrongly');
  return count / seconds;
}

/** What the process has used so far: the machine may do other work. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function memory() {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
