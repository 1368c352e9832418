import { martsStage } from '../../layers/engine/marts/marts.ts';
import { engineOf } from '../../layers/platform/duckdb.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(martsStage, { engine: engineOf });
