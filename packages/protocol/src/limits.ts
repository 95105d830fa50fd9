/** Every bound of the network in one place; names carry the unit. */
export const limits = {
  /** Text of one prompt or one output, UTF-8 (sealed content: of the sealed bytes). */
  promptBytesMax: 128 * 1024,
  outputBytesMax: 256 * 1024,
  /** Whole HTTP request of a task. */
  requestBytesMax: 12 * 1024 * 1024,
  submissionsMax: 32,
  referenceCharsMax: 128,
  /** The same in UTF-8: a code unit takes three bytes at most. */
  referenceBytesMax: 3 * 128,
  minerCharsMax: 64,
  modelNameCharsMax: 128,
  policiesMax: 32,
  policyParametersMax: 256,
  /** What a policy states of its calibration. */
  calibrationFilesMax: 16,
  calibrationLabelsMax: 64,
  labelCharsMax: 64,
  dataFileNameCharsMax: 128,
  /** A file of labelled tasks or texts that the command line reads whole. */
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
  /** One block that IPFS nodes hand on to each other, and how long a node looks for one. */
  ipfsBlockBytesMax: 1024 * 1024,
  ipfsSearchMs: 5_000,
  proposalBytesMax: 768 * 1024,
  /** Contents that go along with their task on the bus, all together; more stay in the content store. */
  enclosedBytesMax: 16 * 1024,
  batchReportsMax: 1024,
  /** While certified batches queue for the chain, a report waits so long at most for room among them. */
  batchHoldMsMax: 60_000,
  /** The same while so many proposals have no certificate. One that has none for so long holds up nobody any more. */
  proposalsAheadMax: 3,
  cosignHoldMsMax: 1_000,
  /** Sessions: one message between participants, and how many one session may have. */
  sessionMessageBytesMax: 4 * 1024,
  /** A stored state of an agreement, UTF-8 JSON. One of Method 1 with all its messages has about 16,000. */
  sessionStateBytesMax: 48 * 1024,
  sessionMessagesMax: 64,
  sessionTtlSeconds: 3600,
  /** Epochs of a session: how many, and after how many granted keys or how long the oracle begins the next. */
  sessionEpochMax: 65_535,
  epochGrantsMax: 4_096,
  epochAgeMsMax: 20 * 60 * 1000,
  /** Session messages that one key participant handles at once. A dead replica's come back after the ack wait. */
  sessionConcurrency: 16,
  sessionAckWaitMs: 5_000,
  /** A step whose state another replica changed meanwhile, or whose message came before its turn, is tried again. */
  sessionAttemptsMax: 6,
  sessionRetryMs: 15,
  /** Deliveries of a message of a session that is not known: its first one may be with a replica that has died. */
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
  /** Of a proposal: what is given up is never cosigned, so an hour of a bus that fails is outlasted. */
  proposalDeliveriesMax: 250,
  ackWaitMs: 30_000,
  /** Proposals are taken in order, so a dead replica must be noticed soon. */
  proposalAckWaitMs: 5_000,
  workingIntervalMs: 1_500,
  retryDelayMs: 500,
  retryDelayMsMax: 15_000,
  /** Streams: how long messages stay, and how many bytes. */
  streamAgeMsMax: 7 * 24 * 3600 * 1000,
  streamBytesMax: 4 * 1024 * 1024 * 1024,
  duplicateWindowMs: 10 * 60 * 1000,
  /** After a task's deadline, before it is proposed without the observations that are missing. */
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
  /** Until a batch is looked for although no block is new: the chain may have been reorganised at the same height. */
  blockWaitMsMax: 2_000,
  receiptTimeoutMs: 60_000,
  /** Transactions: signed bytes (a certificate of 128 signatures fits), and the same of a certificate. */
  transactionBytesMax: 16 * 1024,
  certificateBytesMax: 12 * 1024,
  /** Most that a transmitter pays for a unit of gas, in wei (1,000 gwei), however long a transaction is stuck. */
  feePerGasMax: 1_000_000_000_000,
  /** How much more a replacement offers, in percent: nodes want 10 at least (EIP-1559 pools). */
  feeBumpPercent: 25,
  /** After how long a transaction that is in no block is replaced, and sent again where no node knows it. */
  replaceAfterMs: 15_000,
  sendAgainAfterMs: 2_000,
  /** RPC endpoints: how old what is known of their heads may be, how many blocks behind the best is too far. */
  endpointsMax: 8,
  headProbeMs: 2_000,
  headLagBlocksMax: 3,
  /** Rounds over the endpoints for one request, and the pause of one that fails or limits the rate. */
  endpointRoundsMax: 3,
  endpointPauseMs: 250,
  endpointPauseMsMax: 30_000,
  /** Certified batches that one aggregator brings out at once; the others wait in the book. */
  batchesUnderWayMax: 32,
  /** Until a posted batch is final: how often to look for a reorganisation, how long and how many are watched. */
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
  /** Batches that an aggregator knows to be on chain, and tries to put a report where others write. */
  postedRootsMax: 10_000,
  reportAttemptsMax: 5,
  contentCacheEntriesMax: 2_048,
  contentCacheBytesMax: 64 * 1024 * 1024,
  /** The thread that computes for a validator: calls at once, time of one (a thread that takes longer hangs), memory. */
  threadCallsMax: 512,
  threadCallMs: 10 * 60 * 1000,
  threadHeapMb: 512,
  /**
   * Pieces that one text is cut into for the embedding model. An output of `outputBytesMax` bytes with a token for each
   * byte has 2,081 pieces of 126 tokens: whatever the gateway takes is used whole.
   */
  chunksMax: 4_096,
  /** Keys of one request to the cache. */
  cacheKeysMax: 256,
  cacheTtlSeconds: 24 * 3600,
  /** Requests of one client address at the gateway. */
  requestsPerMinuteMax: 6_000,
} as const;
