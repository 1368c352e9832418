import { stageStage } from '../../layers/engine/stage/stage.ts';
import { engineOf } from '../../layers/platform/duckdb.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(stageStage, { engine: engineOf });
