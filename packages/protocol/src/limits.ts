/**
 * What all participants of a network must agree on: bounds that decide whether a message, a content or a policy is valid,
 * and what the bus is set up with. Changing one is a change of the protocol. Names end with the unit.
 */
export const limits = {
  /** One prompt or output in UTF-8 (sealed content: the sealed bytes). */
  promptBytesMax: 128 * 1024,
  outputBytesMax: 256 * 1024,
  submissionsMax: 32,
  referenceCharsMax: 128,
  /** The same in UTF-8: a code unit takes at most three bytes. */
  referenceBytesMax: 3 * 128,
  minerCharsMax: 64,
  modelNameCharsMax: 128,
  /** The JSON Schema of a task's answers: canonical JSON in UTF-8, and how deep its parts stand in each other. */
  answerSchemaBytesMax: 8 * 1024,
  answerSchemaDepthMax: 32,
  policiesMax: 32,
  policyParametersMax: 256,
  /** A policy's calibration record. */
  calibrationFilesMax: 16,
  calibrationLabelsMax: 64,
  labelCharsMax: 64,
  dataFileNameCharsMax: 128,
  operatorsMax: 128,
  /** Operators that a committee is drawn from. */
  poolOperatorsMax: 10_000,
  /** Salt and packed measurements of one observation, encrypted. */
  sealedObservationBytesMax: 512,
  /** One message on the bus: below NATS's default max_payload of 1 MiB. */
  messageBytesMax: 960 * 1024,
  /** The same for kinds of messages that are small: an observation or pledge, a cosignature, a transaction intent. */
  observationBytesMax: 4 * 1024,
  cosignatureBytesMax: 2 * 1024,
  /** An operator's evidence on one task in one role: the message, pieces for a submission, and texts of a piece. */
  evidenceBytesMax: 32 * 1024,
  evidenceItemsMax: 8,
  evidenceKindCharsMax: 64,
  evidenceCharsMax: 240,
  intentBytesMax: 64 * 1024,
  /** A question, and an answer to one, without their content. */
  questionBytesMax: 16 * 1024,
  answerBytesMax: 2 * 1024,
  /** Messages on the subjects of one question's answers that are looked at. An honest gateway writes about 40 at most. */
  answersReadMax: 256,
  /** One content in the store: it fits into a message. */
  contentBytesMax: 896 * 1024,
  /** How long content is kept if nothing else is set: a day. Never longer than the streams keep what names it. */
  contentAgeMs: 24 * 3600 * 1000,
  batchReportsMax: 4_096,
  /** Tasks in one answer of the explorer's list. */
  tasksListedMax: 200,
  /** API keys: all of a gateway, those of one answer, and the record of one on the bus. */
  apiKeysMax: 10_000,
  keysListedMax: 200,
  keyRecordBytesMax: 2 * 1024,
  keyOwnerCharsMax: 128,
  /** Webhooks of one API key, their URLs, and the record of them on the bus. */
  webhooksOfKeyMax: 4,
  webhookUrlCharsMax: 1_024,
  webhooksRecordBytesMax: 8 * 1024,
  /** A message that one webhook is to be told of one task. */
  deliveryBytesMax: 1_024,
  keyDaysMax: 3_660,
  /** How long the old token of a rotated key may stay valid: seven days. */
  keyGraceSecondsMax: 7 * 24 * 3_600,
  /** Audit log: one text of a record, records of one message, its bytes, and how long a record is kept: 400 days. */
  auditTextCharsMax: 160,
  auditPageRecordsMax: 64,
  auditPageBytesMax: 128 * 1024,
  auditAgeMsMax: 400 * 24 * 3600 * 1000,
  /** Sessions: one message between participants, and how many one session may have. */
  sessionMessageBytesMax: 4 * 1024,
  /** A stored state of an agreement, UTF-8 JSON. A Method 1 state with all its messages has about 16,000 bytes. */
  sessionStateBytesMax: 48 * 1024,
  sessionMessagesMax: 64,
  /** The highest epoch of a session. */
  sessionEpochMax: 65_535,
  /** Sealed content: plain bytes sealed in one piece, or in segments as a stream. */
  sealedPieceBytesMax: 1024 * 1024,
  sealedStreamBytesMax: 4 * 1024 * 1024 * 1024,
  /** Content keys of one request and grant, and their size on the wire. */
  grantedKeysMax: 256,
  grantBytesMax: 256 * 1024,
  cidCharsMax: 128,
  /** Consumers: time until an unacknowledged message is redelivered. Replicas share a consumer. */
  ackWaitMs: 30_000,
  /** Proposals are taken in order, so a dead replica must be noticed soon. */
  proposalAckWaitMs: 5_000,
  sessionAckWaitMs: 5_000,
  /** Streams: maximum age, and how long the server drops repeats of a message id. */
  streamAgeMsMax: 7 * 24 * 3600 * 1000,
  duplicateWindowMs: 10 * 60 * 1000,
  /** Messages on the subject of one pledge that are looked at for the first valid one. */
  pledgesMax: 8,
  /** Transactions: signed bytes (a certificate of 128 signatures fits), and the same of a certificate. */
  transactionBytesMax: 16 * 1024,
  certificateBytesMax: 12 * 1024,
  /**
   * Chunks that one text is cut into for the embedding model. An output of `outputBytesMax` bytes with one token for
   * each byte has 2,081 chunks of 126 tokens, so everything that the gateway accepts is used completely.
   */
  chunksMax: 4_096,
} as const;
