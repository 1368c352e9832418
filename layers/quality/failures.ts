import type { DatasetContract } from '../contracts/datasets/index.ts';
import { DataError } from '../contracts/errors/index.ts';
import { placeIn } from '../contracts/place.ts';
import type { RuleCount } from '../contracts/run-documents.ts';

/** Whether the contract wants the run to fail on this rule of this column. */
export function isFatal(
  { columns }: Pick<DatasetContract, 'columns'>,
  column: string | null,
  rule: string,
): boolean {
  const contract = columns.find(({ name }) => name === column);
  if (contract === undefined) return false;
  const limit = [contract.range, contract.domain].find((candidate) => candidate?.rule === rule);
  return (limit?.onFail ?? contract.onFail) === 'fail';
}

/**
 * @param where what the error calls the file
 * @throws DataError with the first line of a rule on which the contract wants the run to fail
 */
export function refuseFatal(
  contract: Pick<DatasetContract, 'columns'>,
  rules: readonly RuleCount[],
  where: string,
): void {
  const broken = rules.find(({ column, rule }) => isFatal(contract, column, rule));
  if (broken === undefined) return;
  const { column, rule, rows, examples } = broken;
  const [first] = examples;
  throw new DataError({
    what: `${column} ${rule.replaceAll('_', ' ')}: ${JSON.stringify(first?.value)}${rows === 1 ? '' : `, and so in ${rows} rows`}`,
    where: placeIn(where, first?.line ?? ''),
    remedy: `Correct the file, or rename the value in experiment.yaml: schema: { ${broken.dataset}: { ${column}: { column: ${column}, values: { ${JSON.stringify(first?.value)}: "..." } } } }`,
  });
}
