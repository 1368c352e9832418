import { chunkName, linesBefore } from '../../data/place.ts';
import type { RuleCount } from '../../data/row-counts.ts';
import type { Chunk, StageResult } from '../../runs/documents.ts';

/** Rules whose examples are told by chunks. */
interface WithRules {
  readonly quarantineRules: RuleCount[];
}

/**
 * Makes the lines of examples those of the whole file, as an editor finds them, where a chunk counted its lines from the
 * beginning of its byte range. So what people read does not depend on where a file was cut.
 * @param staged results in the order of `chunks`
 */
export function inWholeFiles(
  chunks: readonly Pick<Chunk, 'key' | 'range'>[],
  staged: readonly Pick<StageResult, 'lineFeeds'>[],
): <Result extends WithRules & { readonly warnings?: RuleCount[] }>(result: Result) => Result {
  const before = linesBefore(
    chunks,
    staged.map(({ lineFeeds }) => lineFeeds),
  );
  const places = new Map(
    chunks.map((chunk, index) => [chunkName(chunk), { key: chunk.key, at: before[index] }]),
  );
  const moved = (rules: RuleCount[]) =>
    rules.map((rule): RuleCount => ({ ...rule, examples: rule.examples.map(movedExample) }));
  const movedExample = (example: RuleCount['examples'][number]) => {
    const { key, at } = places.get(example.file ?? '') ?? {};
    if (key === undefined || at === undefined || example.line === null) return example;
    return { ...example, file: key, line: example.line + at };
  };
  return (result) => ({
    ...result,
    quarantineRules: moved(result.quarantineRules),
    ...(result.warnings === undefined ? {} : { warnings: moved(result.warnings) }),
  });
}
