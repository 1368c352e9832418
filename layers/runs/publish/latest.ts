import { TransientError } from '../../platform/errors.ts';
import type { ObjectStore } from '../../platform/s3.ts';
import { type Latest, latest } from '../documents.ts';
import { processedKeys } from '../keys.ts';

const tries = 20;

/** The drop's published run, or undefined before the first. */
export async function readLatest(processed: ObjectStore, drop: string): Promise<Latest | undefined> {
  const text = await processed.getText(processedKeys.latest(drop));
  return text === undefined ? undefined : latest.safeParse(JSON.parse(text)).data;
}

/**
 * Makes `latest/<drop>.json` say what the database shows. Each try reads the document before it asks the database, and
 * replaces exactly what it read: of several publishers the last to see the database wins, and nobody goes back. Where
 * the database shows nothing of the drop, the document stays.
 */
export async function followPublished(
  processed: ObjectStore,
  drop: string,
  published: () => Promise<Latest | undefined>,
): Promise<void> {
  const key = processedKeys.latest(drop);
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const current = await processed.getTextWithEtag(key);
    const target = await published();
    if (target === undefined) return;
    if (current === undefined) {
      if (await processed.putJsonIfAbsent(key, target)) return;
    } else {
      if (latest.safeParse(JSON.parse(current.text)).data?.runId === target.runId) return;
      if (await processed.putJsonIfMatch(key, target, current.etag)) return;
    }
  }
  throw new TransientError({ what: `others changed the object ${tries} times in a row`, where: key });
}
