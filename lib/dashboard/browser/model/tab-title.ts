/** Returns the title of the browser's tab: what is open, after the number of metrics above their thresholds. */
export function tabTitle(page: string, open: string, above: number): string {
  const name = open === '' ? page : `${open} · ${page}`;
  return above === 0 ? name : `▲ ${above} · ${name}`;
}
