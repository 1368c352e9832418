import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Acknowledges AwsSolutions-IAM5 for resources with a wildcard that a policy of `scope` names on purpose. */
export function acknowledgeResources(scope: Construct, arns: readonly string[], reason: string): void {
  for (const arn of arns) {
    Validations.of(scope).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(arn))}]`,
      reason,
    });
  }
}

/** An ARN in the notation of cdk-nag's findings: `<LogicalId.Arn>/prefix/*`. */
function flatten(arn: unknown): string {
  if (typeof arn === 'string') return arn;
  const intrinsic = arn as {
    'Fn::Join'?: [string, unknown[]];
    'Fn::GetAtt'?: [string, string];
    Ref?: string;
  };
  if (intrinsic['Fn::Join'] !== undefined) {
    const [separator, parts] = intrinsic['Fn::Join'];
    return parts.map(flatten).join(separator);
  }
  if (intrinsic['Fn::GetAtt'] !== undefined) return `<${intrinsic['Fn::GetAtt'].join('.')}>`;
  return `<${intrinsic.Ref}>`;
}
