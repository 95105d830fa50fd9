-- Up Migration

-- Certified reports that were proven against the chain. They hold no content: prompt and outputs are named by CID.
CREATE TABLE reports (
  chain_id bigint NOT NULL,
  hub text NOT NULL,
  task_id text NOT NULL,
  epoch bigint NOT NULL,
  sequence bigint NOT NULL,
  reference text NOT NULL,
  model text,
  policy text NOT NULL,
  policy_digest text NOT NULL,
  root text NOT NULL,
  transaction_hash text NOT NULL,
  block_number bigint NOT NULL,
  report jsonb NOT NULL,
  archived_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain_id, hub, task_id)
);

CREATE INDEX reports_by_batch ON reports (chain_id, hub, epoch, sequence);

-- One row for each submission of a report. Scores are basis points, by role; flags are names, by role.
CREATE TABLE verdicts (
  chain_id bigint NOT NULL,
  hub text NOT NULL,
  task_id text NOT NULL,
  position integer NOT NULL,
  miner text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('accept', 'reject', 'abstain')),
  final boolean NOT NULL,
  scores jsonb NOT NULL,
  flags jsonb NOT NULL,
  PRIMARY KEY (chain_id, hub, task_id, position),
  FOREIGN KEY (chain_id, hub, task_id) REFERENCES reports ON DELETE CASCADE
);

CREATE INDEX verdicts_by_miner ON verdicts (miner, verdict);

-- How far the bus was read. Only to save time: reports are kept once by their key.
CREATE TABLE positions (
  chain_id bigint NOT NULL,
  hub text NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (chain_id, hub)
);

-- Down Migration

DROP TABLE positions;
DROP TABLE verdicts;
DROP TABLE reports;
