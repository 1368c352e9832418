import { withDatabase } from '../../layers/platform/database.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';
import { loadStage } from '../../layers/runs/load/load.ts';

export const handler = lambdaHandler(loadStage(withDatabase));
