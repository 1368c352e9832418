import type { Construct } from 'constructs';
import { DataStack } from './data-stack.ts';
import { PipelineStack, type PipelineStackProps } from './pipeline-stack.ts';

/**
 * The stacks of the app. On AWS what has to stay, buckets and database, is a stack of its own, deployed before the
 * pipeline, which may be made anew at any time; an emulator, whose data go with it, has one stack.
 */
export function createStacks(
  scope: Construct,
  props: Omit<PipelineStackProps, 'data'>,
): { readonly data: DataStack | undefined; readonly pipeline: PipelineStack } {
  const data = props.settings.target === 'aws' ? new DataStack(scope, props.settings) : undefined;
  return { data, pipeline: new PipelineStack(scope, { ...props, data }) };
}
