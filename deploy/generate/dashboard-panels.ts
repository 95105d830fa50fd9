/** The dashboards' panels, one line each. Grafana's JSON is generated from them. */

/** One panel: its queries by legend, in PromQL unless `source` names another language. */
export interface Panel {
  readonly title: string;
  readonly source?: 'prometheus' | 'tempo' | 'loki';
  readonly type?: 'timeseries' | 'stat' | 'table' | 'logs' | 'traces';
  readonly unit?: string;
  readonly says?: string;
  readonly ask: Readonly<Record<string, string>>;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  /** Dashboard variables: a PromQL label whose values are listed, or `text` for a text field. */
  readonly variables: Readonly<Record<string, string>>;
  readonly panels: readonly Panel[];
}

const quantiles = (metric: string, by: string, filter = ''): Readonly<Record<string, string>> => ({
  [`p50 {{${by}}}`]: `histogram_quantile(0.5, sum by (le, ${by}) (rate(${metric}_bucket{${filter}}[$__rate_interval])))`,
  [`p99 {{${by}}}`]: `histogram_quantile(0.99, sum by (le, ${by}) (rate(${metric}_bucket{${filter}}[$__rate_interval])))`,
});

const ofValidator = 'operator=~"$operator",role=~"$role"';

export const dashboards: readonly Dashboard[] = [
  {
    uid: 'assay-network',
    title: 'Assay: Network',
    variables: {},
    panels: [
      {
        title: 'Tasks a second',
        unit: 'reqps',
        ask: { '{{outcome}}': 'sum by (outcome) (rate(assay_tasks_total[$__rate_interval]))' },
      },
      {
        title: 'Verdicts a second',
        unit: 'ops',
        ask: { '{{verdict}}': 'sum by (verdict) (rate(assay_reports_total[$__rate_interval]))' },
      },
      {
        title: 'Certified verdicts other than abstain',
        type: 'stat',
        unit: 'percentunit',
        ask: {
          share:
            'sum(increase(assay_reports_total{verdict!="abstain"}[$__range])) / sum(increase(assay_reports_total[$__range]))',
        },
      },
      {
        title: 'Latency by stage, from the task on the stream',
        unit: 's',
        says: 'observed: a validator’s observation is out. reported: the certified report is out.',
        ask: quantiles('assay_stage_seconds', 'stage'),
      },
      {
        title: 'Backlog',
        says: 'Tasks not delivered or not done; maximum over all operators.',
        ask: { '{{role}}': 'max by (role) (assay_backlog_messages{stream="TASKS"})' },
      },
      { title: 'Tasks without a report', ask: { open: 'max(assay_open_tasks)' } },
      { title: 'Handling a message', unit: 's', ask: quantiles('assay_message_handling_seconds', 'stream') },
      {
        title: 'Redelivered messages',
        unit: 'ops',
        ask: { '{{stream}}': 'sum by (stream) (rate(assay_message_retries_total[$__rate_interval]))' },
      },
      {
        title: 'Services without their cache',
        type: 'stat',
        ask: { '{{job}}': 'max by (job) (assay_degraded)' },
      },
      {
        title: 'Waiting for Redis',
        unit: 's',
        ask: quantiles('db_client_operation_duration_seconds', 'db_operation_name'),
      },
      { title: 'Replicas up', type: 'stat', ask: { '{{job}}': 'sum by (job) (up)' } },
    ],
  },
  {
    uid: 'assay-validators',
    title: 'Assay: Validators',
    variables: { operator: 'operator', role: 'role' },
    panels: [
      {
        title: 'Observations a second',
        unit: 'ops',
        ask: {
          '{{operator}} {{role}} {{instance}}': `sum by (operator, role, instance) (rate(assay_observations_total{${ofValidator}}[$__rate_interval]))`,
        },
      },
      {
        title: 'From task to observation',
        unit: 's',
        ask: quantiles('assay_stage_seconds', 'role', `stage="observed",${ofValidator}`),
      },
      { title: 'The check itself (model time)', unit: 's', ask: quantiles('assay_check_seconds', 'role', ofValidator) },
      {
        title: 'Scores near the median',
        unit: 'percentunit',
        says: 'An operator that strays from the others is wrong, old, or lying.',
        ask: {
          '{{of}} {{role}}':
            'sum by (of, role) (rate(assay_scores_total{agreement="near"}[$__rate_interval])) / sum by (of, role) (rate(assay_scores_total[$__rate_interval]))',
        },
      },
      {
        title: 'Cache hit rate',
        unit: 'percentunit',
        ask: {
          '{{kind}} {{role}}': `sum by (kind, role) (rate(assay_cache_lookups_total{result="hit",${ofValidator}}[$__rate_interval])) / sum by (kind, role) (rate(assay_cache_lookups_total{${ofValidator}}[$__rate_interval]))`,
        },
      },
      {
        title: 'Backlog',
        ask: {
          '{{operator}} {{role}}': `max by (operator, role) (assay_backlog_messages{stream="TASKS",${ofValidator}})`,
        },
      },
      {
        title: 'Cosignatures a second',
        unit: 'ops',
        ask: {
          '{{operator}}': 'sum by (operator) (rate(assay_cosignatures_total{operator=~"$operator"}[$__rate_interval]))',
        },
      },
    ],
  },
  {
    uid: 'assay-chain',
    title: 'Assay: Chain',
    variables: {},
    panels: [
      {
        title: 'Gas for a report',
        ask: {
          gas: 'sum(increase(assay_post_gas_total[$__range])) / sum(increase(assay_posted_reports_total[$__range]))',
        },
        type: 'stat',
      },
      {
        title: 'Reports in a batch',
        ask: {
          reports:
            'sum(increase(assay_posted_reports_total[$__range])) / sum(increase(assay_posts_total{outcome="posted"}[$__range]))',
        },
        type: 'stat',
      },
      { title: 'Posts', ask: { '{{outcome}}': 'sum by (outcome) (increase(assay_posts_total[$__rate_interval]))' } },
      { title: 'Time from sending to confirmation', unit: 's', ask: quantiles('assay_post_seconds', 'outcome') },
      {
        title: 'Transmitter balance, in ether',
        ask: { '{{instance}}': 'min by (instance) (assay_transmitter_balance_ether)' },
      },
      {
        title: 'Proposals and certificates',
        ask: {
          'proposed, {{outcome}}': 'sum by (outcome) (rate(assay_proposals_total[$__rate_interval]))',
          certified: 'sum(rate(assay_certificates_total[$__rate_interval]))',
        },
      },
      {
        title: 'Vanished batches',
        says: 'Posted, and then not there or not confirmed: a reorganisation, or a stuck transaction.',
        ask: { vanished: 'sum(increase(assay_posts_total{outcome="vanished"}[$__range]))' },
        type: 'stat',
      },
    ],
  },
  {
    uid: 'assay-security',
    title: 'Assay: Security',
    variables: {},
    panels: [
      {
        title: 'Messages refused',
        ask: { '{{stream}} {{code}}': 'sum by (stream, code) (increase(assay_dead_letters_total[$__rate_interval]))' },
      },
      {
        title: 'Flags on submissions',
        ask: { '{{role}} {{flag}}': 'sum by (role, flag) (rate(assay_flags_total[$__rate_interval]))' },
      },
      {
        title: 'Submissions rejected',
        unit: 'percentunit',
        ask: {
          rejected:
            'sum(rate(assay_reports_total{verdict="reject"}[$__rate_interval])) / sum(rate(assay_reports_total[$__rate_interval]))',
        },
      },
      {
        title: 'Requests refused by the rate limit',
        unit: 'reqps',
        ask: { limited: 'sum(rate(assay_http_requests_total{status="429"}[$__rate_interval]))' },
      },
      {
        title: 'Requests by status',
        unit: 'reqps',
        ask: { '{{status}}': 'sum by (status) (rate(assay_http_requests_total[$__rate_interval]))' },
      },
      {
        title: 'Equivocations',
        type: 'stat',
        ask: { found: 'sum(increase(assay_dead_letters_total{code="equivocation"}[$__range]))' },
      },
      {
        title: 'Content keys granted and refused',
        ask: { '{{outcome}}': 'sum by (outcome) (increase(assay_grants_total[$__rate_interval]))' },
      },
      {
        title: 'Sessions agreed',
        ask: { '{{outcome}}': 'sum by (outcome) (increase(assay_sessions_total[$__rate_interval]))' },
      },
      {
        title: 'Refusals, as logged',
        source: 'loki',
        type: 'logs',
        ask: { logs: '{service_namespace="assay"} | json | level=~"warn|error" |= "refused"' },
      },
    ],
  },
  {
    uid: 'assay-task',
    title: 'Assay: One task',
    variables: { task: 'text' },
    panels: [
      {
        title: 'Traces of the task',
        source: 'tempo',
        type: 'table',
        ask: { traces: '{ span.assay.task.id = "$task" }' },
      },
      {
        title: 'Outcome of each stage',
        source: 'tempo',
        type: 'table',
        ask: {
          spans:
            '{ span.assay.task.id = "$task" && span.assay.outcome != nil } | select(span.assay.outcome, span.assay.role, span.assay.operator)',
        },
      },
      { title: 'Logs', source: 'loki', type: 'logs', ask: { logs: '{service_namespace="assay"} |= "$task"' } },
    ],
  },
];
