import type { LabelSet } from '../../model/metric-family.ts';
import type { Relabel } from '../../parsers/label-set-cache.ts';

/** Adds fixed labels to a series. A conflicting label becomes `exported_…`, as in Prometheus without `honor_labels`. */
export function addFixedLabels(fixed: LabelSet): Relabel {
  const fixedNames = Object.keys(fixed);
  return (labels) => {
    const isClash = fixedNames.some((name) => Object.hasOwn(labels, name));
    return Object.assign(isClash ? renameConflicts(labels, fixed) : labels, fixed);
  };
}

function renameConflicts(labels: LabelSet, fixed: LabelSet): Record<string, string> {
  const names = Object.keys(labels);
  const taken = new Set(names);
  const exportedName = (name: string) => {
    if (!Object.hasOwn(fixed, name)) return name;
    let other = name;
    while (Object.hasOwn(fixed, other) || taken.has(other)) other = `exported_${other}`;
    taken.add(other);
    return other;
  };
  return Object.fromEntries(names.map((name) => [exportedName(name), labels[name] as string]));
}
