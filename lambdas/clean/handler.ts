import { cleanStage } from '../../layers/engine/clean/clean.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(cleanStage);
