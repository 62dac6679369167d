import { recipePage } from '../support/recipe-page.ts';
import { parseYaml } from '../support/yaml.ts';

const page = recipePage('kubernetes.md');

type Labels = Record<string, string>;
interface Port {
  readonly name: string;
  readonly containerPort: number;
}
interface Policy {
  readonly from?: readonly object[];
  readonly ports: readonly { readonly port: string }[];
}

const { template, selector } = parseYaml<{
  spec: {
    selector: { matchLabels: Labels };
    template: { metadata: { labels: Labels }; spec: { containers: { ports: Port[] }[] } };
  };
}>(page.file('deployment.yaml')).spec;
const podLabels = template.metadata.labels;
const ports = template.spec.containers.flatMap(({ ports }) => ports);

test('the deployment selects its pods, and has the ports on which server.js listens', () => {
  expect(podLabels).toMatchObject(selector.matchLabels);
  const listening = [...page.file('server.js').matchAll(/\.listen\((\d+)\)/g)].map(([, port]) => Number(port));
  expect(ports.map(({ containerPort }) => containerPort)).toEqual(listening);
});

test('the PodMonitor selects the pods, and names their port for metrics', () => {
  const { spec } = parseYaml<{
    spec: { selector: { matchLabels: Labels }; podMetricsEndpoints: { port: string; path: string }[] };
  }>(page.file('podmonitor.yaml'));
  expect(podLabels).toMatchObject(spec.selector.matchLabels);
  expect(spec.podMetricsEndpoints).toEqual([{ port: ports[1]?.name, path: '/metrics' }]);
});

test('the ServiceMonitor selects the service, which selects the pods and names their port for metrics', () => {
  const service = parseYaml<{
    metadata: { labels: Labels };
    spec: { clusterIP: string; selector: Labels; ports: { name: string; port: number; targetPort: string }[] };
  }>(page.file('service.yaml'));
  expect(podLabels).toMatchObject(service.spec.selector);
  expect(service.spec.clusterIP).toBe('None');
  expect(service.spec.ports).toEqual([{ name: 'metrics', port: ports[1]?.containerPort, targetPort: ports[1]?.name }]);

  const { spec } = parseYaml<{
    spec: { selector: { matchLabels: Labels }; endpoints: { port: string; path: string }[] };
  }>(page.file('servicemonitor.yaml'));
  expect(service.metadata.labels).toMatchObject(spec.selector.matchLabels);
  expect(spec.endpoints).toEqual([{ port: service.spec.ports[0]?.name, path: '/metrics' }]);
});

test('the NetworkPolicy selects the pods, and opens the port for metrics to some and the other one to all', () => {
  const { spec } = parseYaml<{
    spec: { podSelector: { matchLabels: Labels }; policyTypes: string[]; ingress: Policy[] };
  }>(page.file('networkpolicy.yaml'));
  expect(podLabels).toMatchObject(spec.podSelector.matchLabels);
  expect(spec.policyTypes).toEqual(['Ingress']);
  const [http, metrics] = ports.map(({ name }) => ({ ports: [{ port: name }] }));
  // One element: with two, pods of any namespace or any pod of that namespace would pass.
  const from = [{ namespaceSelector: expect.any(Object), podSelector: expect.any(Object) }];
  expect(spec.ingress).toEqual([http, { ...metrics, from }]);
});
