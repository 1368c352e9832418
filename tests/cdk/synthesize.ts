import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import type { Build } from '../../cdk/build.ts';
import { builtFunctions } from '../../cdk/functions.ts';
import { readSettings } from '../../cdk/settings.ts';
import { createStacks } from '../../cdk/stacks.ts';

const root = PROJECT_ROOT;
const temporary = mkdtempSync(path.join(tmpdir(), 'ecom-cdk-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** A build without content: the template depends on folders and the code version alone. */
export function emptyBuild(bundleLayer = false): Build {
  const folder = mkdtempSync(path.join(temporary, 'build-'));
  const empty = (name: string) => {
    const target = path.join(folder, name);
    mkdirSync(target);
    writeFileSync(path.join(target, 'index.js'), `// ${name}\n`);
    return target;
  };
  return {
    functions: Object.fromEntries(builtFunctions.map((name) => [name, empty(name)])) as Build['functions'],
    layer: bundleLayer ? undefined : empty('layer'),
    codeVersion: 'c0de',
    metafile: { inputs: {}, outputs: {} },
  };
}

/** The app as `cdk` would make it with these context values; `validate` runs CloudFormation's own rules at synth. */
export function createApp(
  context: Readonly<Record<string, string>> = {},
  validate = false,
): { app: App; stacks: Stack[] } {
  process.env.DATABASE_URL = 'postgres://ecom:secret@127.0.0.1:5432/ecom';
  const flags = JSON.parse(readFileSync(path.join(root, 'cdk.json'), 'utf8')).context as object;
  const app = new App({
    context: { ...flags, ...context },
    outdir: mkdtempSync(path.join(temporary, 'app-')),
    analyticsReporting: false,
    builtinCloudFormationValidation: validate,
  });
  const settings = readSettings((key) => app.node.tryGetContext(key));
  const build = emptyBuild(settings.bundleLayer);
  const { data, pipeline } = createStacks(app, { settings, build, root });
  return { app, stacks: data === undefined ? [pipeline] : [data, pipeline] };
}

/** The templates of the app, all stacks in one: what one exports for another is an output of it. */
export function synthesize(context?: Readonly<Record<string, string>>): Template {
  const parts = createApp(context).stacks.map((stack) => Template.fromStack(stack).toJSON());
  const merged = (section: string) => Object.assign({}, ...parts.map((part) => part[section]));
  return Template.fromJSON({ Resources: merged('Resources'), Outputs: merged('Outputs') });
}

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties have no static shape
  readonly Properties: any;
  readonly DeletionPolicy?: string;
}

/** The template's resources of a type, by logical id. */
export function resourcesOf(template: Template, type?: string): Record<string, Resource> {
  const all = template.toJSON().Resources as Record<string, Resource>;
  return Object.fromEntries(Object.entries(all).filter(([, resource]) => !type || resource.Type === type));
}

/** Text of a value with intrinsic functions: `Fn::Join` is joined, references become what the resource is called. */
export function render(template: Template, value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const {
    'Fn::Join': join,
    'Fn::GetAtt': attribute,
    'Fn::ImportValue': imported,
    Ref: reference,
  } = value as {
    'Fn::Join'?: [string, unknown[]];
    'Fn::GetAtt'?: [string, string];
    'Fn::ImportValue'?: string;
    Ref?: string;
  };
  if (imported !== undefined) return render(template, exportedAs(template, imported));
  if (join !== undefined) return join[1].map((part) => render(template, part)).join(join[0]);
  const id = attribute?.[0] ?? reference ?? JSON.stringify(value);
  const name = nameOf(resourcesOf(template)[id]?.Properties) ?? id;
  // Of something that the resource has made beside itself.
  return attribute?.[1]?.includes('.') ? `${name}.${attribute[1]}` : name;
}

interface Output {
  readonly Value: unknown;
  readonly Export?: { readonly Name: string };
}

function exportedAs(template: Template, name: string): unknown {
  const outputs = Object.values(template.toJSON().Outputs as Record<string, Output>);
  return outputs.find(({ Export }) => Export?.Name === name)?.Value;
}

function nameOf(properties: Record<string, unknown> = {}): string | undefined {
  const keys = [
    'BucketName',
    'FunctionName',
    'StateMachineName',
    'LogGroupName',
    'QueueName',
    'TopicName',
    'DBClusterIdentifier',
    'Name',
    'LayerName',
  ];
  const key = keys.find((each) => typeof properties[each] === 'string');
  return key === undefined ? undefined : String(properties[key]);
}
