import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import { type Html, html } from '../../../layers/report/html/html.ts';
import { status } from '../../../layers/report/html/icons.ts';
import { name } from '../../../layers/report/html/names.ts';
import { actions, type Tone } from '../../../layers/report/words.ts';
import type { RunSummary } from '../../pipeline/runs.ts';
import type { StageState } from '../../pipeline/stage-states.ts';

const statuses: Partial<Record<ExecutionStatus, { readonly tone: Tone; readonly label: string }>> = {
  RUNNING: { tone: 'neutral', label: 'Running' },
  SUCCEEDED: { tone: 'good', label: 'Succeeded' },
  FAILED: { tone: 'bad', label: 'Failed' },
  TIMED_OUT: { tone: 'bad', label: 'Timed out' },
  ABORTED: { tone: 'caution', label: 'Stopped' },
};

export function runStatus(found: ExecutionStatus): Html {
  if (found === 'RUNNING')
    return html`<span class="status running"><span class="spinner" aria-hidden="true"></span>Running</span>`;
  return status(statuses[found] ?? { tone: 'neutral', label: found });
}

export const stageStatuses: Record<
  StageState['status'],
  { readonly tone: Tone | null; readonly label: string }
> = {
  waiting: { tone: null, label: 'Waiting' },
  running: { tone: null, label: 'Running' },
  done: { tone: 'good', label: 'Done' },
  failed: { tone: 'bad', label: 'Failed' },
};

/** What to do about an experiment; an action that this version does not know stays as it is. */
export function decisionStatus({ action }: { readonly action: string }): Html {
  const known = (actions as Readonly<Record<string, { tone: Tone; label: string }>>)[action];
  return status(known ?? { tone: 'neutral', label: action });
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A drop, with a way to all its runs. */
export function dropLink(drop: string | null): Html {
  return drop === null
    ? html`<span class="muted">unknown</span>`
    : html`<a class="quiet" href="${`/?drop=${drop}`}">${name(drop)}</a>`;
}

/** An experiment, with a way to its decisions so far. */
export function experimentLink(experimentId: string): Html {
  return html`<a href="${`/experiments/${encodeURIComponent(experimentId)}`}">${name(experimentId)}</a>`;
}

/** `1.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)}\u00a0s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min ${whole % 60}\u00a0s`;
  return `${Math.floor(whole / 3600)}\u00a0h ${Math.floor((whole % 3600) / 60)}\u00a0min`;
}

/** Time that has passed since a moment, in whole seconds. */
function elapsed(since: string, now = Date.now()): Html {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  return html`<span class="figure">${duration(seconds).replace('.0', '')}</span>`;
}

/** How long a run took or, while it runs, has taken; a dash where nobody knows. */
export function timeTaken({
  status: found,
  seconds,
  startedAt,
}: Pick<RunSummary, 'status' | 'seconds' | 'startedAt'>): Html | string {
  if (seconds !== null) return duration(seconds);
  return found === 'RUNNING' ? elapsed(startedAt) : '–';
}

/** Who did a stage that an attempt found done: the attempt, where its number tells it from this one. */
export function doneBy({ attempt }: Pick<StageState, 'attempt'>, current: number): string {
  return attempt !== null && attempt < current ? `attempt ${attempt}` : 'an earlier attempt';
}

const clock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** A moment in the local time of this machine. */
export function moment(iso: string): Html {
  return html`<time class="figure" datetime="${iso}" title="${iso}">${clock.format(new Date(iso))}</time>`;
}
