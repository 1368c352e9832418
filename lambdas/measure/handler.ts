import { measureStage } from '../../layers/engine/measure/measure-run.ts';
import { engineOf } from '../../layers/platform/duckdb.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(measureStage, { engine: engineOf });
