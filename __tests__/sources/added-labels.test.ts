import { addLabelNames, addLabels } from '../../lib/sources/added-labels.ts';

describe('addLabels', () => {
  test.each([
    ['appends a label that does not conflict', { a: '1' }, { b: '2' }, { a: '1', b: '2' }],
    ['renames a label that conflicts', { a: '1', b: '2' }, { a: '3' }, { exported_a: '1', b: '2', a: '3' }],
    [
      'prefixes the name again while the label set has it',
      { a: '1', exported_a: '2' },
      { a: '3' },
      { exported_exported_a: '1', exported_a: '2', a: '3' },
    ],
    [
      'never renames a label to the name of another added one',
      { a: '1' },
      { a: '2', exported_a: '3' },
      { exported_exported_a: '1', a: '2', exported_a: '3' },
    ],
    [
      'renames two labels to different names',
      { a: '1', exported_a: '2' },
      { a: '3', exported_a: '4' },
      { exported_exported_a: '1', exported_exported_exported_a: '2', a: '3', exported_a: '4' },
    ],
  ])('%s', (_, labels, added, expected) => {
    const before = Object.entries(labels);
    expect(Object.entries(addLabels(labels, added))).toEqual(Object.entries(expected));
    expect(Object.entries(labels)).toEqual(before);
  });

  test('keeps a label that is called __proto__', () => {
    const labels = JSON.parse('{"__proto__":"1","a":"2"}');
    expect(JSON.stringify(addLabels(labels, { a: '3' }))).toBe('{"__proto__":"1","exported_a":"2","a":"3"}');
    expect(JSON.stringify(addLabels(labels, { b: '3' }))).toBe('{"__proto__":"1","a":"2","b":"3"}');
  });
});

describe('addLabelNames', () => {
  test.each([
    ['appends a name', ['a'], ['a', 'b']],
    ['adds the exported name of a conflict', ['a', 'b'], ['a', 'exported_b', 'b']],
    ['lists each name once', ['b', 'exported_b'], ['exported_exported_b', 'exported_b', 'b']],
  ])('%s', (_, names, expected) => {
    expect(addLabelNames(names, ['b'])).toEqual(expected);
  });
});
