import { datasetContracts } from '../../layers/contracts/datasets/index.ts';
import { DataError } from '../../layers/contracts/errors/index.ts';
import type { RuleCount } from '../../layers/contracts/run-documents.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { literalList } from '../../layers/storage/sql.ts';

/**
 * Looks for event ids that users of different buckets share, in the samples that the buckets left. One bucket alone
 * takes the rows of such an id for a contradiction; several cannot see it, so that it is warned of.
 * @throws DataError where more ids are shared than a dataset may have bad rows: then they name no events
 */
export async function sharedEventIds(db: Database, samples: readonly string[]): Promise<RuleCount[]> {
  if (samples.length < 2) return [];
  const { ids, shared, examples } = await db.row<{ ids: string; shared: string; examples: string | null }>(`
    WITH ids AS (SELECT event_id, count(*) AS n FROM read_parquet(${literalList(samples)}) GROUP BY event_id)
    SELECT count(*) AS ids, count(*) FILTER (n > 1) AS shared,
      to_json(min(CAST(event_id AS VARCHAR), 3) FILTER (n > 1)) AS examples
    FROM ids`);
  if (shared === '0') return [];
  const values = JSON.parse(examples ?? '[]') as string[];
  if (Number(shared) > Number(ids) * datasetContracts.events.maxBadRate) {
    throw new DataError({
      what: `${shared} of ${ids} event ids looked at belong to events of several users, such as ${values.join(', ')}`,
      where: 'events',
      remedy: 'Give every event an id of its own: one that counts per user or per server is none',
    });
  }
  return [
    {
      dataset: 'events',
      column: 'event_id',
      rule: 'id_of_several_users',
      rows: Number(shared),
      examples: values.map((value) => ({ line: null, value })),
    },
  ];
}
