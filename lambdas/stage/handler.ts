import { stageStage } from '../../layers/engine/stage/stage.ts';
import { engineOf } from '../../layers/platform/duckdb.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';
import { takePiiKeyFromSecret } from '../../layers/runs/pii-secret.ts';

const stage = lambdaHandler(stageStage, { engine: engineOf });

export const handler: typeof stage = async (...invocation) => {
  await takePiiKeyFromSecret();
  return stage(...invocation);
};
