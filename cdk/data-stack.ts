import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DataBuckets } from './data-buckets.ts';
import { Database } from './database.ts';
import { named } from './names.ts';
import type { Settings } from './settings.ts';

/** What has to stay when everything else is made anew: on AWS a stack of its own. */
export class DataStack extends Stack {
  readonly database: Database;

  constructor(scope: Construct, settings: Settings) {
    const props: StackProps = {
      stackName: named(settings, 'EcomExperimentData'),
      description: 'Buckets, network and database of the experiment pipeline',
      terminationProtection: !settings.deleteData,
    };
    super(scope, 'EcomExperimentData', props);
    new DataBuckets(this, 'Data', settings);
    this.database = new Database(this, 'Database', settings);
  }
}
