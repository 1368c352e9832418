import { Duration } from 'aws-cdk-lib';
import { MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { named } from './names.ts';
import type { Settings } from './settings.ts';
import type { StageFunctions } from './stage-functions.ts';

const period = Duration.hours(1);

/**
 * Lines of the runs, and those of them that were set aside, as CloudWatch's metrics: read out of the line that `measure`
 * logs at its end, which knows them of a run as a whole.
 */
export class RowMetrics extends Construct {
  readonly lines: Metric;
  readonly quarantined: Metric;

  constructor(scope: Construct, id: string, functions: StageFunctions, settings: Settings) {
    super(scope, id);
    const { logGroup } = functions.byName.measure;
    const metric = (metricName: string) =>
      new MetricFilter(this, metricName, {
        logGroup,
        metricNamespace: named(settings, 'ecom-experiment'),
        metricName,
        filterPattern: FilterPattern.exists(`$.run.${metricName}`),
        metricValue: `$.run.${metricName}`,
      }).metric({ statistic: 'Sum', period, label: metricName });
    this.lines = metric('lines');
    this.quarantined = metric('quarantined');
  }

  /** Percentage of the lines that were set aside. */
  get quarantineRate(): MathExpression {
    return new MathExpression({
      label: 'Lines that were set aside (%)',
      period,
      expression: '100 * quarantined / lines',
      usingMetrics: { lines: this.lines, quarantined: this.quarantined },
    });
  }
}
