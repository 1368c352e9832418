import type { CommandWords, OptionWords } from './vocabulary.ts';

/** A completion script for bash (3.2 and newer). */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, options, argument }) => {
    const values = options.flatMap(({ flag, values: known }) =>
      known === undefined ? [] : [`        ${flag}) ${bashValues(known)} ;;`],
    );
    const words = [
      ...options.map(({ flag }) => flag),
      '--help',
      ...(Array.isArray(argument) ? argument : []),
    ];
    return `    ${name})
      case "$previous" in
${[...values, `        *) words="${words.join(' ')}"${argument === 'folder' ? '; files=-d' : ''} ;;`].join('\n')}
      esac ;;`;
  });
  return `_ecom() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words="" files=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...commands.map(({ name }) => name), 'help', '--help'].join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
    help) words="${commands.map(({ name }) => name).join(' ')}" ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$current" in
    -*) ;;
    *) [ -n "$files" ] && while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen $files -- "$current") ;;
  esac
}
complete -o filenames -F _ecom ecom`;
}

function bashValues(values: readonly string[] | 'file' | 'any'): string {
  if (values === 'file') return 'files=-f';
  return values === 'any' ? ':' : `words="${values.join(' ')}"`;
}

/** A completion function for zsh, to be called _ecom and to lie on the fpath. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, options, argument }) => {
    const positional =
      argument === undefined
        ? []
        : [`'1:${Array.isArray(argument) ? `argument:(${argument.join(' ')})` : 'folder:_files -/'}'`];
    const specs = [...options.map(zshOption), "'--help[display help]'", ...positional];
    return `    ${name}) _arguments ${specs.join(' ')} ;;`;
  });
  return `#compdef ecom
_ecom() {
  local -a commands
  commands=(${commands.map(({ name, description }) => quoted(`${name}:${description.replaceAll(':', '\\:')}`)).join(' ')})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
    help) _describe command commands ;;
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_ecom" ]; then _ecom "$@"; else compdef _ecom ecom; fi`;
}

function zshOption({ flag, description, values }: OptionWords): string {
  const text = description.replace(/[[\]]/g, '').replaceAll(':', '\\:');
  const value =
    values === undefined
      ? ''
      : values === 'any'
        ? ':value: '
        : values === 'file'
          ? ':file:_files'
          : `:value:(${values.join(' ')})`;
  return quoted(`${flag}[${text}]${value}`);
}

/** Completions for fish. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, options, argument }) => [
    `complete -c ecom -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
    ...(Array.isArray(argument)
      ? [`complete -c ecom -n '__fish_seen_subcommand_from ${name}' -a ${quoted(argument.join(' '))}`]
      : []),
    ...(argument === 'folder'
      ? [`complete -c ecom -n '__fish_seen_subcommand_from ${name}' -a '(__fish_complete_directories)'`]
      : []),
    ...options.map(
      (option) => `complete -c ecom -n '__fish_seen_subcommand_from ${name}' ${fishOption(option)}`,
    ),
  ]);
  return ['complete -c ecom -f', ...lines].join('\n');
}

function fishOption({ flag, short, description, values }: OptionWords): string {
  const value =
    values === undefined
      ? ''
      : values === 'file'
        ? ' -r -F'
        : values === 'any'
          ? ' -x'
          : ` -x -a ${quoted(values.join(' '))}`;
  const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
  return `-l ${flag.slice(2)}${letter}${value} -d ${quoted(description)}`;
}

/** One word of bash, zsh and fish. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
