import path from 'node:path';
import { downloadAll } from '../../platform/object-store.ts';
import { processedKeys } from '../../runs/keys.ts';
import { completionsOf } from '../../runs/progress.ts';
import { repeatable, storeOutputs } from '../../runs/work.ts';
import { partFileName } from '../clean/staged-rows.ts';
import { exchangeShare, type ShareFiles } from './exchange-share.ts';
import { type SharedKind, sharedKinds } from './kinds.ts';
import { type ShareRef, shareIn } from './packed-shares.ts';

const kinds = Object.keys(sharedKinds) as SharedKind[];

interface ExchangeReads {
  readonly share: number;
  readonly buckets: number;
  readonly sources: Readonly<Record<SharedKind, readonly (ShareRef & { readonly part: number })[]>>;
}

/**
 * What user buckets have to know of each other, found where rows of one id meet: per share of the ids of events and
 * sessions. A bucket is told only of what is not as usual.
 */
export const exchangeStage = repeatable<'exchange', ExchangeReads, null>({
  name: 'exchange',

  async inputs({ event, store }) {
    const { runId, index: share } = event;
    const plan = await store.require('plan', runId);
    const staged = await completionsOf(store, 'stage', event, plan.chunks.length);
    const sourcesOf = (kind: SharedKind) =>
      staged.flatMap(({ index, outputs }) =>
        outputs
          .filter(({ key }) => key.startsWith(processedKeys.intermediates(kind, runId)))
          .flatMap((output) => shareIn(output, share))
          .map((ref) => ({ ...ref, part: plan.chunks[index]?.part ?? 0 })),
      );
    const sources = Object.fromEntries(kinds.map((kind) => [kind, sourcesOf(kind)]));
    return {
      reads: { share, buckets: plan.buckets, sources: sources as unknown as ExchangeReads['sources'] },
      aside: null,
    };
  },

  adopt: ({ result }) => ({ result }),

  async run({ runId, processed, folder, engine }, { reads: { share, buckets, sources } }) {
    const downloads = kinds.flatMap((kind) =>
      sources[kind].map((ref) => ({
        ...ref,
        kind,
        file: path.join(folder, `${kind}-${partFileName(sharedKinds[kind], ref.part, null)}`),
      })),
    );
    await downloadAll(processed, downloads);
    const filesOf = (kind: SharedKind) =>
      downloads.filter((download) => download.kind === kind).map(({ file }) => file);
    const files = Object.fromEntries(kinds.map((kind) => [kind, filesOf(kind)])) as unknown as ShareFiles;

    await using db = await engine.open(folder);
    const { packed, result } = await exchangeShare(db, { files, buckets, folder });
    const outputs = packed.map((shares) => ({
      key: processedKeys.shares(shares.kind, runId, share),
      bucket: null,
      ...shares,
    }));
    return { outputs: await storeOutputs(processed, outputs), result };
  },
});
