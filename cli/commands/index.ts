import type { Command } from 'commander';
import { registerAnalyze } from './analyze.ts';
import { registerCompletion } from './completion.ts';
import { registerDemo } from './demo.ts';
import { registerDeploy } from './deploy.ts';
import { registerDoctor } from './doctor.ts';
import { registerDown } from './down.ts';
import { registerGenerate } from './generate.ts';
import { registerInit } from './init.ts';
import { registerPower } from './power.ts';
import { registerPsql } from './psql.ts';
import { registerQuarantine } from './quarantine.ts';
import { registerReport } from './report.ts';
import { registerRetry } from './retry.ts';
import { registerRun } from './run.ts';
import { registerRuns } from './runs.ts';
import { registerStatus } from './status.ts';
import { registerUi } from './ui.ts';
import { registerUp } from './up.ts';
import { registerUpload } from './upload.ts';
import { registerValidate } from './validate.ts';
import { registerWatch } from './watch.ts';

/** Adds every command to the program, in the order in which the help lists them. */
export function registerCommands(program: Command): void {
  registerDemo(program);
  registerUp(program);
  registerDown(program);
  registerStatus(program);
  registerDeploy(program);
  registerGenerate(program);
  registerInit(program);
  registerValidate(program);
  registerAnalyze(program);
  registerUpload(program);
  registerRun(program);
  registerRuns(program);
  registerWatch(program);
  registerRetry(program);
  registerReport(program);
  registerUi(program);
  registerQuarantine(program);
  registerPsql(program);
  registerPower(program);
  registerDoctor(program);
  registerCompletion(program);
  for (const command of program.commands) {
    command.showHelpAfterError(`(ecom ${command.name()} --help shows what it takes)`);
  }
}
