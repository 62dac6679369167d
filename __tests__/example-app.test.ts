import { once } from 'node:events';
import request from 'supertest';
import { createApp } from '../example-app/app.ts';
import { MailQueues, type Reply } from '../example-app/mail-queue.ts';
import { messageOf, readSettings } from '../example-app/settings.ts';
import '../lib/testing/jest.ts';
import { scrapeMetrics } from '../lib/testing.ts';

const ok: Reply = { code: 250, reason: 'ok' };
const busy: Reply = { code: 451, reason: 'busy' };
const noSuchMailbox: Reply = { code: 550, reason: 'no_such_mailbox' };

const toAda = { to: 'ada@Example.com', subject: 'Hello', body: 'How are you?' };

let queues: MailQueues | undefined;
afterEach(() => queues?.close());

/** The service, with receiving servers that answer at once, in this order. */
function start({ replies = [] as Reply[], retryDelays = [1, 1], trustedHosts = ['127.0.0.1', '::1'] } = {}) {
  const next = replies.values();
  queues = new MailQueues(async () => next.next().value ?? ok, retryDelays);
  return { queues, app: createApp({ queues, trustedHosts }) };
}

const domain = 'example.com';
const queue = domain;

describe('the metrics move with the traffic', () => {
  test('a delivered message is counted and timed', async () => {
    const { app, queues } = start();
    const before = await scrapeMetrics(app);
    expect(before).toHaveMetric('messages_accepted_total', {}, 0);
    expect(before).toHaveMetric('message_delivery_latency_seconds', {}, { count: 0 });

    for (let sent = 0; sent < 3; sent++) {
      const delivered = once(queues, 'delivered');
      await request(app).post('/messages').send(toAda).expect(202);
      await delivered;
    }
    const after = await scrapeMetrics(app);
    expect(after).toHaveMetric('messages_accepted_total', {}, 3);
    expect(after).toHaveMetric('messages_delivered_total', { domain }, 3);
    expect(after).toHaveMetric('message_delivery_latency_seconds', {}, { count: 3 });
    expect(after).toHaveMetric('queue_depth', { queue }, 0);
    expect(after).toHaveMetric('deliveries_in_progress', { queue }, 0);
  });

  test('a busy server costs attempts, and the message arrives', async () => {
    const { app, queues } = start({ replies: [busy, busy, ok] });
    const delivered = once(queues, 'delivered');
    const { body } = await request(app).post('/messages').send(toAda).expect(202);
    await delivered;

    await request(app)
      .get(`/messages/${body.id}`)
      .expect(200, { ...body, status: 'delivered', attempts: 3 });
    const metrics = await scrapeMetrics(app);
    expect(metrics).toHaveMetric('messages_deferred_total', { domain, reason: 'busy' }, 2);
    expect(metrics).toHaveMetric('messages_delivered_total', { domain }, 1);
    expect(metrics).not.toHaveMetric('messages_failed_total');
  });

  test.each([
    ['no_such_mailbox', [noSuchMailbox]],
    ['retries_exhausted', [busy, busy, busy]],
  ])('a message that is given up is counted with its reason: %s', async (reason, replies) => {
    const { app, queues } = start({ replies });
    const failed = once(queues, 'failed');
    await request(app).post('/messages').send(toAda).expect(202);
    await failed;
    const metrics = await scrapeMetrics(app);
    expect(metrics).toHaveMetric('messages_failed_total', { domain, reason }, 1);
    expect(metrics).not.toHaveMetric('messages_delivered_total');
  });

  test('messages that wait are the depth of their queue', async () => {
    queues = new MailQueues(() => new Promise(() => {}));
    const app = createApp({ queues, trustedHosts: ['127.0.0.1'] });
    for (let sent = 0; sent < 5; sent++) await request(app).post('/messages').send(toAda).expect(202);

    const metrics = await scrapeMetrics(app);
    expect(metrics).toHaveMetric('queue_depth', { queue }, 3);
    expect(metrics).toHaveMetric('deliveries_in_progress', { queue }, 2);
    await request(app)
      .get('/queues')
      .expect(200, { queues: [{ name: 'example.com', ready: 3, delivering: 2, deferred: 0 }] });
  });

  test('clients cannot choose how many label values there are', async () => {
    const { app, queues } = start();
    for (let n = 0; n < 200; n++) queues.accept({ ...toAda, to: `ada@n${n}.example` });
    for (const path of ['/a', '/b', '/messages/1', '/messages/2']) await request(app).get(path).expect(404);

    const metrics = await scrapeMetrics(app);
    expect(metrics.queue_depth?.samples).toHaveLength(51);
    expect(metrics.http_request_duration_seconds?.samples).toHaveLength(2);
    for (const route of ['unmatched', '/messages/:id'])
      expect(metrics).toHaveMetric('http_request_duration_seconds', { route, status_code: '404' }, { count: 2 });
  });
});

