import { expect, it } from 'vitest';
import { reportJsonSchema } from '../../../layers/report/schema.ts';

it('docs/report.schema.json is the schema that reports are validated with (renew with vitest -u)', async () => {
  await expect(`${JSON.stringify(reportJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    '../../../docs/report.schema.json',
  );
});
