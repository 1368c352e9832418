import { stageStage } from '../../layers/engine/stage/stage.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(stageStage);
