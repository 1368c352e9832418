import type { Command } from 'commander';
import { connect } from '../pipeline/connection.ts';
import { findAttempt } from '../pipeline/executions.ts';
import { follow } from '../pipeline/follow.ts';
import { readReport, verdictText } from '../pipeline/report.ts';
import { noteStage } from '../pipeline/run-drop.ts';
import { note, print, printJson } from '../terminal.ts';

/** `ecom watch [run]`: follows a run to its end. */
export function registerWatch(program: Command): void {
  program
    .command('watch [run]')
    .description('follow a run (the newest by default) and print its verdict')
    .option('--json', 'print the report as JSON')
    .action(async (run: string | undefined, options: { json?: boolean }) => {
      const connection = connect();
      const attempt = await findAttempt(connection, run);
      note(`run ${attempt.runId}, attempt ${attempt.attempt}`);
      await follow(connection, attempt, noteStage);
      const report = await readReport(connection, attempt.runId);
      if (options.json) return printJson(report);
      print(`\n${verdictText(report)}`);
    });
}
