import { type ParseArgsConfig, parseArgs } from 'node:util';
import { optionError, shown } from '../util/option-error.ts';
import { suggestNames } from '../util/suggest-names.ts';
import type { Output } from './output.ts';

/** Exit statuses of the command. */
export const EXIT = {
  /** Nothing to report. */
  ok: 0,
  /** `check` has found a fault in the document, or an empty one, or `diff` a difference. */
  found: 1,
  /** There is no document, or no port to listen on. */
  failed: 2,
  /** The arguments are not valid. */
  usage: 64,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** One of the subcommands. */
export interface Command {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Text of `--help`. */
  readonly help: string;
  /** @throws {TypeError} for arguments that are not valid; other errors mean that there is no document */
  run(args: readonly string[], output: Output): Promise<ExitStatus>;
}

/** A failure about which `--json` has more to say than its message. */
export class CommandFailure extends Error {
  readonly members: object;

  constructor(cause: Error, members: object) {
    super(cause.message, { cause });
    this.members = members;
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;

interface Config<T extends Options> {
  args: string[];
  options: T;
  allowPositionals: true;
  tokens: true;
}

/** @throws {TypeError} that names the option, and suggests the nearest one */
export function parseCommand<const T extends Options>(
  command: string,
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<Config<T>>> {
  try {
    return parseArgs<Config<T>>({ args: joinNegative(args, options), options, allowPositionals: true, tokens: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, name = ''] = /'(-[^' ]*)/.exec(message) ?? [];
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') throw invalidValue(command, name, args, options);
    throw unknownName(
      `${command}: option`,
      name,
      Object.keys(options).map((it) => `--${it}`),
    );
  }
}

/** Joins options with negative numbers after them, which `parseArgs` takes for options: the number is checked later. */
function joinNegative(args: readonly string[], options: Options): string[] {
  const joined: string[] = [];
  for (const [i, arg] of args.entries()) {
    const last = args[i - 1] ?? '';
    const isValue = /^-\.?\d/.test(arg) && last.startsWith('--') && options[last.slice(2)]?.type === 'string';
    if (isValue) joined[joined.length - 1] = `${last}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

const shownValue = (text: string): string => (isLikeUrl(text) ? 'VALUE' : text);

/** An option without its value, or a value of an option that has none. */
function invalidValue(command: string, name: string, args: readonly string[], options: Options): TypeError {
  const place = `${command}: ${name}`;
  if (options[name.slice(2)]?.type === 'boolean') {
    return optionError(place, true, { expected: 'no value', got: 'one', write: name });
  }
  const next = args[args.indexOf(name) + 1];
  const write = next === undefined || next.startsWith('--') ? `${name} VALUE` : `${name}=${shownValue(next)}`;
  return optionError(place, next, {
    expected: 'a value',
    got: next === undefined ? 'none' : shownArgument(next),
    write,
  });
}

/** Names the nearest ones, or all. */
export function unknownName(place: string, name: string, known: readonly string[]): TypeError {
  const nearest = suggestNames(name, known);
  const write = (nearest.length > 0 ? nearest : known).join(' or ');
  return optionError(place, name, { expected: 'one that exists', got: shownArgument(name), write });
}

/** Whether an argument may be a URL, or a part of one. */
export const isLikeUrl = (text: string): boolean => /:\/\/|[@?]/.test(text);

/** Whether an argument may contain credentials, or a token in the query of a URL. */
export const mayBeSecret = (text: string): boolean => /[@?]/.test(text);

/** Formats an argument for a message, unless it may contain a secret. */
export const shownArgument = (text: string): string =>
  mayBeSecret(text) ? 'a text that may contain a secret' : shown(text);

/** What an endpoint has to change, in place of the hint at the option. */
const EXEMPLAR_TYPE = '; if this is an exemplar, the document must be OpenMetrics, by its Content-Type and its "# EOF"';

/** Removes what the message of an error says of options of functions, which the command does not have. */
export const withoutOptions = (message: string): string =>
  message
    .replace(/(?:; (?:see|if it is one, set)|, or) the option \w+/g, '')
    .replace('; if this is an exemplar, set format: "openmetrics"', EXEMPLAR_TYPE);

/** @throws {TypeError} unless there are as many arguments as names */
export function checkArguments(command: string, given: readonly string[], ...names: readonly string[]): void {
  if (given.length === names.length) return;
  const [first, ...others] = given;
  const one = first === undefined ? 'none' : shownArgument(first);
  const got = others.length === 0 ? one : `${given.length} arguments`;
  throw optionError(command, given, { expected: names.join(' and '), got, write: `${command} ${names.join(' ')}` });
}

/** Values of an option that is a number. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** Whether fractions are valid. Default: false. */
  readonly hasFractions?: boolean;
  /** A valid number, for the error. */
  readonly example: number;
}

/** Seconds of `--timeout`. */
export const TIMEOUT_RANGE: NumberRange = { min: 0.001, max: 3600, hasFractions: true, example: 10 };

/** Reads an option that is a number in decimal notation. @throws {TypeError} unless it is one in this range */
export function numberOption(place: string, text: string, range: NumberRange): number {
  const { min, max, hasFractions = false, example } = range;
  const value = Number(text);
  const isDecimal = hasFractions ? /^(?:\d+(?:\.\d+)?|\.\d+)$/.test(text) : /^\d+$/.test(text);
  if (isDecimal && value >= min && value <= max) return value;
  throw optionError(place, text, {
    expected: `a ${hasFractions ? '' : 'whole '}number from ${min} to ${max}`,
    got: shownArgument(text),
    write: `one such as ${example}`,
  });
}
