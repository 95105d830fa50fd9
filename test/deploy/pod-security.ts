/** The Pod Security Standard `restricted`, which all namespaces enforce. */
import type { Manifest } from './kustomize.ts';

/** The rules of the Pod Security Standard `restricted` (v1.32) that a pod breaks. */
export function whyNotRestricted(spec: Manifest): string[] {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])] as Manifest[];
  const volumes = [
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ];
  const rules: [string, boolean][] = [
    ['shares a namespace of the host', !(spec.hostNetwork || spec.hostPID || spec.hostIPC)],
    [
      'has another kind of volume',
      (spec.volumes ?? []).every((one: object) =>
        Object.keys(one).every((key) => key === 'name' || volumes.includes(key)),
      ),
    ],
    ['may run as root', spec.securityContext?.runAsNonRoot === true && spec.securityContext?.runAsUser !== 0],
    ['has no seccomp profile', ['RuntimeDefault', 'Localhost'].includes(spec.securityContext?.seccompProfile?.type)],
    ['sets sysctls', spec.securityContext?.sysctls === undefined],
    ...containers.flatMap((one): [string, boolean][] => [
      [`${one.name} may gain privileges`, one.securityContext?.allowPrivilegeEscalation === false],
      [`${one.name} is privileged`, one.securityContext?.privileged !== true],
      [
        `${one.name} keeps capabilities`,
        one.securityContext?.capabilities?.drop?.includes('ALL') &&
          !one.securityContext.capabilities.add?.some((cap: string) => cap !== 'NET_BIND_SERVICE'),
      ],
      [`${one.name} runs as root`, one.securityContext?.runAsUser !== 0],
      [
        `${one.name} takes a port of the host`,
        (one.ports ?? []).every((port: Manifest) => port.hostPort === undefined),
      ],
    ]),
  ];
  return rules.filter(([, holds]) => !holds).map(([why]) => why);
}
