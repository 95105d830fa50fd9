/** Proves a report against the chain, here in the browser, step by step. */
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import type { NetworkInfo } from '@assay/sdk/gateway-client';
import { type ProofStep, proofSteps } from '@assay/sdk/prove-report';
import { useEffect, useId, useState } from 'preact/hooks';
import { proposedRpcUrl } from './gateway.ts';
import { type Outcome, prove } from './proof.ts';

const stepTexts: Readonly<Record<ProofStep, string>> = {
  network: 'The chain states the validator set and the policies of this epoch, under the hub’s own digest.',
  report: 'Signers of more than two thirds of the weight; each observation signed; these verdicts follow from them.',
  root: 'The hub has exactly this root for this batch.',
  inclusion: 'The hub itself finds this report under the root.',
};

export function ProofCard({ report, network }: { readonly report: CertifiedReport; readonly network: NetworkInfo }) {
  const original = JSON.stringify(report, null, 2);
  const [rpcUrl, setRpcUrl] = useState('');
  const [text, setText] = useState(original);
  const [outcome, setOutcome] = useState<Outcome>();
  const id = useId();
  useEffect(() => {
    proposedRpcUrl().then(
      (proposed) => setRpcUrl((now) => now || (proposed ?? '')),
      () => undefined,
    );
  }, []);
  const start = (event: Event) => {
    event.preventDefault();
    setOutcome({ status: 'running', held: [] });
    void prove({ text, rpcUrl, network }, (held) => setOutcome({ status: 'running', held })).then(setOutcome);
  };
  return (
    <section class="card" aria-labelledby={`${id}title`}>
      <h2 id={`${id}title`}>Verify the certificate</h2>
      <p>
        Your browser asks the chain, not this server. Use an RPC that you trust, and compare the hub{' '}
        <code>{network.network.hub}</code> with the address that the network announces.
      </p>
      <form onSubmit={start}>
        <label for={`${id}rpc`}>RPC of chain {network.network.chainId}</label>
        <div class="line">
          <input
            id={`${id}rpc`}
            type="url"
            required
            value={rpcUrl}
            placeholder="https://…"
            onInput={({ currentTarget }) => setRpcUrl(currentTarget.value)}
          />
          <button type="submit" disabled={outcome?.status === 'running'}>
            Verify
          </button>
        </div>
        <details>
          <summary>The report, as JSON. Change a byte and verify again.</summary>
          <textarea
            aria-label="Report as JSON"
            rows={14}
            spellcheck={false}
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <button type="button" onClick={() => setText(original)}>
            Restore
          </button>
        </details>
      </form>
      {outcome !== undefined && <Steps of={outcome} />}
    </section>
  );
}

function Steps({ of }: { readonly of: Outcome }) {
  const failedAt = of.status === 'refused' ? proofSteps[of.held.length] : undefined;
  return (
    <>
      <ol class="steps">
        {proofSteps.map((step) => {
          const state = of.held.includes(step) ? 'holds' : step === failedAt ? 'fails' : 'waits';
          return (
            <li key={step} class={state}>
              <span aria-hidden="true">{{ holds: '✓', fails: '✗', waits: '·' }[state]}</span> {stepTexts[step]}
            </li>
          );
        })}
      </ol>
      <p class={`outcome ${of.status}`} role="status">
        {of.status === 'running' && 'Asking the chain…'}
        {of.status === 'proven' && 'Proven: the chain holds the certificate of exactly this report.'}
        {of.status === 'refused' && `Refused: ${of.reason}`}
      </p>
    </>
  );
}
