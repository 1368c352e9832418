import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type AlarmsProps, throttles } from './alarms.ts';
import { named } from './names.ts';

export interface DashboardProps extends AlarmsProps {
  readonly alarms: readonly Alarm[];
}

const period = Duration.minutes(5);
const sum = { period, statistic: 'Sum' } as const;
const maximum = { period, statistic: 'Maximum' } as const;

/** One page of what the pipeline does: alarms, runs, functions, queues, database. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { functions, stateMachine, trigger, runs, rows, database, settings, alarms } = props;
    const { settling, undelivered, unsettled, unanswered } = trigger;
    const ofEach = (
      metric: 'metricErrors' | 'metricDuration' | 'metricInvocations',
      options: typeof sum | typeof maximum,
    ) => functions.all.map(([name, lambda]) => lambda[metric]({ ...options, label: name }));
    new CloudWatchDashboard(this, 'Page', {
      dashboardName: named(settings, 'ecom-experiment'),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 4 })],
        [
          graph('Runs', [
            stateMachine.metricStarted({ ...sum, label: 'started' }),
            stateMachine.metricSucceeded({ ...sum, label: 'succeeded' }),
            stateMachine.metricFailed({ ...sum, label: 'failed' }),
            stateMachine.metricTimedOut({ ...sum, label: 'timed out' }),
          ]),
          graph('Time of a run (ms)', [stateMachine.metricTime({ ...maximum, label: 'longest' })]),
          graph('Uploads that wait', [
            settling.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'events' }),
            settling.metricApproximateAgeOfOldestMessage({ ...maximum, label: 'oldest (s)' }),
          ]),
        ],
        [
          graph('Calls of functions', ofEach('metricInvocations', sum)),
          graph('Errors of functions, and calls turned away', [
            ...ofEach('metricErrors', sum),
            throttles(functions),
          ]),
          graph('Time of functions (ms)', ofEach('metricDuration', maximum)),
        ],
        [
          graph(
            'Messages that reached nobody',
            [undelivered, unsettled, unanswered, runs.unannounced].map((queue) =>
              queue.metricApproximateNumberOfMessagesVisible(maximum),
            ),
          ),
          graph('Lines of runs', [rows.lines, rows.quarantined]),
          ...databaseGraphs(database),
        ],
      ],
    });
  }
}

function databaseGraphs({ cluster }: AlarmsProps['database']): IWidget[] {
  if (cluster === undefined) return [];
  return [
    graph('Capacity of the database (ACU)', [
      cluster.metricServerlessDatabaseCapacity({ ...maximum, label: 'most' }),
    ]),
    graph('Storage of the database (bytes)', [cluster.metricVolumeBytesUsed({ ...maximum, label: 'used' })]),
    graph('Connections to the database', [cluster.metricDatabaseConnections({ ...maximum, label: 'most' })]),
  ];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6 });
}
