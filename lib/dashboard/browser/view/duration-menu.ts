import { duration } from '../model/format.ts';
import { byId, el } from './dom.ts';

/** A menu of durations (s). */
export interface DurationMenu {
  /** Shows the choices, and the selected duration even if it is none of them. */
  draw(choices: readonly number[], selected: number): void;
}

/** Whether the toolbar has little room, as on a phone. The style sheet has the same width. */
const NARROW = matchMedia('(max-width: 700px)');

/** What stands before each duration: a word or, where there is little room, a shorter one. */
interface Prefix {
  readonly word: string;
  readonly short: string;
}

/** Creates a menu from the element with the id. */
export function createDurationMenu(
  id: string,
  { word, short }: Prefix,
  onChoose: (seconds: number) => void,
): DurationMenu {
  const menu = byId<HTMLSelectElement>(id);
  const name = (seconds: number) => `${NARROW.matches ? short : word} ${duration(seconds)}`.trimStart();
  let shown: readonly number[] = [];
  menu.addEventListener('change', () => onChoose(Number(menu.value)));
  NARROW.addEventListener('change', () => {
    for (const [i, seconds] of shown.entries()) menu.options[i]!.text = name(seconds);
  });
  return {
    draw(choices, selected) {
      const all = [...new Set([...choices, selected])].sort((a, b) => a - b);
      if (all.join() !== shown.join())
        menu.replaceChildren(...all.map((seconds) => el('option', { value: String(seconds) }, name(seconds))));
      shown = all;
      menu.value = String(selected);
    },
  };
}
