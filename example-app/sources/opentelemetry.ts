// A service whose metrics are OpenTelemetry's:
//   node example-app/dist/sources/opentelemetry.js
//   curl http://127.0.0.1:3002/greetings/ada
//   curl http://127.0.0.1:3002/metrics.json
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import express from 'express';
import { metricsRouter } from 'express-metrics-json';
import { openTelemetrySource } from 'express-metrics-json/opentelemetry';

const source = openTelemetrySource();
const provider = new MeterProvider({
  readers: [source.reader],
  resource: resourceFromAttributes({ 'service.name': 'greeter' }),
  views: [{ instrumentName: 'greeting.length', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
});

const meter = provider.getMeter('greeter');
const greetings = meter.createCounter('greetings', { description: 'given so far', unit: '{greeting}' });
const lengths = meter.createHistogram('greeting.length', { description: 'of a greeting', unit: 'By' });
meter
  .createObservableGauge('process.memory.usage', { description: 'resident set size', unit: 'By' })
  .addCallback((result) => result.observe(process.memoryUsage.rss()));

const app = express();
app.use(metricsRouter({ source, onError: ({ error }) => console.error(error) }));
app.get('/greetings/:name', ({ params: { name } }, response) => {
  const text = `Hello, ${name}!\n`;
  greetings.add(1, { 'greeting.language': 'en' });
  lengths.record(Buffer.byteLength(text));
  response.type('text').send(text);
});
app.listen(Number(process.env.PORT || 3002), '127.0.0.1');
