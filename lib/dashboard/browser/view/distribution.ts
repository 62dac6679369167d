import { duration, format, percent } from '../model/format.ts';
import type { DistributionData } from '../protocol.ts';
import { el, fitChildren, setText } from './dom.ts';

export interface DistributionView {
  readonly element: HTMLElement;
  draw(data: DistributionData): void;
}

/** Creates the table of a histogram's observations within the window, with a bar for each bucket. */
export function createDistribution(): DistributionView {
  const title = el('span');
  const body = el('tbody');
  const heads = ['Bucket', 'Share', 'Count'].map((name) => el('th', { scope: 'col' }, name));
  const table = el(
    'table',
    { className: 'distribution' },
    el('caption', {}, title),
    el('thead', {}, el('tr', {}, ...heads)),
    body,
  );

  return {
    element: table,
    draw({ bounds, counts, unit, seconds }) {
      const total = counts.reduce((sum, count) => sum + count, 0);
      const largest = Math.max(1, ...counts);
      const period = seconds > 0 ? `within the last ${duration(seconds)}` : 'from now on';
      setText(title, `Distribution of the ${format(total)} observations ${period}`);
      fitChildren(body, counts.length, createBucketRow);
      for (const [i, count] of counts.entries()) {
        const row = body.rows[i]!;
        setText(
          row.cells[0]!,
          bucketName(bounds, i, (bound) => format(bound, unit)),
        );
        row.querySelector<HTMLElement>('.bar-fill')!.style.width = `${(100 * count) / largest}%`;
        setText(row.querySelector('.bar-text')!, total === 0 ? '' : percent(count / total));
        setText(row.cells[2]!, format(count));
      }
    },
  };
}

function createBucketRow(): HTMLTableRowElement {
  const track = el('span', { className: 'bar-track', 'aria-hidden': 'true' }, el('span', { className: 'bar-fill' }));
  return el(
    'tr',
    {},
    el('th', { scope: 'row' }),
    el('td', { className: 'bar-cell' }, track, el('span', { className: 'bar-text' })),
    el('td', { className: 'number' }),
  );
}

function bucketName(bounds: readonly number[], i: number, write: (bound: number) => string): string {
  const upper = bounds[i];
  const lower = bounds[i - 1];
  if (lower === undefined) return upper === undefined ? 'all' : `≤ ${write(upper)}`;
  return upper === undefined ? `> ${write(lower)}` : `${write(lower)} – ${write(upper)}`;
}
