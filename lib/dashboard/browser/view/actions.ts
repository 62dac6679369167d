import { csvOf, curlOf, promqlOf } from '../model/queries.ts';
import type { Detail } from '../protocol.ts';
import { el, setText } from './dom.ts';
import type { State } from './state.ts';

/** Time (ms) for which a button says that it has copied. */
const CONFIRMATION_MS = 2000;

/** Buttons that copy what is shown, or export it. */
export interface Actions {
  readonly element: HTMLElement;
  show(detail: Detail): void;
}

export function createActions(state: State, documentUrl: string): Actions {
  let detail: Detail | undefined;
  const query = () => ({ ...state.current, name: detail!.name, type: detail!.type });
  const csv = el('button', { type: 'button' }, 'CSV ↓');
  csv.addEventListener('click', () => {
    if (detail?.table !== undefined) download(`${detail.name}.csv`, csvOf(tableRows(detail.table)));
  });
  const element = el(
    'div',
    { className: 'actions', role: 'group', 'aria-label': 'Copy and export' },
    createCopyButton('value', () => String(detail?.figures.find(({ value }) => value !== null)?.value ?? '')),
    createCopyButton('PromQL', () => promqlOf(query())),
    createCopyButton('curl', () => curlOf(documentUrl, detail!.name)),
    csv,
  );
  return {
    element,
    show(next) {
      detail = next;
      csv.hidden = next.table === undefined;
    },
  };
}

function createCopyButton(what: string, text: () => string): HTMLButtonElement {
  const button = el('button', { type: 'button' }, `Copy ${what}`);
  button.addEventListener('click', async () => {
    const isCopied = await copy(text());
    setText(button, isCopied ? 'Copied' : 'Not copied');
    setTimeout(() => setText(button, `Copy ${what}`), CONFIRMATION_MS);
  });
  return button;
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
  const field = el('textarea', { value: text, className: 'unseen' });
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  return isCopied;
}

/** Returns the rows on screen, with a column for each label. */
function tableRows({ columns, rows }: NonNullable<Detail['table']>): (string | number | null)[][] {
  const names = [...new Set(rows.flatMap(({ labels }) => labels.map(({ name }) => name)))];
  const body = rows.map(({ labels, values }) => [
    ...names.map((name) => labels.find((label) => label.name === name)?.value ?? ''),
    ...values,
  ]);
  return [[...names, ...columns.map(({ title }) => title)], ...body];
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  el('a', { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
