import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatCount, formatValue } from '../../layers/report/format.ts';
import { writeProblem } from '../generate/csv-file.ts';
import { generate } from '../generate/generate.ts';
import type { GeneratedTruth } from '../generate/truth.ts';
import { note, print, printJson, shellWord, table } from '../terminal.ts';

/** `ecom generate <dir>`: data whose right answers are known. */
export function define(command: Command): void {
  command
    .argument('<dir>')
    .option('--users <n>', 'number of users (default: 1000)', number)
    .option('--events <n>', 'approximate number of events, instead of --users', number)
    .option('--days <n>', 'days of the experiment; users enter on all but the last 14', number, 21)
    .option('--seed <n>', 'seed of everything random', number, 42)
    .option('--start <date>', 'first day of the experiment', '2026-01-01')
    .option('--experiment <id>', 'its experiment_id', 'checkout_redesign')
    .option('--uplift <ratio>', 'relative effect of the treatment on purchase conversion', number, 0.12)
    .addOption(
      new Option(
        '--segment-effect <segment=level:ratio>',
        'uplift of a device or country in place of --uplift (device=mobile:-0.1); may be repeated',
      )
        .argParser(segmentEffect)
        .default([], 'none'),
    )
    .option(
      '--novelty <share>',
      'share of the uplift that is lost with each day of the experiment',
      number,
      0,
    )
    .option('--bounce-effect <ratio>', 'relative effect of the treatment on the bounce rate', number, 0)
    .option('--srm <share>', 'share of the users assigned to the treatment', number, 0.5)
    .option('--crossovers <share>', 'share of the users assigned to both variants', number, 0)
    .option('--unknown-variants <share>', 'share of the users assigned to a foreign variant', number, 0)
    .option('--dirty <share>', 'bad rows to add, as a share of the good ones', number, 0)
    .option('--files <n>', 'parts that each dataset but products is split into', number, 1)
    .option('--truth <file>', 'write what was planted, and what the files hold, as JSON')
    .option('--json', 'print that JSON instead of the table')
    .addHelpText(
      'after',
      '\nThe same options give the same bytes, on every machine.\n\nExamples:\n  ecom generate data/ --users 50000\n  ecom generate data/ --events 20000000 --files 8\n  ecom generate data/ --dirty 0.01 --crossovers 0.02 --truth truth.json',
    )
    .action(generateFolder);
}

type SegmentEffect = { segment: 'device' | 'country'; level: string; uplift: number };

async function generateFolder(directory: string, flags: GenerateFlags): Promise<void> {
  const { truth: truthFile, json, segmentEffect: segmentEffects, ...options } = flags;
  const truth = await generate({ ...options, directory, segmentEffects });
  if (truthFile !== undefined) await writeTruth(truthFile, truth);
  if (json) printJson(truth);
  else printTruth(truth);
}

interface GenerateFlags {
  readonly users?: number;
  readonly events?: number;
  readonly days: number;
  readonly seed: number;
  readonly start: string;
  readonly experiment: string;
  readonly uplift: number;
  readonly segmentEffect: SegmentEffect[];
  readonly novelty: number;
  readonly bounceEffect: number;
  readonly srm: number;
  readonly crossovers: number;
  readonly unknownVariants: number;
  readonly dirty: number;
  readonly files: number;
  readonly truth?: string;
  readonly json?: boolean;
}

async function writeTruth(file: string, truth: GeneratedTruth): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(truth, null, 2)}\n`);
  } catch (error) {
    throw writeProblem(error, file);
  }
}

function printTruth({ settings, arms, datasets, expected }: GeneratedTruth): void {
  const percent = (value: number) => formatValue('share', value);
  print(
    table(
      [{ title: 'file' }, { title: 'rows', right: true }, { title: 'bad rows added', right: true }],
      Object.entries(datasets).map(([dataset, { files, rows, dirty }]) => [
        files.length === 1 ? `${files[0]}` : `${dataset}/ (${files.length} files)`,
        formatCount(rows),
        formatCount(Object.values(dirty).reduce((sum, kind) => sum + kind, 0)),
      ]),
    ),
  );
  print();
  print(
    table(
      [
        { title: 'variant' },
        { title: 'assigned', right: true },
        { title: 'exposed', right: true },
        { title: 'purchasers', right: true },
        { title: 'conversion', right: true },
        { title: 'planted', right: true },
      ],
      (['control', 'treatment'] as const).map((variant) => {
        const { assigned, exposed, purchasers } = arms[variant];
        const rate = exposed === 0 ? '' : percent(purchasers / exposed);
        return [
          variant,
          formatCount(assigned),
          formatCount(exposed),
          formatCount(purchasers),
          rate,
          percent(expected[variant]),
        ];
      }),
    ),
  );
  note(`\nNext: ./ecom analyze ${shellWord(settings.directory)}`);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is not a number.');
  return value;
}

function segmentEffect(text: string, previous: SegmentEffect[]): SegmentEffect[] {
  const match = /^(device|country)=([A-Za-z]+):(.+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It looks like device=mobile:0.2 or country=DE:-0.1.');
  const [, segment, level, uplift] = match as unknown as [string, SegmentEffect['segment'], string, string];
  return [...previous, { segment, level, uplift: number(uplift) }];
}
