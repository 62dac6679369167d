const TOTAL = '_total';
const CREATED = '_created';

/**
 * Moves counters whose names clash in OpenMetrics, such as `x_total` next to `x` or `x_created`, to the end of the
 * families. The names are then known to be taken when the counter is written. A family `x_created` does not clash if it
 * can be a part of the counter. Returns the same list if none clashes.
 */
export function clashingLast<T extends { readonly name: string }>(
  families: readonly T[],
  isCounter: (family: T) => boolean,
  canBePart: (family: T) => boolean = () => false,
): readonly T[] {
  const names = new Set<string>();
  for (const family of families) if (!(family.name.endsWith(CREATED) && canBePart(family))) names.add(family.name);
  const clashes = (family: T) => {
    if (!family.name.endsWith(TOTAL) || !isCounter(family)) return false;
    const base = family.name.slice(0, -TOTAL.length);
    return names.has(base) || names.has(base + CREATED);
  };
  const clashing = new Set(families.filter(clashes));
  return clashing.size === 0 ? families : [...families.filter((family) => !clashing.has(family)), ...clashing];
}
