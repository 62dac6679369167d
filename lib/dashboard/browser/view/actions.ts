import { curlOf, promqlOf } from '../model/queries.ts';
import type { Detail, ExportedFile, ExportFormat } from '../protocol.ts';
import { copyOnClick } from './clipboard.ts';
import { el, setText } from './dom.ts';
import type { State } from './state.ts';

/** Buttons that copy what is shown, or export it. */
export interface Actions {
  readonly element: HTMLElement;
  show(detail: Detail): void;
}

export interface ActionOptions {
  readonly documentUrl: string;
  onExport(format: ExportFormat): void;
}

export function createActions(state: State, { documentUrl, onExport }: ActionOptions): Actions {
  let detail: Detail | undefined;
  const query = () => ({ ...state.current, name: detail!.name, type: detail!.type, combined: detail!.combined });
  const csv = el('button', { type: 'button', title: 'All rows of the table' }, 'CSV ↓');
  csv.addEventListener('click', () => onExport('csv'));
  const json = el('button', { type: 'button', title: 'Figures, charts and all rows of the table' }, 'JSON ↓');
  json.addEventListener('click', () => onExport('json'));
  const element = el(
    'div',
    { className: 'actions', role: 'group', 'aria-label': 'Copy and export' },
    createCopyButton('value', () => String(detail?.figures.find(({ value }) => value !== null)?.value ?? '')),
    createCopyButton('PromQL', () => promqlOf(query())),
    createCopyButton('curl', () => curlOf(documentUrl, detail!.name)),
    csv,
    json,
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
  copyOnClick(button, text, (outcome) => setText(button, outcome ?? `Copy ${what}`));
  return button;
}

/** Saves a file, as a click on a download link does. */
export function download({ name, contentType, text }: ExportedFile): void {
  const url = URL.createObjectURL(new Blob([text], { type: contentType }));
  el('a', { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