describe('the API', () => {
  test.each([
    ['no recipient', { ...toAda, to: undefined }, /^to: /],
    ['not an address', { ...toAda, to: 'ada' }, /^to: /],
    ['a second line in the subject', { ...toAda, subject: 'Hello\r\nBcc: all@example.com' }, /^subject: /],
    ['an empty text', { ...toAda, body: '' }, /^body: /],
    ['a list', [], /^to: /],
    ['no JSON', '{"to":', /JSON/],
  ])('answers 400 and says why: %s', async (_case, body, reason) => {
    const { app } = start();
    const response = await request(app).post('/messages').type('json').send(body).expect(400);
    expect(response.body.error).toMatch(reason);
    const metrics = await scrapeMetrics(app);
    expect(metrics).toHaveMetric('messages_accepted_total', {}, 0);
    expect(metrics).toHaveMetric(
      'http_request_duration_seconds',
      { route: '/messages', status_code: '400' },
      { count: 1 },
    );
  });

  test('answers 503 when a queue is full, and takes messages for other domains', async () => {
    queues = new MailQueues(() => new Promise(() => {}));
    const app = createApp({ queues, trustedHosts: [] });
    while (queues.accept(toAda));
    await request(app).post('/messages').send(toAda).expect(503).expect('Retry-After', '10');
    await request(app)
      .post('/messages')
      .send({ ...toAda, to: 'ada@example.org' })
      .expect(202);
  });
});

test('untrusted clients get the API and not the metrics', async () => {
  const { app } = start({ trustedHosts: ['192.0.2.1'] });
  await request(app).get('/healthz').expect(200);
  for (const path of ['/metrics.json', '/metrics']) {
    const { text } = await request(app).get(path).expect(403);
    expect(text).not.toMatch(/messages_/);
  }
});

describe('the settings', () => {
  test('have defaults that serve this machine alone', () => {
    const defaults = {
      port: 3000,
      host: '127.0.0.1',
      trustedHosts: ['127.0.0.1', '::1'],
      traffic: 3,
      openMetrics: false,
    };
    expect(readSettings({})).toEqual(defaults);
    expect(readSettings({ PORT: '', HOST: '', TRAFFIC: '', OPENMETRICS: '' })).toEqual(defaults);
  });

  test('trust no one when the list is empty', () => {
    expect(readSettings({ TRUSTED_HOSTS: '' }).trustedHosts).toEqual([]);
    expect(readSettings({ TRUSTED_HOSTS: '10.0.0.0/8, ::1,' }).trustedHosts).toEqual(['10.0.0.0/8', '::1']);
  });

  test.each([
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '0x50'],
    ['PORT', '-1'],
    ['TRAFFIC', 'on'],
    ['TRAFFIC', '101'],
    ['OPENMETRICS', 'yes'],
  ])('are refused by name if they are invalid: %s=%s', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(
      new RegExp(`^${name}: expected an integer from 0 to \\d+, got "${value}"; write \\d+$`),
    );
  });

  test('name the variable, not the option of the router, if an address is invalid', () => {
    let error: unknown;
    try {
      start({ trustedHosts: ['127.0.0.1', '10/8'] });
    } catch (thrown) {
      error = thrown;
    }
    expect(messageOf(error as TypeError)).toBe('TRUSTED_HOSTS: expected a network, got "10/8"; write "10.0.0.0/8"');
  });
});
