import type { RunPlan } from '../../layers/contracts/run-documents.ts';
import type { QuarantinedRow } from './quarantine.ts';

/** `file:line` as an editor finds it, as far as it is known: lines of a byte range count from its beginning. */
export function placeOf({ file, chunk, line }: QuarantinedRow, { chunks }: RunPlan): string {
  const ofFile = chunks.filter(({ key }) => key === file);
  if (ofFile.length <= 1) return `${file}:${line}`;
  const start = ofFile.find(({ index }) => index === chunk)?.range?.start;
  if (start === 0) return `${file}:${line}`;
  return start === undefined ? file : `${file}, line ${line} after byte ${start}`;
}
