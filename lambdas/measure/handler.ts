import { measureStage } from '../../layers/engine/measure/measure-run.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(measureStage);
