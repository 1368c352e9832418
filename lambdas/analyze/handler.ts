import { analyzeStage } from '../../layers/engine/analyze/analyze.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(analyzeStage);
