import { once } from 'node:events';
import request from 'supertest';
import { createApp } from '../example-app/app.ts';
import { MailQueues, type Reply } from '../example-app/mail-queue.ts';
import { readSettings } from '../example-app/settings.ts';

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

async function metricsOf(app: ReturnType<typeof createApp>) {
  const { body } = await request(app).get('/metrics.json').expect(200);
  return Object.fromEntries(Object.entries<{ value: unknown }>(body).map(([name, { value }]) => [name, value]));
}

describe('the metrics move with the traffic', () => {
  test('a delivered message is counted and timed', async () => {
    const { app, queues } = start();
    expect(await metricsOf(app)).toMatchObject({
      messages_accepted_total: 0,
      message_delivery_latency_seconds: { count: 0 },
    });

    for (let sent = 0; sent < 3; sent++) {
      const delivered = once(queues, 'delivered');
      await request(app).post('/messages').send(toAda).expect(202);
      await delivered;
    }
    expect(await metricsOf(app)).toMatchObject({
      messages_accepted_total: 3,
      messages_delivered_total: { domain: { 'example.com': 3 } },
      message_delivery_latency_seconds: { count: 3 },
      queue_depth: { queue: { 'example.com': 0 } },
      deliveries_in_progress: { queue: { 'example.com': 0 } },
    });
  });

  test('a busy server costs attempts, and the message arrives', async () => {
    const { app, queues } = start({ replies: [busy, busy, ok] });
    const delivered = once(queues, 'delivered');
    const { body } = await request(app).post('/messages').send(toAda).expect(202);
    await delivered;

    await request(app)
      .get(`/messages/${body.id}`)
      .expect(200, { ...body, status: 'delivered', attempts: 3 });
    expect(await metricsOf(app)).toMatchObject({
      messages_deferred_total: [{ domain: 'example.com', reason: 'busy', '@': 2 }],
      messages_delivered_total: { domain: { 'example.com': 1 } },
      messages_failed_total: null,
    });
  });

  test.each([
    ['no_such_mailbox', [noSuchMailbox]],
    ['retries_exhausted', [busy, busy, busy]],
  ])('a message that is given up is counted with its reason: %s', async (reason, replies) => {
    const { app, queues } = start({ replies });
    const failed = once(queues, 'failed');
    await request(app).post('/messages').send(toAda).expect(202);
    await failed;
    expect(await metricsOf(app)).toMatchObject({
      messages_failed_total: [{ domain: 'example.com', reason, '@': 1 }],
      messages_delivered_total: null,
    });
  });

  test('messages that wait are the depth of their queue', async () => {
    queues = new MailQueues(() => new Promise(() => {}));
    const app = createApp({ queues, trustedHosts: ['127.0.0.1'] });
    for (let sent = 0; sent < 5; sent++) await request(app).post('/messages').send(toAda).expect(202);

    expect(await metricsOf(app)).toMatchObject({
      queue_depth: { queue: { 'example.com': 3 } },
      deliveries_in_progress: { queue: { 'example.com': 2 } },
    });
    await request(app)
      .get('/queues')
      .expect(200, { queues: [{ name: 'example.com', ready: 3, delivering: 2, deferred: 0 }] });
  });

  test('clients cannot choose how many label values there are', async () => {
    const { app, queues } = start();
    for (let n = 0; n < 200; n++) queues.accept({ ...toAda, to: `ada@n${n}.example` });
    for (const path of ['/a', '/b', '/messages/1', '/messages/2']) await request(app).get(path).expect(404);

    const { queue_depth, http_request_duration_seconds } = await metricsOf(app);
    expect(Object.keys((queue_depth as { queue: object }).queue)).toHaveLength(51);
    expect(http_request_duration_seconds).toMatchObject([
      { method: 'GET', route: 'unknown', status: '404', '@': { count: 2 } },
      { method: 'GET', route: '/messages/:id', status: '404', '@': { count: 2 } },
    ]);
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
    expect(await metricsOf(app)).toMatchObject({
      messages_accepted_total: 0,
      http_request_duration_seconds: [{ method: 'POST', route: '/messages', status: '400', '@': { count: 1 } }],
    });
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

  test('trust nobody when the list is empty', () => {
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
  ])('are refused by name: %s=%s', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(
      new RegExp(`^${name}: "${value}" is not a whole number from 0 to \\d+$`),
    );
  });
});
