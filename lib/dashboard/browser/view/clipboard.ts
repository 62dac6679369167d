import { el } from './dom.ts';

/** Time (ms) for which a button says that it has copied. */
const CONFIRMATION_MS = 2000;

/** Makes a click on the button copy a text. `show` is called with the outcome and then, a little later, without one. */
export function copyOnClick(button: HTMLElement, text: () => string, show: (outcome?: string) => void): void {
  button.addEventListener('click', async () => {
    show((await copy(text())) ? 'Copied' : 'Not copied');
    setTimeout(show, CONFIRMATION_MS);
  });
}

/** Copies text. The clipboard exists only on HTTPS and on this machine; elsewhere, the selection is copied. */
async function copy(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard !== undefined) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Permission was denied: the other way may work.
  }
  const focused = document.activeElement;
  const field = el('textarea', { value: text, className: 'unseen' });
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isCopied;
}
