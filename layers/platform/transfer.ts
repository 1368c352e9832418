import type { ObjectStore } from './s3.ts';

/** An object and its local copy. */
export interface Transfer {
  readonly key: string;
  readonly file: string;
}

const parallel = 8;

/** Downloads objects, a few at a time. */
export async function downloadAll(store: ObjectStore, transfers: readonly Transfer[]): Promise<void> {
  await inParallel(transfers, ({ key, file }) => store.downloadTo({ key }, file));
}

/** Uploads files, a few at a time, and returns their sizes in bytes in the same order. */
export async function uploadAll(store: ObjectStore, transfers: readonly Transfer[]): Promise<number[]> {
  return inParallel(transfers, ({ key, file }) => store.uploadFrom(file, key));
}

async function inParallel<Item, Answer>(
  items: readonly Item[],
  action: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const pending = items.entries();
  const worker = async () => {
    for (const [index, item] of pending) answers[index] = await action(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return answers;
}
