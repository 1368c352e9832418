import { planStage } from '../../layers/engine/plan/plan.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(planStage, { answer: (result) => result });
