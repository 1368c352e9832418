import type { Command, Option } from 'commander';

/** What one can type after `ecom`. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** Values of the first argument: the choices, file names, or none that are known. */
  readonly argument: readonly string[] | 'folder' | undefined;
}

export interface OptionWords {
  /** Long form, `--json`. */
  readonly flag: string;
  readonly short: string | undefined;
  readonly description: string;
  /** Values: the choices, file names, or any; undefined where the option takes none. */
  readonly values: readonly string[] | 'file' | 'any' | undefined;
}

/** Commands and options as they are defined, so that completion never lags behind. */
export function vocabularyOf(commands: readonly Command[]): CommandWords[] {
  return commands.map((command) => {
    const [argument] = command.registeredArguments;
    return {
      name: command.name(),
      description: command.description(),
      options: command.options.map(optionWords),
      argument: argument?.argChoices ?? (argument?.name().endsWith('dir') ? 'folder' : undefined),
    };
  });
}

function optionWords({
  long,
  short,
  description,
  required,
  optional,
  argChoices,
  flags,
}: Option): OptionWords {
  const takesFile = /<(file|dir)>/.test(flags);
  return {
    flag: long ?? '',
    short,
    description,
    values: required || optional ? (argChoices ?? (takesFile ? 'file' : 'any')) : undefined,
  };
}
