import type { ViewState } from '../model/url-state.ts';
import type { ChartLines } from './chart-lines.ts';
import { OpenFamily } from './open-family.ts';
import type { Store } from './store.ts';

type View = Pick<ViewState, 'filter' | 'order' | 'group' | 'window'>;

/** A family that the page shows, as long as it shows it in the same way. */
export class ShownFamily {
  private readonly store: Store;
  private readonly lines: ChartLines;
  private shown: OpenFamily | undefined;
  private key = '';

  constructor(store: Store, lines: ChartLines) {
    this.store = store;
    this.lines = lines;
  }

  get current(): OpenFamily | undefined {
    return this.shown;
  }

  /** Returns the family of that name, if there is one. Another filter or order starts it again. */
  show(name: string, { filter, order, group, window }: View): OpenFamily | undefined {
    const family = this.store.families.get(name);
    const key = JSON.stringify([filter, order, group, window]);
    if (family === undefined) this.shown = undefined;
    else if (family !== this.shown?.family || key !== this.key)
      this.shown = new OpenFamily(family, { filter, order, group, window }, this.lines);
    this.key = key;
    return this.shown;
  }

  /** Starts the family again when it is shown next, because its past has changed. */
  invalidate(): void {
    this.key = '';
  }
}
