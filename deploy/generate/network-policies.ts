/**
 * Network policies from the table of connections: everything is denied, and each part's own connections are allowed.
 */
import { type Arrow, arrows, livesIn, type NamespaceKind, parts } from './arrows.ts';

type Peer = Readonly<Record<string, unknown>>;

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'];
const inNamespace = (name: string, pods?: Readonly<Record<string, string>>): Peer => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  ...(pods === undefined ? {} : { podSelector: { matchLabels: pods } }),
});

/** Selectors for the parts outside of a namespace. */
const outside: Readonly<Record<string, Peer>> = {
  clients: inNamespace('ingress-nginx', { 'app.kubernetes.io/name': 'ingress-nginx' }),
  chain: { ipBlock: { cidr: '0.0.0.0/0', except: privateRanges } },
  miners: { ipBlock: { cidr: '0.0.0.0/0', except: privateRanges } },
  dns: inNamespace('kube-system', { 'k8s-app': 'kube-dns' }),
  // It is on the host's network, which no selector of pods reaches.
  'node-dns': { ipBlock: { cidr: '169.254.20.10/32' } },
  'otel-collector': inNamespace('observability', { 'app.kubernetes.io/name': 'opentelemetry-collector' }),
  prometheus: inNamespace('observability', { 'app.kubernetes.io/name': 'prometheus' }),
  keda: inNamespace('keda', { 'app.kubernetes.io/name': 'keda-operator' }),
  'network-nats': inNamespace('assay', { 'app.kubernetes.io/name': 'nats' }),
  'operators-nats': {
    namespaceSelector: { matchLabels: { 'assay.dev/bus': 'joined' } },
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'nats' } },
  },
};

/** The selector of a part. A part that runs in two namespaces is reached in the own one. */
export function peerOf(name: string): Peer {
  return outside[name] ?? { podSelector: { matchLabels: { 'app.kubernetes.io/name': name } } };
}

/**
 * The policies of a namespace of the network or of an operator: one that denies everything, and one for each part that
 * runs there.
 */
export function networkPolicies(kind: NamespaceKind): object[] {
  const here = Object.keys(parts).filter((name) => livesIn(name, kind));
  const isReached = (name: string) => here.includes(name) || name in outside;
  const usable = arrows.filter((one) => isReached(one.from) && isReached(one.to) && (one.in ?? kind) === kind);
  return [policy('everything-closed', {}, [], []), ...here.map((name) => policyOf(name, usable))];
}

function policyOf(name: string, usable: readonly Arrow[]): object {
  const into = usable.filter(({ to }) => to === name);
  const out = usable.filter(({ from }) => from === name);
  const ports = (numbers: readonly number[]) => [...new Set(numbers)].sort((a, b) => a - b);
  return policy(
    name,
    { matchLabels: { 'app.kubernetes.io/name': name } },
    ports(into.map(({ port }) => port)).map((port) => ({
      from: into.filter((one) => one.port === port).map(({ from }) => peerOf(from)),
      ports: protocols(port),
    })),
    out.map(({ to, port }) => ({ to: [peerOf(to)], ports: protocols(port) })),
  );
}

function protocols(port: number): object[] {
  return port === 53
    ? [
        { protocol: 'UDP', port },
        { protocol: 'TCP', port },
      ]
    : [{ protocol: 'TCP', port }];
}

function policy(name: string, podSelector: object, ingress: readonly object[], egress: readonly object[]): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'assay' } },
    spec: { podSelector, policyTypes: ['Ingress', 'Egress'], ingress, egress },
  };
}
