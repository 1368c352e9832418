import path from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { areas, defaultDrop, reportFiles } from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import { isFolder, lastReportOf } from '../pipeline/analyses.ts';
import type { Connection } from '../pipeline/connection.ts';
import { deployedPipeline } from '../pipeline/deployed.ts';
import { downloadReport, readReport } from '../pipeline/run-report.ts';
import { verdictText } from '../pipeline/verdict.ts';
import { print, printJson } from '../terminal.ts';

/** `ecom report [run|dir]`: the verdict of a run, of a drop's published run, or of a folder's last analysis. */
export function define(command: Command): void {
  command
    .argument('[run|dir]', 'a run of the pipeline, or a folder that was analysed')
    .option('--drop <name>', 'the drop whose published run is meant, when no run is named')
    .option(
      '--out <dir>',
      'where ecom analyze put the report of the folder, if elsewhere than it does by itself',
    )
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nThe beginning of the run id will do.\n\nExamples:\n  ecom report data/\n  ecom report\n  ecom report --drop shop_b\n  ecom report 3f2a --json | jq .experiments[0].decision',
    )
    .action(report);
}

interface ReportOptions {
  readonly drop?: string;
  readonly out?: string;
  readonly json?: boolean;
}

async function report(source: string | undefined, options: ReportOptions): Promise<void> {
  if (source !== undefined && (await isFolder(source))) return reportOfFolder(source, options);
  return reportOfRun(source, options);
}

async function reportOfFolder(folder: string, { out, json }: ReportOptions): Promise<void> {
  const { report, file } = await lastReportOf(folder, out);
  if (json) return printJson(report);
  print(`${verdictText(report)}\n`);
  for (const name of reportFiles) print(path.join(path.dirname(file), name));
}

async function reportOfRun(run: string | undefined, options: ReportOptions): Promise<void> {
  const { connection, findRun } = await deployedPipeline();
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
    remedy: `Run it: ./ecom run <dir>${drop === undefined || drop === defaultDrop ? '' : ` --drop ${drop}`}`,
  });
}

async function dropsShown({ processed }: RunStore): Promise<string[]> {
  const pointers = await processed.list(areas.latest);
  return pointers.map(({ key }) => path.posix.basename(key, '.json'));
}
