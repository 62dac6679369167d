import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestMetricsOptions } from '../../lib/sources/requests.ts';

/** What docs/sources/requests.md says of a package whose names `requestMetrics()` can keep. */
export interface OldNames {
  readonly options: RequestMetricsOptions;
  readonly families: readonly string[];
  readonly labels: readonly string[];
  /** The package's default buckets, if the page has them. */
  readonly buckets: readonly number[] | undefined;
}

const OPTIONS = /^\| (?<name>[^|]+?) \| `+(?<options>[^|]+?)`+ \| (?<families>[^|]+?) \| (?<labels>[^|]+?) \|$/gm;
const BUCKETS = /^\| (?<name>[^|]+?) \| `(?<buckets>\[[^|]+\])` \|$/gm;

/** Returns the rows of the page's tables, by what their first cell has. */
export function oldNames(): ReadonlyMap<string, OldNames> {
  const page = readFileSync(join(__dirname, '../../docs/sources/requests.md'), 'utf8');
  const [section = ''] = /^## An old dashboard's names\n.*?(?=^## |$(?![\s\S]))/ms.exec(page) ?? [];
  const buckets = new Map([...section.matchAll(BUCKETS)].map(({ groups }) => [groups?.name, groups?.buckets ?? '']));
  const rows = [...section.matchAll(OPTIONS)].map(({ groups = {} }): [string, OldNames] => {
    const { name = '', options, families = '', labels = '' } = groups;
    const bounds = buckets.get(name);
    return [
      name,
      {
        options: new Function(`return { ${options} };`)(),
        families: codeIn(families),
        labels: codeIn(labels),
        buckets: bounds === undefined ? undefined : JSON.parse(bounds),
      },
    ];
  });
  return new Map(rows);
}

const codeIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** The label sets of a histogram in a text, without `le`, and its bounds. */
export interface HistogramNames {
  readonly labelSets: readonly Readonly<Record<string, string>>[];
  readonly bounds: readonly number[];
}

export function histogramIn(text: string, family: string): HistogramNames {
  const linesOf = (suffix: string) =>
    [...text.matchAll(/^(\w+)\{(.*)\} \S+$/gm)]
      .filter(([, name]) => name === `${family}_${suffix}`)
      .map(([, , labels = '']) =>
        Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value ?? ''])),
      );
  const bounds = linesOf('bucket').map(({ le }) => Number(le === '+Inf' ? Number.POSITIVE_INFINITY : le));
  return { labelSets: linesOf('count'), bounds: [...new Set(bounds)] };
}
