import type { Command } from 'commander';
import { processedKeys } from '../../layers/contracts/keys.ts';
import { runInputs } from '../../layers/contracts/run-documents.ts';
import { reportSchema } from '../../layers/report/schema.ts';
import { positiveInteger } from '../arguments.ts';
import { type Connection, connect } from '../pipeline/connection.ts';
import { listAttempts, type RunAttempt } from '../pipeline/executions.ts';
import { print, printJson, table } from '../terminal.ts';

/** `ecom runs`: the newest runs. */
export function registerRuns(program: Command): void {
  program
    .command('runs')
    .description('list the newest runs')
    .option('--limit <n>', 'how many', positiveInteger, 20)
    .option('--json', 'print them as JSON')
    .action(async (options: { limit: number; json?: boolean }) => {
      const connection = connect();
      const attempts = await listAttempts(connection, options.limit);
      const rows = await Promise.all(attempts.map((attempt) => describe(connection, attempt)));
      if (options.json) return printJson(rows);
      if (rows.length === 0) return print('There is no run yet. Start one: npx ecom run <dir>');
      print(
        table(
          ['run', 'attempt', 'drop', 'status', 'started', 'seconds', 'decision'].map((title) => ({
            title,
            right: title === 'attempt' || title === 'seconds',
          })),
          rows.map(({ runId, attempt, drop, status, startedAt, seconds, decisions }) => [
            runId,
            String(attempt),
            drop ?? '',
            status,
            startedAt.slice(0, 19).replace('T', ' '),
            seconds?.toFixed(1) ?? '',
            decisions.map(({ experimentId, action }) => `${experimentId}: ${action}`).join(', '),
          ]),
        ),
      );
    });
}

async function describe(
  { processed }: Connection,
  { runId, attempt, status, startedAt, stoppedAt }: RunAttempt,
) {
  const inputs = await processed.getText(processedKeys.inputs(runId));
  const report =
    status === 'SUCCEEDED' ? await processed.getText(processedKeys.report(runId, 'report.json')) : undefined;
  return {
    runId,
    attempt,
    drop: inputs === undefined ? null : runInputs.parse(JSON.parse(inputs)).drop,
    status,
    startedAt: startedAt.toISOString(),
    seconds: stoppedAt === undefined ? null : (stoppedAt.getTime() - startedAt.getTime()) / 1000,
    decisions:
      report === undefined
        ? []
        : reportSchema
            .parse(JSON.parse(report))
            .experiments.map(({ experimentId, decision }) => ({ experimentId, action: decision.action })),
  };
}
