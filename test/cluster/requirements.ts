/** What the machine needs for a cluster of its own, or for one that exists. */
import { whatIsMissing } from '../containers/requirements.ts';

const ofTrial = ['kubectl', 'openssl'];
const ofNode = ['containerd', 'ctr', 'runc', 'ip', 'iptables', 'conntrack', 'mount', '/usr/lib/cni/ptp'];
const packages = 'containerd runc containernetworking-plugins iptables iproute2 conntrack openssl';

/** A sentence that names what is missing and how to get it; undefined if everything is there. */
export function whatClusterLacks(hasCluster: boolean): string | undefined {
  return whatIsMissing({
    programs: [...ofTrial, ...(hasCluster ? [] : ofNode)],
    packages: hasCluster ? 'openssl' : packages,
  });
}
