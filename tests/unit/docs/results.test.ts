import { expect, it } from 'vitest';
import { resultsPage } from './results-page.ts';

it('docs/results.md tells every column of the results (renew with vitest -u)', async () => {
  await expect(resultsPage()).toMatchFileSnapshot('../../../docs/results.md');
});
