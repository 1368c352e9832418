import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { comparison, history, problem, record, summary } from '../../../e2e/ui-answers.ts';

it('the examples in docs/ui.md are answers that the server could give', () => {
  const text = readFileSync(path.join(PROJECT_ROOT, 'docs', 'ui.md'), 'utf8');
  const examples = [...text.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json]) =>
    JSON.parse(json ?? ''),
  );
  z.tuple([z.array(summary), record, comparison, history, problem]).parse(examples);
  expect(examples).toHaveLength(5);
});
