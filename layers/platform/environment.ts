import { z } from 'zod';
import { ConfigError } from './errors.ts';

const environmentSchema = z.object({
  RAW_BUCKET: z.string().min(1),
  PROCESSED_BUCKET: z.string().min(1),
  CODE_VERSION: z.string().min(1),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().positive().default(1024),
});

export interface Environment {
  readonly rawBucket: string;
  readonly processedBucket: string;
  /** Of the code that this function is made of; part of each run's identity. */
  readonly codeVersion: string;
  readonly memoryMb: number;
}

/** What the stack hands to every function. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const result = environmentSchema.safeParse(variables);
  if (!result.success) {
    const missing = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new ConfigError({
      what: `environment variables are missing or wrong: ${missing}`,
      where: 'the function',
      remedy: 'Deploy the stack again',
    });
  }
  return {
    rawBucket: result.data.RAW_BUCKET,
    processedBucket: result.data.PROCESSED_BUCKET,
    codeVersion: result.data.CODE_VERSION,
    memoryMb: result.data.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  };
}
