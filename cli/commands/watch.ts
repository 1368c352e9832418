import type { Command } from 'commander';
import { connect } from '../pipeline/connection.ts';
import { findAttempt } from '../pipeline/executions.ts';
import { followAloud } from '../pipeline/progress.ts';
import { readReport } from '../pipeline/run-report.ts';
import { verdictText } from '../pipeline/verdict.ts';
import { print, printJson } from '../terminal.ts';

/** `ecom watch [run]`: follows a run to its end. */
export function define(command: Command): void {
  command
    .argument('[run]')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nThe beginning of the run id will do.\n\nExamples:\n  ecom watch\n  ecom watch 3f2a --json',
    )
    .action(watch);
}

interface WatchOptions {
  readonly json?: boolean;
}

async function watch(run: string | undefined, options: WatchOptions): Promise<void> {
  const connection = await connect();
  const attempt = await findAttempt(connection, run);
  await followAloud(connection, attempt);
  const report = await readReport(connection, attempt.runId);
  if (options.json) return printJson(report);
  print(`\n${verdictText(report)}`);
}
