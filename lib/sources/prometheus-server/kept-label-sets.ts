import type { LabelSet } from '../../model/metric-family.ts';
import { openAccount } from '../../util/cache-budget.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';

/** Label sets by their text. */
export type LabelSets = ReadonlyMap<string, LabelSet>;

/** What V8 takes for a label set, in bytes, besides the characters of its text and of its values. */
const LABEL_SET = 200;

/**
 * The label sets of a query's last answer: the same object is given from scrape to scrape, so that the encoders know it
 * again. Those for which the process's budget has no room are not kept.
 */
export class KeptLabelSets {
  private readonly account = openAccount(this);
  private sets: LabelSets = new Map();
  private bytes = 0;

  get known(): LabelSets {
    return this.sets;
  }

  async replace(sets: LabelSets): Promise<void> {
    let bytes = 0;
    for (const text of sets.keys()) {
      bytes += LABEL_SET + 4 * text.length;
      await yieldToEventLoop();
    }
    const isKept = this.account.tryReserve(bytes - this.bytes);
    if (!isKept) this.account.charge(-this.bytes);
    this.sets = isKept ? sets : new Map();
    this.bytes = isKept ? bytes : 0;
  }
}
