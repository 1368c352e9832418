import type { Command } from 'commander';
import { registerDeploy } from './deploy.ts';
import { registerDown } from './down.ts';
import { registerGenerate } from './generate.ts';
import { registerStatus } from './status.ts';
import { registerUp } from './up.ts';
import { registerValidate } from './validate.ts';

/** Adds every command to the program, in the order in which the help lists them. */
export function registerCommands(program: Command): void {
  registerUp(program);
  registerDown(program);
  registerStatus(program);
  registerDeploy(program);
  registerGenerate(program);
  registerValidate(program);
}
