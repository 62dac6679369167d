import { spawn } from 'node:child_process';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { type Address, parseAddress, parsePeer } from '../../../lib/access/address.ts';
import { addressText } from './address-texts.ts';
import { randomFrom, runs, seed } from './random.ts';

const BATCH = 50_000;

/** What Python's `ipaddress` takes a text for: a number after `4:` or `6:`; empty for no address. It reads JSON, a text to a line. */
const ORACLE = `
import ipaddress, json, sys
for line in sys.stdin:
    try:
        address = ipaddress.ip_address(json.loads(line))
        address = getattr(address, 'ipv4_mapped', None) or address
        print(f'{address.version}:{int(address)}')
    except ValueError:
        print()
`;

async function askPython(texts: readonly string[]): Promise<string[]> {
  const python = spawn('python3', ['-c', ORACLE], { stdio: ['pipe', 'pipe', 'inherit'] });
  Readable.from([`${texts.map((text) => JSON.stringify(text)).join('\n')}\n`]).pipe(python.stdin);
  return (await textOf(python.stdout)).split('\n').slice(0, texts.length);
}

function shown(address: Address | undefined): string {
  if (address === undefined) return '';
  return `${address.length === 1 ? 4 : 6}:${address.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n)}`;
}

test(`${runs().toLocaleString('en')} texts (seed ${seed}): read as Python's ipaddress reads them, and none that net.isIP refuses`, async () => {
  const random = randomFrom(seed);
  const tally = { ipv4: 0, ipv6: 0, refused: 0 };
  for (let done = 0; done < runs(); done += BATCH) {
    const texts = Array.from({ length: Math.min(BATCH, runs() - done) }, () => addressText(random));
    const answers = await askPython(texts);
    for (const [i, text] of texts.entries()) {
      const address = shown(parseAddress(text));
      // Python takes zones, which neither a list nor a header may have.
      const expected = text.includes('%') ? '' : answers[i];
      if (address !== expected) throw new Error(`${JSON.stringify(text)} is ${expected}, and was read as ${address}`);
      if (address !== '' && isIP(text) === 0) throw new Error(`${JSON.stringify(text)} is none for net.isIP`);
      tally[address === '' ? 'refused' : address.startsWith('4') ? 'ipv4' : 'ipv6']++;
    }
  }
  console.info(`of ${runs()} texts: ${JSON.stringify(tally)}`);
  // Rubbish alone would show nothing.
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(runs() / 10);
});

test('a peer is read as an address, whatever its zone', () => {
  const random = randomFrom(seed);
  let zoned = 0;
  for (let i = 0; i < runs(); i++) {
    const text = addressText(random);
    const [bare = '', ...zones] = text.split('%');
    const isPeer = isIP(text) !== 0 && (zones.length === 0 || text.includes(':'));
    if (isPeer && zones.length > 0) zoned++;
    const expected = isPeer ? shown(parseAddress(bare)) : '';
    if (shown(parsePeer(text)) !== expected) throw new Error(`the peer ${JSON.stringify(text)} is not ${expected}`);
  }
  expect(zoned).toBeGreaterThan(runs() / 1000);
});
