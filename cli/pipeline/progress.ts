import { hideStatus, showStatus } from '../../infrastructure/status-line.mjs';
import { counted, interruptible, note } from '../terminal.ts';
import type { Connection } from './connection.ts';
import { follow, type StageAtWork, type StageProgress } from './follow.ts';
import { isLocal } from './target.ts';

/**
 * Follows an attempt to its end with progress on standard error: a line for each stage that is done and, on a
 * terminal, one that changes for what is at work.
 * @throws RunFailure with the execution's own cause
 */
export async function followAloud(
  connection: Connection,
  run: { readonly runId: string; readonly attempt: number },
): Promise<void> {
  let current: { readonly stage: string; readonly since: number } | undefined;
  try {
    await interruptible(goesOn(run.runId), () => {
      note(`run ${run.runId}, attempt ${run.attempt}`);
      return follow(connection, run, {
        onDone: (progress) => note(doneLine(progress, run.attempt)),
        onWork: (work) => {
          const stage = work.map((one) => one.stage).join(', ');
          if (current?.stage !== stage) current = { stage, since: Date.now() };
          showStatus(workLine(work, (Date.now() - current.since) / 1000));
        },
      });
    });
  } finally {
    hideStatus();
  }
}

/** What Ctrl-C leaves behind. */
function goesOn(runId: string): string {
  return `The run goes on: ./ecom watch ${runId}${isLocal() ? '; stop everything: ./ecom down' : ''}`;
}

function doneLine({ stage, parts, rows, seconds, attempt, earlier }: StageProgress, current: number): string {
  const before = attempt < current ? `attempt ${attempt}` : 'earlier';
  const time = earlier ? before : `${seconds.toFixed(1)} s`;
  const size = `${rows > 0 ? `  ${counted(rows, 'row')} written` : ''}${parts > 1 ? `, ${parts} parts` : ''}`;
  return `  ${stage.padEnd(8)} ${time.padStart(9)}${size}`;
}

function workLine(work: readonly StageAtWork[], seconds: number): string {
  const stages = work.map(({ stage }) => stage).join(', ');
  const shares = work
    .filter(({ parts }) => parts !== null && parts > 1)
    .map(({ partsDone, parts }) => `  ${partsDone} of ${parts} parts`);
  return `  ${stages.padEnd(8)} ${`${seconds.toFixed(0)} s`.padStart(9)}${shares.join('')} …`;
}
