import type { Command } from 'commander';
import { baseConfigFile } from '../../layers/experiment/run-configuration.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { sha256 } from '../../layers/platform/hash.ts';
import { renewRun } from '../../layers/runs/renew.ts';
import { type Connection, connect } from '../pipeline/connection.ts';
import { deployedExecutions, findRun } from '../pipeline/executions.ts';
import { followAloud } from '../pipeline/progress.ts';
import { downloadReport, readReport } from '../pipeline/run-report.ts';
import { verdictText } from '../pipeline/verdict.ts';
import { note, print, printJson } from '../terminal.ts';

/** `ecom retry <run>`: another attempt at the same data. */
export function define(command: Command): void {
  command
    .argument('<run>')
    .option('--json', 'print the report as JSON, and nothing else, on standard output')
    .addHelpText(
      'after',
      '\nStages that were done are not repeated. Of a run that another version of the code began, the files are read anew by a run of their own. A run that succeeded is loaded again where the database has lost it. The beginning of the run id will do.\n\nExamples:\n  ecom retry 3f2a\n  ecom retry 3f2a9c0d1e4b5a67 --json',
    )
    .action(retry);
}

interface RetryOptions {
  readonly json?: boolean;
}

async function retry(run: string, options: RetryOptions): Promise<void> {
  const connection = await connect();
  const runId = await currentRun(connection, await findRun(connection, run));
  const attempt = await startNextAttempt(connection, runId);
  await followAloud(connection, { runId, attempt });
  const report = await readReport(connection, runId);
  const files = await downloadReport(connection, runId);
  if (options.json) return printJson(report);
  print(`\n${verdictText(report)}\n`);
  for (const file of files) print(file);
}

/** The run itself or, where another version of the code is deployed since, a run of the same files with that one. */
async function currentRun({ store }: Connection, runId: string): Promise<string> {
  const inputs = await store.require('inputs', runId);
  if (inputs.codeVersion === CODE_VERSION) return runId;
  const code = { codeVersion: CODE_VERSION, configHash: sha256(baseConfigFile.text) };
  const renewed = await renewRun(store, inputs, code);
  note(`Another version of the code is deployed since: run ${renewed} reads the same files`);
  return renewed;
}

/**
 * Of a run that has succeeded too: its marts are loaded again where the database has lost them.
 * @throws UsageError when the run is running
 */
async function startNextAttempt(connection: Connection, runId: string): Promise<number> {
  const executions = await deployedExecutions(connection);
  const newest = await executions.newest(runId);
  if (newest?.status === 'running') {
    throw new UsageError({
      what: `run ${runId} is running, attempt ${newest.attempt}`,
      remedy: `Follow it: ./ecom watch ${runId}`,
    });
  }
  const { drop } = await connection.store.require('inputs', runId);
  const attempt = (newest?.attempt ?? 0) + 1;
  await executions.start({ runId, drop, attempt });
  return attempt;
}
