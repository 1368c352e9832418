import { TransientError } from '../../platform/errors.ts';
import type { Latest } from '../documents.ts';
import type { RunStore } from '../store.ts';

const tries = 20;

/**
 * Makes `latest/<drop>.json` say what the database shows. Each try reads the document before it asks the database, and
 * replaces exactly what it read: of several publishers the last to see the database wins, and nobody goes back. Where
 * the database shows nothing of the drop, the document stays.
 */
export async function followPublished(
  store: RunStore,
  drop: string,
  published: () => Promise<Latest | undefined>,
): Promise<void> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const current = await store.readReplaceable('latest', drop);
    const target = await published();
    if (target === undefined || current?.value?.runId === target.runId) return;
    if (await store.replace('latest', [drop], target, current?.etag)) return;
  }
  throw new TransientError({
    what: `others changed the object ${tries} times in a row`,
    where: store.key('latest', drop),
  });
}
