import { martsStage } from '../../layers/engine/marts/marts.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(martsStage);
