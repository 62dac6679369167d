// Photographs the dashboard's main views, light and dark, wide and narrow, while the example service has traffic. Those
// that the documentation shows go to docs/. All of them go to the folder that is given as argument, if there is one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { palettePng } from './palette-png.js';

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
const MAX_COLOURS = 48;

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
        const picture = await page.screenshot();
        if (folder !== undefined) writeFileSync(`${folder}/${name}.png`, picture);
        if (shown[name] !== undefined)
          writeFileSync(`docs/${shown[name]}.png`, palettePng(await pixelsOf(picture, context), MAX_COLOURS));
      }
      await context.close();
    }
} finally {
  await browser.close();
  example.kill('SIGKILL');
}

/** Lets the browser decode a picture. */
async function pixelsOf(png, context) {
  const page = await context.newPage();
  const decoded = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const { width, height, data } = canvas.getImageData(0, 0, image.width, image.height);
    return { width, height, pixels: [...data] };
  }, png.toString('base64'));
  await page.close();
  return decoded;
}
