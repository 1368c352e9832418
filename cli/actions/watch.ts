import { connect } from '../pipeline/connection.ts';
import { findAttempt } from '../pipeline/executions.ts';
import { followAloud } from '../pipeline/progress.ts';
import { readReport, verdictText } from '../pipeline/run-report.ts';
import { print, printJson } from '../terminal.ts';

export interface WatchOptions {
  readonly json?: boolean;
}

/** `ecom watch [run]`: follows a run to its end. */
export async function watch(run: string | undefined, options: WatchOptions): Promise<void> {
  const connection = connect();
  const attempt = await findAttempt(connection, run);
  await followAloud(connection, attempt);
  const report = await readReport(connection, attempt.runId);
  if (options.json) return printJson(report);
  print(`\n${verdictText(report)}`);
}
