import { planStage } from '../../layers/engine/plan/plan.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';
import { withinState } from '../../layers/runs/plan-answer.ts';

export const handler = lambdaHandler(withinState(planStage), { answer: (result) => result });
