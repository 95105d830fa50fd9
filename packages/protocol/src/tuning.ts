/**
 * Bounds that each process has for itself: waits, retries, memory, patience with neighbours. Two processes with different
 * values still agree on every message, report and signature. Nothing that decides on validity uses them. Names end with
 * the unit.
 */
export const tuning = {
  /** Whole HTTP request of a task, and its JSON values: a task of 32 submissions has about 600. */
  requestBytesMax: 12 * 1024 * 1024,
  requestValuesMax: 10_000,
  /** A file of labelled tasks or texts, which the command line reads completely. */
  labelledFileBytesMax: 256 * 1024 * 1024,
  /** The largest block that IPFS nodes exchange, and how long a node searches for one. */
  ipfsBlockBytesMax: 1024 * 1024,
  ipfsSearchMs: 5_000,
  /** A proposal that this aggregator makes; it accepts every one that fits into a message. */
  proposalBytesMax: 768 * 1024,
  /** The longest that an aggregator can be told to wait for a full batch, or for the aggregator before it. */
  batchWaitMsMax: 600_000,
  /** The longest that a report waits for room while certified batches queue for the chain. */
  batchHoldMsMax: 60_000,
  /**
   * The same while this many proposals have no certificate. A proposal without one for that long is not waited for any
   * more.
   */
  proposalsAheadMax: 3,
  cosignHoldMsMax: 1_000,
  sessionTtlSeconds: 3600,
  /** After how many granted keys, or how long, the oracle begins the next epoch of a session. */
  epochGrantsMax: 4_096,
  epochAgeMsMax: 20 * 60 * 1000,
  /**
   * Session messages that one key participant handles at once. Those of a dead replica are redelivered after the ack
   * wait.
   */
  sessionConcurrency: 16,
  /**
   * A message of an unknown session, or one that arrives early, is delivered again after this time, doubled each time:
   * 9 deliveries are 8 seconds. A replica that died may hold the message before it.
   */
  sessionRetryMs: 30,
  sessionDeliveriesMax: 9,
  /**
   * How long a session that its User closes stays readable for a task that is not handed in yet, and how often closing
   * sessions are looked at.
   */
  sessionCloseGraceMs: 60_000,
  sessionSweepMs: 1_000,
  /** Deliveries of one message before it becomes a dead letter. */
  deliveriesMax: 12,
  /**
   * Deliveries of a proposal. A proposal that is given up is never cosigned, so this must outlast an hour of bus
   * failure.
   */
  proposalDeliveriesMax: 250,
  workingIntervalMs: 1_500,
  /** Time before a task's deadline that a validator keeps to check and to publish without content that is not there. */
  contentMarginMs: 5_000,
  /** Time without attempts to keep evidence after one that failed. */
  evidencePauseMs: 60_000,
  /** Evidence of one validator that is on its way to the stream, and how long its end waits for that. */
  evidenceUnderWayMax: 64,
  evidenceCloseMs: 2_000,
  /** Subjects that a gateway marks at once when it deletes the evidence of a task. */
  erasureMarksAtOnce: 64,
  /** Dead letters that one loop publishes at once, and each second after that; further refusals are only counted. */
  deadLettersBurst: 64,
  deadLettersPerSecond: 2,
  retryDelayMs: 500,
  retryDelayMsMax: 15_000,
  /** Wait after a task's deadline before it is proposed without the missing observations. */
  deadlineGraceMs: 500,
  /**
   * When an aggregator reads the streams again for a task that waits for operators' words, doubled each time; how often it
   * looks whether one does; and how much of the streams it may read again at once after its start. Later it may read twice
   * as much again as comes in.
   */
  rereadAfterMs: 10_000,
  rereadPollMs: 2_000,
  rereadAllowanceMs: 600_000,
  /**
   * Tasks that an epoch has left over: how often operators are asked for one at first, then ever less often; how far the
   * clocks of bus and chain may differ; and how many reports of the epoch an operator looks through.
   */
  leftOverAskMs: 15_000,
  leftOverSkewMs: 600_000,
  leftOverReportsMax: 262_144,
  /** By how much the clocks of the servers that hold the streams may differ: an epoch is read from that much earlier on. */
  serverClocksMs: 60_000,
  /** Observations that one validator has pledged and not shown yet, and how often it looks whether all have pledged. */
  revealsMax: 256,
  revealPollMs: 40,
  revealPollMsMax: 1_000,
  /** Waits. */
  requestTimeoutMs: 10_000,
  /** Tasks that the explorer keeps in memory. */
  tasksRecentMax: 2_000,
  longPollMsMax: 30_000,
  unsealTimeoutMs: 5_000,
  chainRequestTimeoutMs: 10_000,
  chainPollMs: 250,
  /** Interval at which a service asks for the epoch: so many times within the grace period, within these bounds. */
  epochPollsPerGrace: 10,
  epochPollMsMin: 500,
  epochPollMsMax: 15_000,
  /** Delay of a message of an epoch whose policies are not at hand. */
  epochNotReadyMs: 5_000,
  /** Delay of a task that only a replica with other checks or with another model can measure. */
  methodNotHereMs: 1_000,
  /**
   * Interval after which a batch is looked up without a new block: the chain may have been reorganised at the same
   * height.
   */
  blockWaitMsMax: 2_000,
  receiptTimeoutMs: 60_000,
  /** Maximum fee for a unit of gas in wei (1,000 gwei), however long a transaction is stuck. */
  feePerGasMax: 1_000_000_000_000,
  /** Fee increase of a replacement, in percent. Nodes require at least 10 (EIP-1559 pools). */
  feeBumpPercent: 25,
  /** Time until a transaction that is in no block is replaced, and until it is sent again if no node knows it. */
  replaceAfterMs: 15_000,
  sendAgainAfterMs: 2_000,
  /** RPC endpoints: maximum age of a known head, and maximum lag behind the best head in blocks. */
  endpointsMax: 8,
  headProbeMs: 2_000,
  headLagBlocksMax: 3,
  /** Rounds over the endpoints for one request, and how long an endpoint that fails or limits the rate is not used. */
  endpointRoundsMax: 3,
  endpointPauseMs: 250,
  endpointPauseMsMax: 30_000,
  /** How long a BLS certificate waits for more signatures: each that is missing costs gas. */
  blsCertificateWaitMs: 250,
  /** Certified batches that one aggregator posts at once; the others wait in the book. */
  batchesUnderWayMax: 32,
  /** Watch of posted batches until they are final: interval, duration and number. */
  finalityPollMs: 2_000,
  finalityWatchMs: 2 * 3600 * 1000,
  watchedBatchesMax: 10_000,
  redisTimeoutMs: 500,
  /** Signing journal: one signed message, all of a bucket, and one answer. */
  journalValueBytesMax: 4 * 1024,
  journalBytesMax: 1024 * 1024 * 1024,
  journalTimeoutMs: 5_000,
  signerTimeoutMs: 5_000,
  signerAnswerBytesMax: 64 * 1024,
  /**
   * Language model at an endpoint: tries of one request and the pauses between them, the longest answer, and requests
   * under way at once.
   */
  modelTriesMax: 3,
  modelRetryMs: 250,
  modelRetryMsMax: 4_000,
  modelAnswerBytesMax: 32 * 1024 * 1024,
  modelRequestsMax: 8,
  shutdownMs: 15_000,
  serviceStartMs: 120_000,
  /** Memory: entries that a process keeps. */
  recentTasksMax: 4_096,
  sessionsInMemoryMax: 10_000,
  /** Ids of closed sessions: about 100 bytes each. */
  closedSessionsMax: 100_000,
  /** Signatures whose signer was recovered before: about 400 bytes each. */
  signaturesRememberedMax: 32_768,
  openTasksMax: 100_000,
  doneTasksMax: 200_000,
  /** Batches that an aggregator knows to be on chain, and attempts to publish a report on a contested subject. */
  postedRootsMax: 10_000,
  reportAttemptsMax: 5,
  contentCacheEntriesMax: 2_048,
  contentCacheBytesMax: 64 * 1024 * 1024,
  /** How long it stays there: deleted content is gone from every process after this, and a sweep. */
  contentCacheMs: 5 * 60 * 1000,
  /** A validator's worker thread: concurrent calls, maximum time of one (a slower thread counts as hanging), memory. */
  threadCallsMax: 512,
  threadCallMs: 10 * 60 * 1000,
  threadHeapMb: 512,
  /** Observations of one task whose evidence a gateway reads for a client. */
  evidenceReadMax: 64,
  /** Finding the words that decided, at the gateway: text of a task times submissions to explain, and calls that wait. */
  groundsCharsMax: 200_000,
  groundsCallsMax: 8,
  /** Keys of one request to the cache. */
  cacheKeysMax: 256,
  cacheTtlSeconds: 24 * 3600,
  /** Of what follows from content, such as embeddings: no longer than content may be kept at the least. */
  derivedTtlSeconds: 3600,
  /**
   * Webhooks at a gateway: time for one answer, first and longest pause before the next attempt, age at which a delivery
   * is given up, deliveries at once, those of them to one webhook, and pause of one that found no place.
   */
  webhookAnswerMs: 10_000,
  webhookPauseMsMin: 5_000,
  webhookPauseMsMax: 3_600_000,
  webhookAgeMs: 24 * 3_600_000,
  webhooksAtOnce: 32,
  webhookAtOnce: 4,
  webhookBusyMs: 1_000,
  /** Requests of one client address at the gateway. */
  requestsPerMinuteMax: 6_000,
  /** Questions at the gateway: the longest that one takes answers, open ones, and sealed ones that stay in memory. */
  questionMsMax: 24 * 3600 * 1000,
  openQuestionsMax: 10_000,
  sealedQuestionsMax: 20_000,
  /** How often the gateway looks which questions are to be sealed, and how many it seals at once. */
  sealPollMs: 250,
  sealsAtOnce: 8,
  /** How often the gateway looks for an answer that a lagging server of the bus does not show yet. */
  answerLooksMax: 40,
  answerLookMs: 50,
  /**
   * Audit log: entries that wait for the bus, how long an admin act waits for its record, how long refusals are gathered
   * into one message, and refusals that get a record of their own at once and each second after that.
   */
  auditWaitingMax: 1_024,
  auditRecordMsMax: 5_000,
  auditGatherMs: 250,
  auditRefusalsBurst: 64,
  auditRefusalsPerSecond: 4,
  /** Content of one client address at the gateway, and when a client may try again if the store is full. */
  contentBytesPerHourMax: 256 * 1024 * 1024,
  storeFullRetryMs: 60_000,
  /** How often the gateway deletes old content from a store that does not age by itself. */
  contentSweepMs: 5 * 60 * 1000,
} as const;
