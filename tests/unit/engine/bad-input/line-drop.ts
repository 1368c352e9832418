import { type DatasetName, datasetNames } from '../../../../layers/data/datasets/index.ts';
import type { Fate, LineCase } from './catalogue.ts';
import { goodDrop } from './good-drop.ts';
import { lineCases } from './lines.ts';
import type { Files } from './run-drop.ts';

/** So many more events that the bad lines are few. */
const fillers = 2000;

export interface PlacedCase extends LineCase {
  readonly lineNumbers: readonly number[];
}

/** One drop with the lines of all cases, and where each of them is. */
export function dropOfLines(): { files: Files; cases: PlacedCase[] } {
  const filler = Array.from(
    { length: fillers },
    (_, index) => `${100_000 + index},,4,search,2024-03-03T12:00:00,,,,,`,
  );
  const contents = new Map<DatasetName, (string | Buffer)[]>(
    datasetNames.map((dataset) => [dataset, [...goodDrop[dataset], ...(dataset === 'events' ? filler : [])]]),
  );
  const lineOf = (dataset: DatasetName) =>
    (contents.get(dataset) ?? []).reduce((sum, line) => sum + String(line).split('\n').length, 1);
  const cases = lineCases.map((one) => ({
    ...one,
    lineNumbers: one.lines.map(([line]) => {
      const number = lineOf(one.dataset);
      contents.get(one.dataset)?.push(line);
      return number;
    }),
  }));
  const files = [...contents].map(([dataset, lines]) => [
    `${dataset}.csv`,
    Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])),
  ]);
  return { files: Object.fromEntries(files), cases };
}

/** What a run of that drop counts. */
export function expectedQuality() {
  const wasTaken = ({ taken, warned }: Fate) => taken !== undefined || warned !== undefined;
  return Object.fromEntries(
    datasetNames.map((dataset) => {
      const fates = lineCases
        .filter((one) => one.dataset === dataset)
        .flatMap(({ lines }) => lines.map(([, fate]) => fate));
      const good = goodDrop[dataset].length - 1 + (dataset === 'events' ? fillers : 0);
      const quarantined = fates.filter((fate) => fate.quarantined !== undefined).length;
      const duplicates = fates.filter((fate) => fate.duplicate === true).length;
      const accepted = good + fates.filter(wasTaken).length;
      return [dataset, { lines: good + fates.length, accepted, quarantined, duplicates }];
    }),
  );
}
