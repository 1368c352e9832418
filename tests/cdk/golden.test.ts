import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { createApp } from './synthesize.ts';

/** A template without what changes with every build: hashes of code, and of the versions made of it. */
function reviewed(template: object): string {
  const text = JSON.stringify(template, null, 2);
  return `${text
    .replace(/"[0-9a-f]{64}\.zip"/g, '"<asset>.zip"')
    .replace(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1')}\n`;
}

// Renew the golden files after a change that is meant: npx vitest run tests/cdk/golden.test.ts --update
describe('the templates are those that were reviewed', () => {
  it.each([
    { target: 'local', names: ['pipeline'] },
    { target: 'aws', names: ['data', 'pipeline'] },
  ])('for $target', async ({ target, names }) => {
    const { stacks } = createApp({ target });
    expect(stacks).toHaveLength(names.length);
    for (const [index, stack] of stacks.entries())
      await expect(reviewed(Template.fromStack(stack).toJSON())).toMatchFileSnapshot(
        `${target}-${names[index]}.golden.json`,
      );
  });
});
