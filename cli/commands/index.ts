import type { Command } from 'commander';
import { registerGenerate } from './generate.ts';

/** Adds every command to the program, in the order in which the help lists them. */
export function registerCommands(program: Command): void {
  registerGenerate(program);
}
