import { expect, it } from 'vitest';
import { dataContractPage } from '../../../cli/reference/data-contract-page.ts';

it('docs/data-contract.md tells every column and every rule (renew with vitest -u)', async () => {
  await expect(dataContractPage()).toMatchFileSnapshot('../../../docs/data-contract.md');
});
