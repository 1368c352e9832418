import type { Command } from 'commander';
import { showingProgress } from '../../infrastructure/status-line.mjs';
import { DataError } from '../../layers/platform/errors.ts';
import { formatCount } from '../../layers/report/format.ts';
import { counted, note, paint, print, printJson, shellWord, table, visible } from '../terminal.ts';
import type { Check, ValidationReport } from '../validate/check.ts';
import { validate } from '../validate/validate.ts';

/** `ecom validate <dir>`: the raw files, before anything is uploaded. */
export function define(command: Command): void {
  command
    .argument('<dir>')
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--all', 'show the checks that are ok, too')
    .option('--json', 'print the checks as JSON')
    .addHelpText(
      'after',
      '\nEnds with 0 where a run would pass, perhaps without some rows, and with 1 where it would fail.\n\nExamples:\n  ecom validate data/\n  ecom validate data/ --config shop_b.yaml --json',
    )
    .action(validateFolder);
}

interface ValidateFlags {
  readonly config?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

async function validateFolder(folder: string, options: ValidateFlags): Promise<void> {
  const report = await showingProgress('checking', () => validate({ folder, configFile: options.config }));
  if (options.json) printJson(report);
  else {
    printChecks(report, options.all === true);
    for (const sentence of report.unused) note(visible(sentence));
  }
  if (report.status === 'fail') {
    throw new DataError({
      what: report.outcome,
      where: folder,
      remedy: 'Each "fail" says what to do about it',
    });
  }
  if (options.json) return;
  print(`\n${report.outcome}`);
  const config = options.config === undefined ? '' : ` --config ${shellWord(options.config)}`;
  note(`Next: ./ecom analyze ${shellWord(folder)}${config}`);
  if (HAS_CHECKOUT && report.takesPipeline) {
    const { nextRun } = await import('../pipeline/current-run.ts');
    note(`Or in the pipeline: ${await nextRun(folder, options.config)}`);
  }
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red', skip: 'gray' } as const;

/** The checks that somebody has to look at and, unless `all` are wanted, how many others there are. */
function printChecks({ checks: found }: ValidationReport, all: boolean): void {
  const checks = all ? found : found.filter(({ status }) => status !== 'ok');
  if (checks.length > 0) printTable(checks);
  const ok = found.length - checks.length;
  if (ok > 0) print(`${paint('green', counted(ok, 'check'))} ok (--all)`);
}

function printTable(checks: readonly Check[]): void {
  const text = table(
    [
      { title: 'status' },
      { title: 'dataset' },
      { title: 'check' },
      { title: 'count', right: true },
      { title: 'first at' },
      { title: 'finding' },
    ],
    checks.map((check) => [
      check.status,
      check.dataset,
      check.column === null ? check.check : `${check.column}: ${check.check}`,
      check.count === 0 ? '' : formatCount(check.count),
      check.example ?? '',
      sentence(check),
    ]),
  );
  print(
    text.replace(/^(ok|warn|fail|skip)\b/gm, (status) => paint(colours[status as Check['status']], status)),
  );
}

function sentence({ finding, remedy }: Check): string {
  return remedy === null ? finding : `${finding}\n      ${remedy}`;
}
