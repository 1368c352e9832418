import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { named } from '../../cdk/names.ts';
import { stateFolder } from './state.ts';

/** What the pipeline's stack answers with (cdk/pipeline-stack.ts). */
export const outputsSchema = z.object({
  RawBucketName: z.string(),
  ProcessedBucketName: z.string(),
  StateMachineArn: z.string(),
  DatabaseSecretArn: z.string(),
  // These are on AWS alone.
  AlarmTopicArn: z.string().optional(),
  RunTopicArn: z.string().optional(),
  DatabaseEndpoint: z.string().optional(),
  ClientSecurityGroupId: z.string().optional(),
});

/** What the deployed stack answers. */
export type StackOutputs = z.infer<typeof outputsSchema>;

/** The file of all stacks' outputs that CDK writes into the state folder of a deployment. */
export const outputsFile = (folder: string) => path.join(folder, 'stack-outputs.json');

/** What the pipeline's stack of an environment answered. */
export function readOutputs(file: string, env: string | undefined): StackOutputs {
  const stacks = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')));
  return outputsSchema.parse(stacks[named({ env }, 'EcomExperimentPipeline')]);
}

/** Folder of what CDK writes here while it deploys to AWS. */
export function awsStateFolder(env: string | undefined): string {
  return path.join(stateFolder(), named({ env }, 'aws'));
}
