/** All bounds of the network. Names end with the unit. */
export const limits = {
  /** One prompt or output in UTF-8 (sealed content: the sealed bytes). */
  promptBytesMax: 128 * 1024,
  outputBytesMax: 256 * 1024,
  /** Whole HTTP request of a task. */
  requestBytesMax: 12 * 1024 * 1024,
  submissionsMax: 32,
  referenceCharsMax: 128,
  /** The same in UTF-8: a code unit takes at most three bytes. */
  referenceBytesMax: 3 * 128,
  minerCharsMax: 64,
  modelNameCharsMax: 128,
  policiesMax: 32,
  policyParametersMax: 256,
  /** A policy's calibration record. */
  calibrationFilesMax: 16,
  calibrationLabelsMax: 64,
  labelCharsMax: 64,
  dataFileNameCharsMax: 128,
  /** A file of labelled tasks or texts, which the command line reads completely. */
  labelledFileBytesMax: 256 * 1024 * 1024,
  operatorsMax: 128,
  /** Operators that a committee is drawn from. */
  poolOperatorsMax: 10_000,
  /** Salt and packed measurements of one observation, encrypted. */
  sealedObservationBytesMax: 512,
  /** One message on the bus: below NATS's default max_payload of 1 MiB. */
  messageBytesMax: 960 * 1024,
  /** One content in the store: the largest sealed blob; and the messages that it is cut into there. */
  contentBytesMax: 17 * 1024 * 1024,
  contentChunksMax: 1_024,
  /** The largest block that IPFS nodes exchange, and how long a node searches for one. */
  ipfsBlockBytesMax: 1024 * 1024,
  ipfsSearchMs: 5_000,
  proposalBytesMax: 768 * 1024,
  /** Total size of contents that travel with their task on the bus; larger ones are only in the content store. */
  enclosedBytesMax: 16 * 1024,
  batchReportsMax: 1024,
  /** The longest that a report waits for room while certified batches queue for the chain. */
  batchHoldMsMax: 60_000,
  /**
   * The same while this many proposals have no certificate. A proposal without one for that long is not waited for any
   * more.
   */
  proposalsAheadMax: 3,
  cosignHoldMsMax: 1_000,
  /** Sessions: one message between participants, and how many one session may have. */
  sessionMessageBytesMax: 4 * 1024,
  /** A stored state of an agreement, UTF-8 JSON. A Method 1 state with all its messages has about 16,000 bytes. */
  sessionStateBytesMax: 48 * 1024,
  sessionMessagesMax: 64,
  sessionTtlSeconds: 3600,
  /** Epochs of a session: how many, and after how many granted keys or how long the oracle begins the next. */
  sessionEpochMax: 65_535,
  epochGrantsMax: 4_096,
  epochAgeMsMax: 20 * 60 * 1000,
  /**
   * Session messages that one key participant handles at once. Those of a dead replica are redelivered after the ack
   * wait.
   */
  sessionConcurrency: 16,
  sessionAckWaitMs: 5_000,
  /** A step is retried if another replica changed its state in the meantime, or if its message arrived early. */
  sessionAttemptsMax: 6,
  sessionRetryMs: 15,
  /** Deliveries of a message of an unknown session: a replica that died may hold the session's first message. */
  sessionDeliveriesMax: 6,
  /** Sealed content: plain bytes sealed in one piece, or in segments as a stream. */
  sealedPieceBytesMax: 1024 * 1024,
  sealedStreamBytesMax: 4 * 1024 * 1024 * 1024,
  /** Content keys of one request and grant, and their size on the wire. */
  grantedKeysMax: 256,
  grantBytesMax: 256 * 1024,
  cidCharsMax: 128,
  /** Deliveries of one message before it becomes a dead letter. */
  deliveriesMax: 12,
  /**
   * Deliveries of a proposal. A proposal that is given up is never cosigned, so this must outlast an hour of bus
   * failure.
   */
  proposalDeliveriesMax: 250,
  ackWaitMs: 30_000,
  /** Proposals are taken in order, so a dead replica must be noticed soon. */
  proposalAckWaitMs: 5_000,
  workingIntervalMs: 1_500,
  retryDelayMs: 500,
  retryDelayMsMax: 15_000,
  /** Streams: maximum age and size. */
  streamAgeMsMax: 7 * 24 * 3600 * 1000,
  streamBytesMax: 4 * 1024 * 1024 * 1024,
  duplicateWindowMs: 10 * 60 * 1000,
  /** Wait after a task's deadline before it is proposed without the missing observations. */
  deadlineGraceMs: 500,
  /** Observations that one validator has pledged and not shown yet, and how often it looks whether all have pledged. */
  revealsMax: 256,
  revealPollMs: 40,
  revealPollMsMax: 1_000,
  /** Messages on the subject of one pledge that are looked at for the first valid one. */
  pledgesMax: 8,
  /** Waits. */
  requestTimeoutMs: 10_000,
  longPollMsMax: 30_000,
  unsealTimeoutMs: 5_000,
  chainRequestTimeoutMs: 10_000,
  chainPollMs: 250,
  /**
   * Interval after which a batch is looked up without a new block: the chain may have been reorganised at the same
   * height.
   */
  blockWaitMsMax: 2_000,
  receiptTimeoutMs: 60_000,
  /** Transactions: signed bytes (a certificate of 128 signatures fits), and the same of a certificate. */
  transactionBytesMax: 16 * 1024,
  certificateBytesMax: 12 * 1024,
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
  shutdownMs: 15_000,
  serviceStartMs: 120_000,
  /** Memory: entries that a process keeps. */
  recentTasksMax: 4_096,
  sessionsInMemoryMax: 10_000,
  /** Signatures whose signer was recovered before: about 400 bytes each. */
  signaturesRememberedMax: 32_768,
  openTasksMax: 100_000,
  doneTasksMax: 200_000,
  /** Batches that an aggregator knows to be on chain, and attempts to publish a report on a contested subject. */
  postedRootsMax: 10_000,
  reportAttemptsMax: 5,
  contentCacheEntriesMax: 2_048,
  contentCacheBytesMax: 64 * 1024 * 1024,
  /** A validator's worker thread: concurrent calls, maximum time of one (a slower thread counts as hanging), memory. */
  threadCallsMax: 512,
  threadCallMs: 10 * 60 * 1000,
  threadHeapMb: 512,
  /**
   * Chunks that one text is cut into for the embedding model. An output of `outputBytesMax` bytes with one token for
   * each byte has 2,081 chunks of 126 tokens, so everything that the gateway accepts is used completely.
   */
  chunksMax: 4_096,
  /** Keys of one request to the cache. */
  cacheKeysMax: 256,
  cacheTtlSeconds: 24 * 3600,
  /** Requests of one client address at the gateway. */
  requestsPerMinuteMax: 6_000,
} as const;
