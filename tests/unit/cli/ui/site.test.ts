import { describe, expect, it } from 'vitest';
import { isWrittenOnce } from '../../../../cli/ui/site.ts';
import { processedKeys } from '../../../../layers/runs/keys.ts';

const run = '50c72ec6bdf803a6';

describe('isWrittenOnce', () => {
  it.each([
    processedKeys.inputs(run),
    processedKeys.plan(run),
    processedKeys.manifest(run),
    processedKeys.report(run, 'report.json'),
    processedKeys.done(run, 'stage', 12),
  ])('holds for %s', (key) => expect(isWrittenOnce(key)).toBe(true));

  it.each([
    processedKeys.gate('shop_b', 'manifest'),
    processedKeys.latest('shop_b'),
    processedKeys.latest('manifest'),
    processedKeys.failure(run),
    processedKeys.error(run, 'stage', 12),
    processedKeys.done(run, 'load', 0),
    processedKeys.done(run, 'publish', 0),
  ])('does not hold for %s, which changes', (key) => expect(isWrittenOnce(key)).toBe(false));
});
