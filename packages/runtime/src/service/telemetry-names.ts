/** Names of spans, attributes and metrics, declared once. Attributes carry ids, codes and counts, never content. */

/** Span names, one for each stage of a task's life. */
export const spans = {
  acceptTask: 'gateway accept task',
  askQuestion: 'gateway ask question',
  answerQuestion: 'gateway answer question',
  sealQuestion: 'gateway seal question',
  leaveSessionMessage: 'gateway leave session message',
  webhookReport: 'gateway note deliveries',
  deliverWebhook: 'gateway tell webhook',
  answerChat: 'router answer chat',
  sessionMessage: 'participant handle session message',
  observe: 'validator observe',
  reveal: 'validator reveal',
  check: 'validator check',
  unseal: 'validator unseal',
  grant: 'participant grant keys',
  recordSession: 'participant record session',
  openTask: 'aggregator open task',
  tally: 'aggregator tally observation',
  propose: 'aggregator propose batch',
  takeProposal: 'aggregator take proposal',
  cosign: 'validator cosign batch',
  cosignReport: 'validator cosign report',
  certify: 'aggregator count cosignature',
  takeReport: 'aggregator take report',
  post: 'aggregator post batch',
  publish: 'aggregator publish report',
} as const;

/** Attribute names; those of messaging, HTTP and errors are OpenTelemetry's semantic conventions. */
export const attributes = {
  role: 'assay.role',
  operator: 'assay.operator',
  taskId: 'assay.task.id',
  batchId: 'assay.batch.id',
  batchReports: 'assay.batch.reports',
  policy: 'assay.policy',
  submissions: 'assay.submissions',
  /** How many submissions of a task were rejected, and for how many no quorum was had: samplers keep such traces. */
  rejected: 'assay.verdicts.reject',
  abstained: 'assay.verdicts.abstain',
  outcome: 'assay.outcome',
  /** Risk of a prompt, 0 … 10,000. */
  inputRisk: 'assay.input.risk',
  transaction: 'assay.transaction',
  sessionId: 'assay.session.id',
  messagingSystem: 'messaging.system',
  messagingOperation: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  /** The subject's template, never the subject: ids stand in attributes of their own. */
  destination: 'messaging.destination.name',
  deliveryCount: 'messaging.nats.message.delivery_count',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
} as const;

/** Metric names. Counters end in `_total`, durations in `_seconds` (Prometheus naming). */
export const metrics = {
  messages: 'assay_messages_total',
  handling: 'assay_message_handling_seconds',
  backlog: 'assay_backlog_messages',
  deadLetters: 'assay_dead_letters_total',
  retries: 'assay_message_retries_total',
  tasks: 'assay_tasks_total',
  /** Questions that were asked, and that were sealed; answers to them. */
  questions: 'assay_questions_total',
  answers: 'assay_answers_total',
  openQuestions: 'assay_open_questions',
  observations: 'assay_observations_total',
  checkDuration: 'assay_check_seconds',
  cacheLookups: 'assay_cache_lookups_total',
  /** Texts that the operator's language model was to score, by the result. */
  modelAnswers: 'assay_language_model_answers_total',
  /** Tokens that the operator's chat model read and wrote for the role llm-judge. */
  judgeTokens: 'assay_judge_tokens_total',
  cosignatures: 'assay_cosignatures_total',
  proposals: 'assay_proposals_total',
  certificates: 'assay_certificates_total',
  reports: 'assay_reports_total',
  openTasks: 'assay_open_tasks',
  posts: 'assay_posts_total',
  postGas: 'assay_post_gas_total',
  postedReports: 'assay_posted_reports_total',
  postDuration: 'assay_post_seconds',
  /** Of the newest transaction: its place, and what it pays for a unit of gas at most, in gwei. */
  transmitterNonce: 'assay_transmitter_nonce',
  transmitterFee: 'assay_transmitter_fee_gwei',
  /** 1 while a transmitter waits for funds. */
  transmitterStarves: 'assay_transmitter_starves',
  /** Transactions by what was done: signed (by why), sent again, mined, waiting (by why). */
  transactions: 'assay_transactions_total',
  reorgs: 'assay_reorgs_total',
  /** Blocks on top of a batch when its reports go out. */
  confirmations: 'assay_batch_confirmations',
  /** Batches that are in and may still be taken back. */
  unfinalBatches: 'assay_unfinal_batches',
  transmitterBalance: 'assay_transmitter_balance_ether',
  /** From the task's moment on the stream to the end of a stage. */
  stageDuration: 'assay_stage_seconds',
  /** Scores by how they stand to the median of all: near or far. */
  scores: 'assay_scores_total',
  flags: 'assay_flags_total',
  degraded: 'assay_degraded',
  /** The newest epoch that the service knows and has the policies of. */
  epoch: 'assay_epoch',
  requests: 'assay_http_requests_total',
  /** Records of the audit log: written, or left out because there were too many refusals. */
  auditRecords: 'assay_audit_records_total',
  /** Number of the last record whose digest this aggregator puts on chain; 0 while it puts none there. */
  auditHead: 'assay_audit_head_record',
  /** Miners that the Router asked, by outcome. */
  minerAnswers: 'assay_miner_answers_total',
  /** Prompts that the Router's filter read: passed, or what it did. */
  inputRisks: 'assay_input_risks_total',
  grants: 'assay_grants_total',
  sessions: 'assay_sessions_total',
  /** Longest time for which the process's own loop did nothing else, since its start. */
  loopDelay: 'assay_event_loop_delay_max_seconds',
} as const;
