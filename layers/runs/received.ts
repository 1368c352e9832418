import type { RunInputs } from './documents.ts';

type Received = Pick<RunInputs, 'inputs' | 'receivedAt'>;

const day = 86_400_000;

/** When the newest of a run's files was handed over, as an ISO instant. */
export function newestUpload({ inputs, receivedAt }: Received): string {
  const moments = receivedAt === undefined ? inputs.map(({ lastModified }) => lastModified) : [receivedAt];
  return new Date(Math.max(...moments.map((moment) => Date.parse(moment)))).toISOString();
}

/** End of the UTC day of an upload, as an ISO instant: its files can tell of nothing that happened then or later. */
export function endOfUploadDay(upload: string): string {
  return new Date((Math.floor(Date.parse(upload) / day) + 1) * day).toISOString();
}
