import { connectRaw, serve, settledValue, until } from '../../support/clients.ts';
import { countedSource } from '../../support/counted.ts';
import { requestText } from '../../support/raw-http.ts';
import { expectAllReleased, MIB, memoryInUse, watchSockets } from '../../support/released.ts';
import { largeSample } from '../../support/scrape-sources.ts';

const READERS = 100;
/** Of a kilobyte each. */
const SAMPLES = 200_000;

test.each(['identity', 'gzip'])(
  '100 stalled readers of 200 MB cost little and give everything back: %s',
  async (coding) => {
    const source = countedSource({ length: SAMPLES, sample: largeSample });
    const service = await serve({ source, maxInFlight: READERS, timeout: 600_000, stallTimeout: 600_000 });
    const sockets = watchSockets(service);
    const request = requestText({ headers: [`Accept-Encoding: ${coding}`] });
    const before = await memoryInUse();

    const readers = Array.from({ length: READERS }, () => connectRaw(service.port, request));
    await until(() => source.samples.opened === READERS);
    await settledValue(() => source.samples.pulled, 90_000);
    const grown = (await memoryInUse()) - before;
    expect(grown).toBeLessThan(64 * MIB);
    // The rest of what was pulled is in the kernel's buffers.
    expect(source.samples.pulled).toBeLessThan((READERS * SAMPLES) / 10);
    expect(source.samples.open).toBe(READERS);
    expect(await service.get('/metrics.json')).toMatchObject({ status: 503 });

    for (const { socket } of readers) socket.destroy();
    await expectAllReleased(service, source, READERS);
    const kept = (await memoryInUse()) - before;
    expect(kept).toBeLessThan(32 * MIB);
    expect(sockets.opened).toBeGreaterThan(READERS);
    expect(sockets.alive).toBeLessThan(READERS / 10);
    expect(service.failures).toEqual([]);
  },
);
