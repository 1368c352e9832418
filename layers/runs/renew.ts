import { TransientError } from '../platform/errors.ts';
import type { DropUploads, RunInputs } from './documents.ts';
import { runIdOf } from './run-id.ts';
import type { RunStore } from './store.ts';
import { withRenewed } from './uploads.ts';

const tries = 10;

/**
 * Pins the inputs of a run once more, as a run of another version of the code. It takes the place of the old one among
 * the uploads of the drop, so it is published where the old one would have been.
 * @param code what is deployed now
 * @returns the id of the new run, to be started
 */
export async function renewRun(
  store: RunStore,
  inputs: RunInputs,
  code: Pick<RunInputs, 'codeVersion' | 'configHash'>,
): Promise<string> {
  const renewed = { ...inputs, ...code };
  const runId = runIdOf(renewed);
  await store.writeOnce('inputs', [runId], { ...renewed, runId });
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const before = await store.readTagged('uploads', inputs.drop);
    if (before === undefined) return runId;
    const uploads: DropUploads = withRenewed(before.value, inputs.runId, runId);
    if (JSON.stringify(uploads) === JSON.stringify(before.value)) return runId;
    if (await store.replace('uploads', [inputs.drop], uploads, before.etag)) return runId;
  }
  throw new TransientError({
    what: `other uploads came in between ${tries} times in a row`,
    where: `drop ${inputs.drop}`,
    remedy: 'Try again',
  });
}
