import { type Dashboard, type Panel, type Rule, readGrafana, rulesIn } from '../support/grafana.ts';
import { parseYaml } from '../support/yaml.ts';
import { Markdown } from './markdown.ts';

const dashboard: Dashboard = JSON.parse(readGrafana('dashboard.json'));
const { panels } = dashboard;
const page = new Markdown('docs/grafana.md');

const cellsOf = ({ gridPos: { x, y, w, h } }: Panel) =>
  Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);

test('the panels of the dashboard have ids and places of their own', () => {
  expect(panels.length).toBeGreaterThan(20);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(cellsOf);
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

test('every panel and every variable reads the data source that the viewer has selected', () => {
  const selected = { type: 'prometheus', uid: `\${${dashboard.templating.list[0]?.name}}` };
  const queried = dashboard.templating.list.filter(({ type }) => type === 'query');
  const targets = panels.flatMap(({ targets = [] }) => targets);
  const charts = panels.filter(({ type }) => type !== 'row');
  expect(queried.map(({ name }) => name)).toEqual(['job', 'instance', 'route']);
  for (const { datasource } of [...queried, ...targets, ...charts]) expect(datasource).toEqual(selected);
});

test('every expression is of the selected jobs and instances', () => {
  for (const { expr } of panels.flatMap(({ targets = [] }) => targets)) {
    const selectors = expr.match(/\{[^}]*\}/g) ?? [];
    expect(selectors.length).toBeGreaterThan(0);
    for (const selector of selectors) expect(selector).toContain('job=~"$job",instance=~"$instance"');
  }
});

test('the page lists every alert, and for how long its condition holds before it fires', () => {
  const [rows = []] = page.tablesUnder('Prometheus');
  const listed = rows.slice(2).map(([name, , duration]) => [name, duration]);
  const alerts = rulesIn(readGrafana('alerts.yml')).map(({ alert, for: duration = '0s' }: Rule) => [
    `\`${alert}\``,
    duration,
  ]);
  expect(listed).toEqual(alerts);
});

test('the page has valid YAML', () => {
  const blocks = page.blocks.filter(({ info }) => info[0] === 'yaml');
  expect(blocks.map(({ text }) => Object.keys(parseYaml<object>(text)))).toEqual([
    ['rule_files', 'scrape_configs'],
    ['apiVersion', 'providers'],
  ]);
});
