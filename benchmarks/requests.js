import autocannon from 'autocannon';
import { startSide } from './client.js';
import { atLeast, median } from './figures.js';

const ROUNDS = 5;

/** Requests per second over HTTP, 8 connections, in turn. */
export async function* requests() {
  const children = 1_000;
  const ours = await startSide('ours, prom-client', children);
  const bundle = await startSide('express-prom-bundle', children);
  const rates = { ours: [], bundle: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, side, target] of [
      ['ours', ours, '/metrics'],
      ['bundle', bundle, '/metrics'],
    ]) {
      await side.ask('touch');
      const { requests, non2xx } = await autocannon({ url: side.url(target), connections: 8, duration: 2 });
      if (non2xx > 0) throw new Error(`${name}: ${non2xx} answers were errors`);
      if (round > 0) rates[name].push(requests.average);
    }
  }
  await Promise.all([ours.stop(), bundle.stop()]);
  const ratio = median(rates.ours.map((rate, i) => rate / rates.bundle[i]));
  yield atLeast('1,000 children over HTTP: requests per second against express-prom-bundle', ratio, 6);
}
