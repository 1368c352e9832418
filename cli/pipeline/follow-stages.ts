import { isWatched, showStatus } from '../../infrastructure/status-line.mjs';
import type { StageName } from '../../layers/runs/documents.ts';
import { note } from '../terminal.ts';

/** How often whoever reads a file or a pipe hears of a stage that is still at work. */
const silenceSeconds = 5;

export interface StageFollower extends Disposable {
  readonly onStage: (stage: StageName, parts: number, state: 'begins' | 'done', asBefore?: number) => void;
}

/**
 * Shows the stage at work: on a terminal in a line that the next one replaces, else in a line every few seconds. Of those
 * that take a second or more it says how long each took, and of those that found work of before how much of it.
 */
export function followStages(): StageFollower {
  let current: { readonly text: string; readonly since: number } | undefined;
  const seconds = () => (Date.now() - (current?.since ?? Date.now())) / 1000;
  const tell = () => {
    if (current === undefined) return;
    const elapsed = Math.floor(seconds());
    if (isWatched()) showStatus(`${current.text}${elapsed === 0 ? '' : ` ${elapsed} s`}`);
    else if (elapsed > 0 && elapsed % silenceSeconds === 0) note(`  ${current.text} ${elapsed} s`);
  };
  const timer = setInterval(tell, 1000);
  return {
    onStage(stage, parts, state, asBefore = 0) {
      if (state === 'begins') {
        current = { text: `${stage} …${parts > 1 ? ` ${parts} parts,` : ''}`, since: Date.now() };
        tell();
        return;
      }
      const took = seconds();
      current = undefined;
      const found =
        asBefore === 0 ? '' : parts === 1 ? '  as before' : `  ${parts} parts, ${asBefore} as before`;
      if (took >= 1 || found !== '') note(`  ${stage.padEnd(8)} ${took.toFixed(1).padStart(7)} s${found}`);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
