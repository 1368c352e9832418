import { type DatasetContract, defaultMaxBadRate } from '../../layers/contracts/datasets/contract.ts';
import { DataError } from '../../layers/contracts/errors/index.ts';
import type { StageResult } from '../../layers/contracts/run-documents.ts';

/** Fewer bad rows are never too many, unless all are bad. */
const ALWAYS_TOLERATED = 20;

/**
 * @param where what the error calls the file
 * @throws DataError where more rows are bad than the contract tolerates: what remains would not stand for the whole
 */
export function checkBadRate(
  contract: DatasetContract,
  result: StageResult,
  runId: string,
  where: string,
): void {
  const { lines, accepted, quarantined, quarantineRules } = result;
  const maxBadRate = contract.maxBadRate ?? defaultMaxBadRate;
  const tolerated = accepted > 0 && quarantined < ALWAYS_TOLERATED;
  if (quarantined === 0 || tolerated || quarantined / lines <= maxBadRate) return;
  const rules = quarantineRules.slice(0, 3).map(({ column, rule, rows, examples: [example] }) => {
    const subject = column === null ? rule : `${column} ${rule}`;
    return example === undefined
      ? `${subject} ${rows}`
      : `${subject} ${rows} (line ${example.line}: ${JSON.stringify(example.value)})`;
  });
  throw new DataError({
    what: `too many bad rows: ${quarantined} of ${lines}, where ${Number((maxBadRate * 100).toFixed(2))} % are tolerated; ${rules.join(', ')}`,
    where,
    remedy: `See all of them: npx ecom quarantine ${runId}. Correct the file, or rename columns and values in experiment.yaml`,
  });
}
