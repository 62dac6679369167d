import { once } from 'node:events';
import { connect } from 'node:net';
import { activeTimeouts } from '../../support/active-timeouts.ts';
import { serve, until } from '../../support/clients.ts';
import { countedSource } from '../../support/counted.ts';
import { requestText } from '../../support/raw-http.ts';
import { expectAllReleased, MIB, memoryInUse, watchSockets } from '../../support/released.ts';
import { largeSample } from '../../support/scrape-sources.ts';

const CLIENTS = 10_000;
const AT_ONCE = 100;
const MAX_IN_FLIGHT = 50;

const REQUEST = requestText({ headers: ['Accept-Encoding: identity'] });
const HALF = REQUEST.slice(0, REQUEST.length / 2);

/** Connects, and vanishes in the middle of its request, behind it, or with the first bytes of the answer. */
async function vanish(port: number, n: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  // A connection that is reset ends with one.
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  socket.write(n % 3 === 0 ? HALF : REQUEST);
  if (n % 3 === 2) await once(socket, 'data');
  if (n % 2 === 0) socket.destroy();
  else socket.resetAndDestroy();
  await closed;
}

/** So many clients, some at once. */
async function vanishAll(port: number, clients: number): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < clients) await vanish(port, next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

test('10,000 clients that connect and vanish give everything back', async () => {
  const source = countedSource({ length: 200_000, sample: largeSample, turnEvery: 64 });
  const service = await serve({ source, maxInFlight: MAX_IN_FLIGHT });
  await vanishAll(service.port, 2 * AT_ONCE);
  await expectAllReleased(service, source, MAX_IN_FLIGHT);
  const sockets = watchSockets(service);
  const collectedBefore = source.families.opened;
  const timeouts = activeTimeouts();
  const before = await memoryInUse();

  await vanishAll(service.port, CLIENTS);
  await expectAllReleased(service, source, MAX_IN_FLIGHT);
  const grown = (await memoryInUse()) - before;
  expect(grown).toBeLessThan(16 * MIB);
  expect(sockets.opened).toBeGreaterThanOrEqual(CLIENTS);
  expect(sockets.alive).toBeLessThan(AT_ONCE);
  // A timer of Node's own may be under way.
  await until(() => activeTimeouts() <= timeouts);
  expect(source.families.opened - collectedBefore).toBeGreaterThan(CLIENTS / 10);
  expect(service.failures).toEqual([]);
});
