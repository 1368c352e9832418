import type { DatasetContract } from '../contracts/datasets/index.ts';
import { DataError } from '../contracts/errors/index.ts';
import type { RuleCount, StageResult } from '../contracts/run-documents.ts';

/** Fewer bad rows are never too many, unless all are bad. */
const ALWAYS_TOLERATED = 20;

/**
 * @param where what the error calls the file or dataset
 * @throws DataError where more rows are bad than the contract tolerates: what remains would not stand for the whole
 */
export function checkBadRate(
  { maxBadRate }: Pick<DatasetContract, 'maxBadRate'>,
  counts: Pick<StageResult, 'lines' | 'accepted' | 'quarantined' | 'quarantineRules'>,
  runId: string,
  where: string,
): void {
  const { lines, accepted, quarantined, quarantineRules } = counts;
  const tolerated = accepted > 0 && quarantined < ALWAYS_TOLERATED;
  if (quarantined === 0 || tolerated || quarantined / lines <= maxBadRate) return;
  const top = quarantineRules
    .toSorted((a, b) => b.rows - a.rows)
    .slice(0, 3)
    .map(described);
  throw new DataError({
    what: `too many bad rows: ${quarantined} of ${lines}, where ${Number((maxBadRate * 100).toFixed(2))} % are tolerated; ${top.join(', ')}`,
    where,
    remedy: `See all of them: npx ecom quarantine ${runId}. Correct the file, or rename columns and values in experiment.yaml`,
  });
}

function described({ column, rule, rows, examples: [example] }: RuleCount): string {
  const subject = column === null ? rule : `${column} ${rule}`;
  return example === undefined
    ? `${subject} ${rows}`
    : `${subject} ${rows} (line ${example.line}: ${JSON.stringify(example.value)})`;
}
