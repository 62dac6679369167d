/** Texts of the thousandths, without the zero before the point: '', '.001', … '.5', … '.999'. */
const FRACTIONS = Array.from({ length: 1000 }, (_, thousandths) => String(thousandths / 1000).slice(1));

/** Up to here, a number of three decimals has at most 15 digits, of which a double keeps all. */
const MAX_DECIMAL = 1e12;

/**
 * Returns the shortest decimal text that reads back as the same number, as `${value}` does. Numbers of at most three
 * decimals, as most are that are measured, take a third of its time.
 */
export function decimalText(value: number): string {
  const thousandths = Math.round(value * 1000);
  if (thousandths / 1000 !== value || value > MAX_DECIMAL || value < -MAX_DECIMAL) return `${value}`;
  if (value < 0) return `-${positiveText(-thousandths)}`;
  return positiveText(thousandths);
}

function positiveText(thousandths: number): string {
  const rest = thousandths % 1000;
  return `${(thousandths - rest) / 1000}${FRACTIONS[rest]}`;
}
