import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createDelivery } from '../lib/delivery.ts';
import { connectRaw, type RawClient, type Service, serve, TERMINATOR, until } from './support/clients.ts';
import { requestText } from './support/raw-http.ts';
import { endless, onceThenQueueDepth } from './support/scrape-sources.ts';

/** Asks for a document, and reads nothing of it yet. */
function begin({ port }: Service, coding: string): RawClient {
  return connectRaw(port, requestText({ target: '/metrics', headers: [`Accept-Encoding: ${coding}`] }));
}

describe.each(['identity', 'gzip', 'br'])('a client, in %s,', (coding) => {
  test('that takes no byte for stallTimeout is cut off', async () => {
    const source = endless();
    const { collect } = source;
    const service = await serve({ source: onceThenQueueDepth(collect), stallTimeout: 100, maxInFlight: 1 });
    const client = begin(service, coding);
    await until(() => source.scrape?.signal.aborted);
    expect(source.scrape?.signal.reason).toMatchObject({ name: 'MetricsError', code: 'CLIENT_STALLED' });
    expect(service.failures).toEqual([{ phase: 'send', error: source.scrape?.signal.reason }]);
    await until(async () => (await service.get('/metrics')).status === 200);
    await until(() => source.returned === 1);
    client.read();
    await client.closed;
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.received()).not.toMatch(TERMINATOR);
  });

  test('that reads is not, however long it takes', async () => {
    const stallTimeout = 500;
    const source = endless();
    const service = await serve({ source, stallTimeout });
    const client = begin(service, coding);
    client.socket.on('data', () => {
      client.socket.pause();
      setTimeout(client.read, 2);
    });
    client.read();
    await until(() => client.received().length > 0);
    const startedAt = performance.now();
    await until(() => performance.now() > startedAt + 3 * stallTimeout);
    expect(service.failures).toEqual([]);
    expect(source.scrape?.signal.aborted).toBe(false);
    expect(client.socket.readyState).toBe('open');
  });
});

describe('a chunk that leaves slowly', () => {
  const CHUNK = 'x'.repeat(64 * 1024);

  /** A response that holds what it was given until the test takes it. */
  class SlowResponse extends EventEmitter {
    writableLength = 0;
    socket = {};
    write(bytes: Buffer) {
      this.writableLength += bytes.length;
      return false;
    }
    end() {}
    take(bytes: number) {
      this.writableLength -= bytes;
      if (this.writableLength === 0) this.emit('drain');
    }
  }

  function deliver() {
    const res = new SlowResponse();
    const stalled = jest.fn();
    const aborter = new AbortController();
    const delivery = createDelivery(res as unknown as ServerResponse, {
      coding: 'identity',
      holdsWhole: false,
      stallTimeout: 1_000,
      signal: aborter.signal,
      stalled,
      onResponseEnded: () => {},
      onCompressionError: () => {},
      sent: () => {},
    });
    return { res, stalled, delivery, aborter };
  }

  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is no stall while a byte is taken now and then', async () => {
    const { res, stalled, delivery } = deliver();
    const written = delivery.write(CHUNK);
    for (let seconds = 0; seconds < 60; seconds++) {
      res.take(1);
      jest.advanceTimersByTime(1_000);
    }
    expect(stalled).not.toHaveBeenCalled();
    res.take(res.writableLength);
    await written;
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([0, 1, 5])('is one when none is taken any more after %i bytes', (bytes) => {
    const { res, stalled, delivery } = deliver();
    delivery.write(CHUNK);
    for (let taken = 0; taken < bytes; taken++) {
      res.take(1);
      jest.advanceTimersByTime(1_000);
    }
    expect(stalled).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1_000);
    expect(stalled).toHaveBeenCalledTimes(1);
  });

  test('is no stall either when all of it was taken, and the next byte is still being made', () => {
    const { res, stalled, delivery } = deliver();
    delivery.write(CHUNK);
    res.writableLength = 0;
    jest.advanceTimersByTime(60_000);
    expect(stalled).not.toHaveBeenCalled();
  });

  test('is waited for anew with each chunk: the time between them does not count', async () => {
    const { res, stalled, delivery } = deliver();
    for (let chunks = 0; chunks < 5; chunks++) {
      const written = delivery.write(CHUNK);
      jest.advanceTimersByTime(900);
      res.take(CHUNK.length);
      await written;
      jest.advanceTimersByTime(5_000);
    }
    expect(stalled).not.toHaveBeenCalled();
  });

  test('is given up on abort, with its reason', async () => {
    const { delivery, aborter } = deliver();
    const written = delivery.write(CHUNK);
    aborter.abort('gone');
    await expect(written).rejects.toBe('gone');
    expect(jest.getTimerCount()).toBe(0);
    await expect(delivery.write(CHUNK)).rejects.toBe('gone');
    await expect(delivery.end()).rejects.toBe('gone');
    expect(jest.getTimerCount()).toBe(0);
  });
});
