/** The configuration of a node's programs. Everything that they write is below two folders, which go with the node. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Login } from '../api-server.ts';
import { cache } from '../modules.ts';

/** Where the node keeps its data. */
export const nodeFolder = `${cache}/node`;
/** Sockets, whose paths are short. */
export const runFolder = '/run/assay-cluster';
/** The node's own interface and address. No packet leaves the machine by it. */
export const nodeInterface = { name: 'assay0', address: '10.245.0.1' } as const;
/** The node's name in the cluster. */
export const nodeName = 'assay-node';
/** Addresses of pods, and of Services. */
export const ranges = { pods: '10.244.0.0/16', services: '10.96.0.0/16' } as const;
/** containerd's socket. */
export const containerdSocket = `${runFolder}/containerd.sock`;
/** The control group of all pods. */
export const controlGroup = 'assay-cluster';
/** The image that holds the network of each pod. */
export const pauseImage = 'localhost/assay-pause:1';

/** A path below the node's folder. */
export const inNode = (name: string) => join(nodeFolder, name);

/** Writes everything but what names the API server. */
export function writeNodeFiles(): void {
  for (const folder of [inNode('cni'), inNode('logs'), inNode('pods'), runFolder])
    mkdirSync(folder, { recursive: true });
  writeFileSync(inNode('containerd.toml'), containerd);
  writeFileSync(inNode('cni/assay.conflist'), JSON.stringify(network));
  writeFileSync(inNode('kubelet.yaml'), JSON.stringify(kubelet));
  writeFileSync(inNode('Corefile'), corefile);
}

/** Writes the file by which everybody reaches the API server, with every right. Resolves with its path. */
export function writeKubeconfig({ url, token, certificate }: Login): string {
  const path = inNode('kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'assay', cluster: { server: url, 'certificate-authority': certificate } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'assay', context: { cluster: 'assay', user: 'admin' } }],
    'current-context': 'assay',
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

const containerd = `version = 2
root = "${inNode('containerd')}"
state = "${runFolder}/containerd"

[grpc]
  address = "${containerdSocket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  disable_apparmor = true
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${inNode('cni')}"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;

/** Each pod has a link of its own to the machine, so that every packet is routed, and Services work without a bridge. */
const network = {
  cniVersion: '1.0.0',
  name: 'assay',
  plugins: [
    {
      type: 'ptp',
      ipMasq: false,
      ipam: {
        type: 'host-local',
        dataDir: inNode('addresses'),
        ranges: [[{ subnet: ranges.pods }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
};

const kubelet = {
  kind: 'KubeletConfiguration',
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${controlGroup}`,
  failSwapOn: false,
  failCgroupV1: false,
  // Nobody reaches it but this machine, and the API server brings no certificate.
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  containerRuntimeEndpoint: `unix://${containerdSocket}`,
  address: nodeInterface.address,
  podLogsDir: inNode('logs'),
  evictionHard: { 'memory.available': '50Mi' },
  imageGCHighThresholdPercent: 100,
  clusterDomain: 'cluster.local',
  clusterDNS: [nodeInterface.address],
};

const corefile = `cluster.local:53 {
  bind ${nodeInterface.address}
  errors
  kubernetes cluster.local {
    kubeconfig ${inNode('kubeconfig')}
    ttl 5
  }
}
`;
