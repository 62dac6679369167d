/**
 * Returns the title of the browser's tab: what is open, after the number of metrics above their thresholds. That number
 * is not known of an unreachable server.
 */
export function tabTitle(page: string, open: string, { above, isLost }: { above: number; isLost: boolean }): string {
  const name = open === '' ? page : `${open} · ${page}`;
  if (isLost) return `Server lost · ${name}`;
  return above === 0 ? name : `▲ ${above} · ${name}`;
}
