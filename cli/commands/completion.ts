import { Argument, type Command } from 'commander';
import { bashCompletion, fishCompletion, zshCompletion } from '../completion/scripts.ts';
import { vocabularyOf } from '../completion/vocabulary.ts';
import { print } from '../terminal.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `ecom completion <shell>`: what a shell needs to complete commands and options. */
export function define(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      '\nThe scripts complete the command "ecom": link it (npm link), or make it an alias of "./ecom".\n\nExamples:\n  ecom completion bash >> ~/.bashrc\n  ecom completion zsh > ~/.zsh/completions/_ecom\n  ecom completion fish > ~/.config/fish/completions/ecom.fish',
    )
    .action((shell: keyof typeof scripts) => {
      print(scripts[shell](vocabularyOf(command.parent?.commands ?? [])));
    });
}
