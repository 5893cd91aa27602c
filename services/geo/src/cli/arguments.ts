/** What a command may be told beside its operands. */
export interface Options {
  /** Options that stand alone, such as `--json`. */
  readonly flags?: readonly string[];
  /** Options that a value follows, such as `--out`. */
  readonly values?: readonly string[];
}

/** The arguments of a command, read. */
export interface Arguments {
  readonly operands: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

/** The arguments of a command ask for nothing that it does. The message is the sentence. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads the arguments of a command; `--` ends its options. Errors: UsageError. */
export function readArguments(
  command: string,
  args: readonly string[],
  { flags = [], values = [] }: Options,
): Arguments {
  const found = { operands: [] as string[], flags: new Set<string>(), values: new Map() };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === "--") {
      found.operands.push(...args.slice(at + 1));
      break;
    }
    if (!arg.startsWith("-")) found.operands.push(arg);
    else if (flags.includes(arg)) found.flags.add(arg);
    else if (values.includes(arg)) found.values.set(arg, valueAfter(args, at++));
    else throw new UsageError(`${command} has no option ${arg}`);
  }
  return found;
}

function valueAfter(args: readonly string[], at: number): string {
  const value = args[at + 1];
  if (value === undefined || value === "") throw new UsageError(`${args[at]} needs a value`);
  return value;
}
