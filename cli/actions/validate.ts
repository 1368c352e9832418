import { DataError } from '../../layers/contracts/errors/index.ts';
import { paint, print, printJson, table } from '../terminal.ts';
import type { Check, ValidationReport } from '../validate/check.ts';
import { validate } from '../validate/validate.ts';

export interface ValidateFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** `ecom validate <dir>`: the raw files, before anything is uploaded. */
export async function validateFolder(folder: string, options: ValidateFlags): Promise<void> {
  const report = await validate({ folder, configFile: options.config });
  if (options.json) printJson(report);
  else printReport(report);
  const failed = report.checks.filter(({ status }) => status === 'fail').length;
  if (failed === 0) return;
  throw new DataError({
    what: failed === 1 ? 'one check failed' : `${failed} checks failed`,
    where: folder,
    remedy: 'Each says above what to do about it',
  });
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function printReport({ checks }: ValidationReport): void {
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
      check.count.toLocaleString('en-US'),
      check.example ?? '',
      sentence(check),
    ]),
  );
  print(text.replace(/^(ok|warn|fail)\b/gm, (status) => paint(colours[status as Check['status']], status)));
}

function sentence({ finding, remedy }: Check): string {
  return remedy === null ? finding : `${finding}\n      ${remedy}`;
}
