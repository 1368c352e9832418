import { withDatabase } from '../../layers/platform/database.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';
import { publishStage } from '../../layers/runs/publish/publish.ts';

export const handler = lambdaHandler(publishStage(withDatabase));
