import { writeFile } from 'node:fs/promises';
import { formatCount, formatValue } from '../../layers/report/format.ts';
import { writeProblem } from '../generate/csv-file.ts';
import { generate } from '../generate/generate.ts';
import type { GeneratedTruth } from '../generate/truth.ts';
import { note, print, printJson, shellWord, table } from '../terminal.ts';

export type SegmentEffect = { segment: 'device' | 'country'; level: string; uplift: number };

/** `ecom generate <dir>`: data whose right answers are known. */
export async function generateFolder(directory: string, flags: GenerateFlags): Promise<void> {
  const { truth: truthFile, json, segmentEffect: segmentEffects, ...options } = flags;
  const truth = await generate({ ...options, directory, segmentEffects });
  if (truthFile !== undefined) await writeTruth(truthFile, truth);
  if (json) printJson(truth);
  else printTruth(truth);
}

export interface GenerateFlags {
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
  note(`\nNext: npx ecom validate ${shellWord(settings.directory)}`);
}
