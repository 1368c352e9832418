import { type StageName, stageNames } from '../../../layers/runs/documents.ts';
import type { DatabaseProxy } from './database-proxy.ts';
import type { Laboratory } from './laboratory.ts';
import type { StorageProxy } from './storage-proxy.ts';

/** Where in its work the process of a stage is killed. */
export const killPoints = [
  'as it begins',
  'while it writes',
  'before its marker',
  'after its marker',
] as const;
export type KillPoint = (typeof killPoints)[number];

export interface KillPlan {
  readonly runId: string;
  readonly point: KillPoint;
  readonly stages?: readonly StageName[];
  /** Processes to kill of each stage. */
  readonly times?: number;
}

export interface Kills {
  /** The stages whose processes were killed, in order. */
  readonly done: readonly StageName[];
  stop(): void;
}

/** Kills the processes that work on a run as the plan says, each from outside; of a map, the one of its first part. */
export function killAsPlanned({ storage, database }: Laboratory, plan: KillPlan): Kills {
  const done: StageName[] = [];
  const take = (name: string): boolean => {
    const stage = (plan.stages ?? stageNames).find((one) => one === name);
    if (stage === undefined || done.filter((one) => one === stage).length >= (plan.times ?? 1)) return false;
    done.push(stage);
    return true;
  };
  const stops = [
    storage.judgeBy(onStorage(plan, take)),
    ...(plan.point === 'while it writes' ? [database.judgeBy(onCopy(plan, take))] : []),
  ];
  return {
    done,
    stop() {
      for (const stop of stops) stop();
    },
  };
}

type Take = (stage: string) => boolean;

function onStorage({ runId, point }: KillPlan, take: Take): Parameters<StorageProxy['judgeBy']>[0] {
  return ({ method, path, process: { name } }) => {
    if (!path.includes(runId) || path.includes('/errors/')) return 'pass';
    const isMarker = method === 'PUT' && path.endsWith(`/done/${name}-00000.json`);
    const isOutput = method === 'PUT' && !isMarker;
    switch (point) {
      case 'as it begins':
        return take(name) ? 'kill before' : 'pass';
      case 'while it writes':
        return isOutput && take(name) ? 'kill after' : 'pass';
      case 'before its marker':
        return isMarker && take(name) ? 'kill before' : 'pass';
      case 'after its marker':
        return isMarker && take(name) ? 'kill after' : 'pass';
    }
  };
}

/** What `load` writes goes to the database. */
function onCopy({ runId }: KillPlan, take: Take): Parameters<DatabaseProxy['judgeBy']>[0] {
  return ({ text, process: { name } }) =>
    text.includes(`copy user_outcomes_${runId}`) && take(name) ? 'kill' : 'pass';
}
