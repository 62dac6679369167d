export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** A figure that is best when large: how many times faster, say. */
export function atLeast(figure, value, bound, unit = '×') {
  return row(figure, value, bound, unit, '≥', bound === undefined || value >= bound);
}

/** A figure that is best when small. */
export function atMost(figure, value, bound, unit) {
  return row(figure, value, bound, unit, '≤', bound === undefined || value <= bound);
}

function row(figure, value, bound, unit, sign, isMet) {
  const text = (number) => `${number >= 100 ? Math.round(number) : Number(number.toPrecision(3))}${unit}`;
  return { figure, measured: text(value), ...(bound !== undefined && { bound: `${sign} ${text(bound)}`, isMet }) };
}
