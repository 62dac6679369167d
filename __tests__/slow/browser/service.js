// A service whose metrics a test can change, with the built package. It prints its origin.
import express from 'express';
import { metricsRouter } from 'express-metrics-json';
import { dashboard } from 'express-metrics-json/dashboard';

// The history is sampled 20 times as often.
const { setInterval } = globalThis;
globalThis.setInterval = (callback, ms) => setInterval(callback, ms === 10_000 ? 500 : ms);

let families = JSON.parse(process.env.FAMILIES ?? '[]');
const asked = [];

/** Replaces null by NaN, which JSON cannot express. */
const revive = (family) => ({
  ...family,
  samples: family.samples.map((sample) => ({ ...sample, value: sample.value ?? Number.NaN })),
});

/** Creates many series with changing values: counters, gauges and histograms. */
function manyFamilies(series, names) {
  const types = ['counter', 'gauge', 'histogram'];
  const each = Math.ceil(series / names);
  const labels = Array.from({ length: each }, (_, i) => ({ shard: `shard-${i}`, zone: `zone-${i % 7}` }));
  let round = 0;
  return () => {
    round++;
    return Array.from({ length: names }, (_, n) => {
      const type = types[n % types.length];
      const value = (i) =>
        type !== 'histogram'
          ? round * (i + 1)
          : { count: 3 * round, sum: round, bounds: [0.1, 1], cumulativeCounts: [round, 2 * round] };
      const samples = labels.map((labels, i) => ({ labels, value: value(i) }));
      return { name: `load_${type}_${String(n).padStart(4, '0')}`, type, help: `family ${n}`, samples };
    });
  };
}

let collect = () => families;
const source = { collect: () => collect() };

const app = express();
app.use((req, _res, next) => {
  if (req.url.includes('metrics.json')) asked.push(req.url);
  next();
});
app.put('/families', express.json({ limit: '1mb' }), (req, res) => {
  families = req.body.map(revive);
  collect = () => families;
  res.end();
});
app.put('/many', express.json(), (req, res) => {
  collect = manyFamilies(req.body.series, req.body.names);
  res.end();
});
app.get('/asked', (_req, res) => void res.send(asked));
const history = Number(process.env.HISTORY ?? 0);
app.use(
  '/ops',
  metricsRouter({
    source,
    timeout: 60_000,
    dashboard: dashboard({ interval: 1000, thresholds: [{ name: 'queue_depth', above: 1000 }], history }),
  }),
);

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
