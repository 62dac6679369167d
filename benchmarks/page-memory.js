// The memory of the dashboard's page after it has been open for a day. The page and its worker are those that a service
// serves, in Chromium. Time and network are not: each timer of the worker fires as soon as the page has drawn the last
// update, and moves its clocks by what it waited for, and documents are made in the worker.

import { createServer } from 'node:http';
import express from 'express';
import { chromium } from 'playwright-core';
import { dashboard } from '../dist/esm/dashboard.js';
import { metricsRouter } from '../dist/esm/index.js';
import { atMost } from './figures.js';

const MIB = 2 ** 20;
const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Maximum memory (MiB) of the page and its worker together. */
const BOUND = 30;

const CASES = [
  { families: 60, series: 5 },
  // As many as have lines of their own.
  { families: 50, series: 20 },
];

export async function* pageMemory() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const server = await startService();
  try {
    for (const one of CASES) {
      const { first, last, polls } = await measure(browser, server.address().port, one);
      const title = `page with ${one.families * one.series} series`;
      yield atMost(`${title}: memory after 2 hours`, first / MIB, undefined, ' MiB');
      yield atMost(`${title}: after a day of ${polls.toLocaleString('en')} polls`, last / MIB, BOUND, ' MiB');
    }
  } finally {
    await browser.close();
    server.close();
  }
}

/** Starts a service that serves the page. Its metrics are not asked for. */
async function startService() {
  const source = { collect: () => [] };
  const app = express().use(metricsRouter({ source, dashboard: dashboard({ history: 0 }) }));
  const server = createServer(app);
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

async function measure(browser, port, { families, series }) {
  const page = await browser.newPage();
  const prefix = `(${speedUp})(${families}, ${series}, ${DAY_MS});`;
  await page.route('**/*worker*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: prefix + (await response.text()) });
  });
  await page.addInitScript(acknowledge);
  const heap = await watchHeaps(page);
  const [worker] = await Promise.all([
    page.waitForEvent('worker'),
    page.goto(`http://127.0.0.1:${port}/metrics.html#interval=10`),
  ]);
  const reached = async (ms) => {
    while ((await worker.evaluate(() => self.elapsed())) < ms) await new Promise((resolve) => setTimeout(resolve, 500));
  };
  // All lines have as many points as they can have, from then on.
  await reached(2 * HOUR_MS);
  const first = await heap();
  await reached(DAY_MS);
  const last = await heap();
  const polls = await worker.evaluate(() => self.polls());
  await page.close();
  return { first, last, polls };
}

/** Returns a function that measures the memory (bytes) of the page and its worker, after a collection of garbage. */
async function watchHeaps(page) {
  const session = await page.context().newCDPSession(page);
  const answers = new Map();
  const workers = new Set();
  session.on('Target.attachedToTarget', ({ sessionId }) => workers.add(sessionId));
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    answers.get(id)?.(result);
  });
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  let count = 0;
  const ask = (sessionId, method) =>
    new Promise((resolve) => {
      const id = ++count;
      answers.set(id, resolve);
      session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    });
  return async () => {
    const senders = [(method) => session.send(method), ...Array.from(workers, (id) => (method) => ask(id, method))];
    if (senders.length !== 2) throw new Error(`expected a page and a worker, got ${senders.length} of them`);
    let bytes = 0;
    for (const send of senders) {
      for (let i = 0; i < 2; i++) await send('HeapProfiler.collectGarbage');
      const { usedSize, backingStorageSize = 0 } = await send('Runtime.getHeapUsage');
      bytes += usedSize + backingStorageSize;
    }
    return bytes;
  };
}

/** Runs in the page, before its own code. The worker is told of each message that the page takes. */
function acknowledge() {
  const channel = new BroadcastChannel('taken');
  window.Worker = class extends Worker {
    constructor(url) {
      super(url);
      this.addEventListener('message', () => channel.postMessage(''));
    }
  };
}

/** Runs in the worker, before its own code. The clock stops after a day. */
function speedUp(families, series, day) {
  const start = { monotonic: performance.now(), wall: Date.now() };
  const { setTimeout, postMessage } = self;
  let elapsed = 0;
  let polls = 0;
  /** Number of updates that the page has not taken yet. */
  let waiting = 0;
  let onTaken;
  new BroadcastChannel('taken').onmessage = () => {
    if (--waiting === 0) onTaken?.();
  };
  self.postMessage = (update) => {
    waiting++;
    postMessage(update);
  };
  performance.now = () => start.monotonic + elapsed;
  Date.now = () => start.wall + elapsed;
  self.setTimeout = (callback, ms = 0) =>
    setTimeout(async () => {
      if (waiting > 0)
        await new Promise((resolve) => {
          onTaken = resolve;
        });
      if (elapsed >= day) return;
      elapsed += ms;
      callback();
    }, 0);
  self.elapsed = () => elapsed;
  self.polls = () => polls;
  self.fetch = async () => {
    polls++;
    const document = {};
    for (let n = 0; n < families; n++) {
      const values = {};
      for (let i = 0; i < series; i++) values[`value ${i}`] = n % 3 === 0 ? Math.random() : polls * (i + 1.5);
      const type = n % 3 === 0 ? 'gauge' : 'counter';
      document[`family_${n}${type === 'counter' ? '_total' : ''}`] = { type, help: 'help', value: { label: values } };
    }
    return Response.json(document);
  };
}
