import path from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { areas, defaultDrop } from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import { type Connection, connect } from '../pipeline/connection.ts';
import { findRun } from '../pipeline/executions.ts';
import { downloadReport, readReport, verdictText } from '../pipeline/run-report.ts';
import { print, printJson } from '../terminal.ts';

/** `ecom report [run]`: the verdict of a run, or of a drop's published run. */
export function define(command: Command): void {
  command
    .argument('[run]')
    .option('--drop <name>', 'the drop whose published run is meant, when no run is named')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nThe beginning of the run id will do.\n\nExamples:\n  ecom report\n  ecom report --drop shop_b\n  ecom report 3f2a --json | jq .experiments[0].decision',
    )
    .action(report);
}

interface ReportOptions {
  readonly drop?: string;
  readonly json?: boolean;
}

async function report(run: string | undefined, options: ReportOptions): Promise<void> {
  const connection = connect();
  const runId =
    run === undefined ? await publishedRun(connection, options.drop) : await findRun(connection, run);
  const report = await readReport(connection, runId);
  if (options.json) return printJson(report);
  const files = await downloadReport(connection, runId);
  print(`${verdictText(report)}\n`);
  for (const file of files) print(file);
}

/** The drop's published run; without a drop, that of the newest publication. */
async function publishedRun({ store }: Connection, drop: string | undefined): Promise<string> {
  const drops = drop === undefined ? await dropsShown(store) : [drop];
  const pointers = await Promise.all(drops.map((name) => store.read('latest', name)));
  const published = pointers
    .filter((pointer) => pointer !== undefined)
    .toSorted((a, b) => b.publishedAt.localeCompare(a.publishedAt));
  if (published[0] !== undefined) return published[0].runId;
  throw new UsageError({
    what: drop === undefined ? 'nothing is published yet' : `nothing is published for the drop "${drop}"`,
    remedy: `Run it: npx ecom run <dir>${drop === undefined || drop === defaultDrop ? '' : ` --drop ${drop}`}`,
  });
}

async function dropsShown({ processed }: RunStore): Promise<string[]> {
  const pointers = await processed.list(areas.latest);
  return pointers.map(({ key }) => path.posix.basename(key, '.json'));
}
