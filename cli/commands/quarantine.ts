import { type Command, Option } from 'commander';
import type { DatasetName } from '../../layers/data/datasets/index.ts';
import { datasetNames } from '../../layers/data/datasets/index.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { nearest } from '../../layers/platform/nearest.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { RunPlan } from '../../layers/runs/documents.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import { nonNegativeInteger } from '../arguments.ts';
import { isFolder, lastAnalysisOf } from '../pipeline/analyses.ts';
import { deployedPipeline } from '../pipeline/deployed.ts';
import { type ExportedFile, exportRows } from '../quarantine/export.ts';
import { Quarantine, type QuarantinedRow, type RuleRows } from '../quarantine/quarantine.ts';
import { note, paint, print, printJson, table, visible } from '../terminal.ts';

/** `ecom quarantine [run|dir]`: the rows that were not used, and why. */
export function define(command: Command): void {
  command
    .argument('[run|dir]', 'a run of the pipeline, or a folder that was analysed')
    .addOption(new Option('--dataset <name>', 'of this dataset only').choices(datasetNames))
    .option('--rule <name>', 'that broke this rule only')
    .option('--limit <n>', 'examples to show of each rule', nonNegativeInteger, 3)
    .option('--counts', 'show the counts alone')
    .option('--export <dir>', 'write the raw lines, one CSV per dataset, to be repaired and uploaded again')
    .option(
      '--out <dir>',
      'where ecom analyze put the report of the folder, if elsewhere than it does by itself',
    )
    .option('--json', 'print counts and examples as JSON')
    .addHelpText(
      'after',
      '\nFailed runs have a quarantine too. The beginning of the run id will do.\n\nExamples:\n  ecom quarantine data/\n  ecom quarantine\n  ecom quarantine 3f2a --dataset events --rule not_money --limit 50\n  ecom quarantine --export repair/',
    )
    .action(quarantine);
}

interface QuarantineOptions {
  readonly dataset?: DatasetName;
  readonly rule?: string;
  readonly limit: number;
  readonly counts?: boolean;
  readonly export?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Whose rows are shown. */
interface Source {
  readonly runId: string;
  readonly store: RunStore;
  /** A text as it names the files to whoever reads it. */
  readonly told: (text: string) => string;
}

async function quarantine(source: string | undefined, options: QuarantineOptions): Promise<void> {
  const { runId, store, told } =
    source !== undefined && (await isFolder(source))
      ? await ofFolder(source, options.out)
      : await ofPipeline(source);
  await using quarantine = await Quarantine.open(store, runId, options);
  const counts = await quarantine.counts();
  if (options.rule !== undefined && counts.length === 0)
    await refuseRule(store, runId, options.rule, options);
  const exported =
    options.export === undefined
      ? undefined
      : await exportRows(quarantine, store.raw, await planOf(store, runId), options.export);
  const found = options.counts || options.limit === 0 ? [] : await quarantine.examples(options.limit);
  const examples = found.map((row) => ({ ...row, file: told(row.file), place: told(row.place) }));
  if (options.json) {
    printJson({ runId, counts, rows: examples, ...(exported === undefined ? {} : { exported }) });
  } else if (exported === undefined) {
    printRows(runId, counts, examples);
  } else printExported(exported);
}

/** @throws UsageError where rows broke rules, and none that is called so */
async function refuseRule(
  store: RunStore,
  runId: string,
  rule: string,
  { dataset }: QuarantineOptions,
): Promise<void> {
  await using whole = await Quarantine.open(store, runId, { dataset });
  const rules = [...new Set((await whole.counts()).map((count) => count.rule))];
  if (rules.length === 0) return;
  const near = nearest(rule, rules);
  throw new UsageError({
    what: `no row of this run broke a rule "${rule}"`,
    where: '--rule',
    remedy: `${near === undefined ? '' : `Did you mean "${near}"? `}Rules that rows broke: ${rules.join(', ')}`,
  });
}

async function ofFolder(folder: string, out: string | undefined): Promise<Source> {
  const { runId, store, inOwnFiles } = await lastAnalysisOf(folder, out);
  return { runId, store, told: inOwnFiles };
}

async function ofPipeline(run: string | undefined): Promise<Source> {
  const { connection, findRun, newestRun } = await deployedPipeline();
  const runId = run === undefined ? await newestRun(connection) : await findRun(connection, run);
  return { runId, store: connection.store, told: (text) => text };
}

function printRows(runId: string, counts: readonly RuleRows[], examples: readonly QuarantinedRow[]): void {
  note(`run ${runId}`);
  if (counts.length === 0) {
    print('No row was quarantined.');
    return;
  }
  print(
    table(
      [{ title: 'dataset' }, { title: 'column' }, { title: 'rule' }, { title: 'rows', right: true }],
      counts.map(({ dataset, column, rule, rows }) => [dataset, column ?? '', rule, formatCount(rows)]),
    ),
  );
  if (examples.length === 0) return;
  for (const row of examples) {
    print(`\n${paint('bold', visible(`${row.place}  ${row.rule}`))}`);
    print(`  ${oneLine(row.reason)}`);
    print(`  ${paint('dim', oneLine(row.raw))}`);
  }
}

function oneLine(text: string): string {
  const line = visible(text).replaceAll('\n', '\\n');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

function printExported(files: readonly ExportedFile[]): void {
  if (files.length === 0) {
    print('No row was quarantined: nothing to write.');
    return;
  }
  print(
    table(
      [{ title: 'file' }, { title: 'rows', right: true }],
      files.map(({ file, rows }) => [file, formatCount(rows)]),
    ),
  );
  note(
    '\nRepair them, put each next to its good rows in a folder of parts (events/events.csv, events/repaired.csv), and upload or analyse again.',
  );
}

async function planOf(store: RunStore, runId: string): Promise<RunPlan> {
  const plan = await store.read('plan', runId);
  if (plan !== undefined) return plan;
  throw new UsageError({
    what: `run ${runId} has no plan, so it has read no row`,
    remedy: `See why: ./ecom watch ${runId}`,
  });
}
