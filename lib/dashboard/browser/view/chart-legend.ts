import { format } from '../model/format.ts';
import type { Unit } from '../model/units.ts';
import type { ChartData } from '../protocol.ts';
import { el, setAttribute, setText } from './dom.ts';

/** Number of line colours in the style sheet. */
const COLOURS = 6;

type Line = ChartData['lines'][number];

/** The labels and values of a chart's lines. A click hides a line. */
export class ChartLegend {
  readonly element = el('ul', { className: 'legend' });
  private readonly onToggle: (index: number, isShown: boolean) => void;
  /** Labels of lines that the user has hidden. */
  private readonly hidden = new Set<string>();

  constructor(onToggle: (index: number, isShown: boolean) => void) {
    this.onToggle = onToggle;
  }

  /** Creates the items of other lines. `ownAxis` is the line whose axis is on the right; −1 for none. */
  build(lines: readonly Line[], ownAxis: number): void {
    const items = lines.map(({ label, isTotal }, i) => {
      const button = el(
        'button',
        { type: 'button' },
        el('span', { className: `swatch line-${isTotal ? 'total' : i % COLOURS}`, 'aria-hidden': 'true' }),
        el('bdi', { title: label }, i === ownAxis ? `${label} (right axis)` : label),
        el('span', { className: 'number' }),
      );
      button.addEventListener('click', () => this.toggle(label, i));
      return el('li', {}, button);
    });
    this.element.replaceChildren(...items);
    for (const [i, { label }] of lines.entries()) this.mark(label, i);
  }

  showValues(values: readonly (number | null)[], unit: Unit | undefined): void {
    for (const [i, value] of values.entries())
      setText(this.element.children[i]!.querySelector('.number')!, format(value, unit));
  }

  isShown(label: string): boolean {
    return !this.hidden.has(label);
  }

  /** The colours of the lines in the current theme. */
  get colours(): string[] {
    return [...this.element.querySelectorAll('.swatch')].map((swatch) => getComputedStyle(swatch).color);
  }

  private toggle(label: string, index: number): void {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    this.mark(label, index);
    this.onToggle(index, this.isShown(label));
  }

  private mark(label: string, index: number): void {
    const button = this.element.children[index]!.firstElementChild!;
    setAttribute(button, 'aria-pressed', String(this.isShown(label)));
    button.classList.toggle('struck', !this.isShown(label));
  }
}
