// Photographs the page's main views, light and dark, wide and narrow, while the example service has traffic: into docs/
// those that the README shows, all of them into a folder that is given as argument.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const views = {
  overview: '#pin=queue_depth&pin=message_delivery_latency_seconds&pin=messages_delivered_total',
  histogram: '#open=http_request_duration_seconds',
  counter: '#open=messages_delivered_total',
  gauge: '#open=nodejs_heap_size_used_bytes',
};
const sizes = { wide: { width: 1120, height: 720 }, narrow: { width: 360, height: 740 } };
const shown = {
  'overview-light-wide': 'overview',
  'histogram-dark-wide': 'histogram',
  'counter-light-narrow': 'phone',
};
const [folder] = process.argv.slice(2);
const seconds = 25;

const example = spawn(process.execPath, ['example-app/dist/server.js'], {
  env: { ...process.env, PORT: '0', TRAFFIC: '10' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [text] = await once(example.stdout.setEncoding('utf8'), 'data');
const [url] = text.split('\n');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
});
try {
  for (const path of ['docs', folder]) if (path !== undefined) mkdirSync(path, { recursive: true });
  for (const colorScheme of ['light', 'dark'])
    for (const size of Object.keys(sizes)) {
      const context = await browser.newContext({ viewport: sizes[size], colorScheme });
      const pages = [];
      for (const [view, hash] of Object.entries(views)) {
        const name = `${view}-${colorScheme}-${size}`;
        if (folder === undefined && shown[name] === undefined) continue;
        const page = await context.newPage();
        await page.goto(url + hash);
        pages.push({ name, page });
      }
      await sleep(pages.length > 0 ? seconds * 1000 : 0);
      for (const { name, page } of pages) {
        if (shown[name] !== undefined) await page.screenshot({ path: `docs/${shown[name]}.png` });
        if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
      }
      await context.close();
    }
} finally {
  await browser.close();
  example.kill('SIGKILL');
}
