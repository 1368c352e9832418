import path from 'node:path';
import { UsageError } from '../../layers/platform/errors.ts';
import { dropNameProblem } from '../../layers/runs/keys.ts';

/** @throws UsageError for a name that no drop can have */
export function checkDropName(drop: string): void {
  const problem = dropNameProblem(drop);
  if (problem === undefined) return;
  const near = nearestDropName(drop);
  throw new UsageError({
    what: problem,
    where: `drop "${drop}"`,
    remedy: near === undefined ? undefined : `Call it ${near}: --drop ${near}`,
  });
}

/** The name of a drop that a folder's name suggests, if any. */
export function dropNameOf(folder: string): string | undefined {
  return nearestDropName(path.basename(path.resolve(folder)));
}

function nearestDropName(text: string): string | undefined {
  const name = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+/, '')
    .slice(0, 63)
    .replace(/_+$/, '');
  return dropNameProblem(name) === undefined ? name : undefined;
}
