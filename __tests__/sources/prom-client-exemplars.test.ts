import { promClientSource } from '../../lib/sources/prom-client.ts';
import { serve } from '../support/clients.ts';
import { LIBRARIES, load } from '../support/prom-clients.ts';

// prom-client 14 has no exemplars.
describe.each(LIBRARIES.filter((name) => name !== 'prom-client-14'))('an OpenMetrics registry of %s', (name) => {
  const { Registry, Counter, Gauge, Histogram } = load(name);

  function openMetricsRegistry() {
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const options = { help: 'h', labelNames: ['code'], registers: [registry as never], enableExemplars: true };
    const sent = new Counter({ name: 'sent_total', ...options });
    const latency = new Histogram({ name: 'latency', buckets: [0.1, 1], ...options });
    new Gauge({ name: 'up', help: 'h', registers: [registry as never] });
    return { registry: registry as never as InstanceType<typeof Registry>, sent, latency };
  }

  test('gives exemplars to those who ask for OpenMetrics', async () => {
    const { registry, sent, latency } = openMetricsRegistry();
    const { get, failures } = await serve({ source: promClientSource(registry), openMetrics: true });
    for (let scrapes = 1; scrapes < 4; scrapes++) {
      sent.inc({ labels: { code: 200 }, value: 2, exemplarLabels: { trace_id: `t${scrapes}` } } as never);
      latency.observe({ labels: { code: 200 }, value: 0.5, exemplarLabels: { trace_id: 'slow' } } as never);
      latency.observe({ labels: { code: 200 }, value: 5, exemplarLabels: { trace_id: 'slower' } } as never);
      const { text } = await get('/metrics', { Accept: 'application/openmetrics-text' });
      expect(text).toMatch(
        new RegExp(`^sent_total\\{code="200"\\} ${2 * scrapes} # \\{trace_id="t${scrapes}"\\} \\d [\\d.]+$`, 'm'),
      );
      expect(text).toMatch(/^latency_bucket\{code="200",le="0\.1"\} 0$/m);
      expect(text).toMatch(
        new RegExp(`^latency_bucket\\{code="200",le="1\\.0"\\} ${scrapes} # \\{trace_id="slow"\\} 0\\.5 `, 'm'),
      );
      expect(text).toMatch(
        new RegExp(`^latency_bucket\\{code="200",le="\\+Inf"\\} ${2 * scrapes} # \\{trace_id="slower"\\} 5 `, 'm'),
      );
      expect(text).toMatch(/# EOF\n$/);
    }
    expect(failures).toEqual([]);
  });

  test('keeps the names of its counters, which its own metrics() changes', async () => {
    const { registry, sent } = openMetricsRegistry();
    const { get } = await serve({ source: promClientSource(registry), openMetrics: true });
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      expect((await get('/metrics')).text).toMatch(/^# TYPE sent_total counter$/m);
      expect((await get('/metrics', { Accept: 'application/openmetrics-text' })).text).toMatch(
        /^# TYPE sent counter$/m,
      );
    }
    expect(sent).toHaveProperty('name', 'sent_total');
  });
});
