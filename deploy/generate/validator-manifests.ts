/** The manifests of the validators: one of each kind for each role, from the role's definition and the table beside this file. */
import { type Role, serviceOf } from '@assay/protocol/observation/role';
import type { ValidatorDeployment } from './validators.ts';

const head = 'Made from deploy/generate/validators.ts by "npm run manifests". Change it there.';

function environmentOf(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `            - name: ${name}\n              value: ${value}\n`)
    .join('');
}

/** Service account, deployment and disruption budget. */
export function deploymentOf(role: Role, { cpu, memory, memoryMax, environment }: ValidatorDeployment): string {
  const service = serviceOf(role);
  return `# ${head}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${service}
  labels:
    app.kubernetes.io/name: ${service}
    app.kubernetes.io/part-of: assay
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${service}
  labels:
    app.kubernetes.io/name: ${service}
    app.kubernetes.io/part-of: assay
    app.kubernetes.io/component: service
spec:
  replicas: 2
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: ${service}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${service}
    spec:
      serviceAccountName: ${service}
      containers:
        - name: service
          image: assay/${service}:0.1.0
          env:
            - name: OPERATOR_KEY_FILE
              value: /run/assay/keys/operator.key
            - name: SIGNING_JOURNAL_PASSWORD_FILE
              value: /run/assay/journal/password
            - name: SIGNING_JOURNAL_CA_FILE
              value: /run/assay/bus-ca/ca.crt
${environmentOf(environment)}          resources:
            requests:
              cpu: ${cpu}
              memory: ${memory}
            limits:
              memory: ${memoryMax}
              cpu: "2"
${volumesOf(service)}${disruptionBudgetOf(service)}`;
}

/** The container's mounts, then the pod's volumes: the end of a pod's specification. */
function volumesOf(service: string): string {
  return `          volumeMounts:
            - name: keys
              mountPath: /run/assay/keys
              readOnly: true
            - name: journal
              mountPath: /run/assay/journal
              readOnly: true
      volumes:
        - name: cache
          secret:
            secretName: cache
            defaultMode: 0440
            items:
              - key: validator
                path: password
        - name: bus
          secret:
            secretName: bus-${service}
            defaultMode: 0440
        - name: keys
          secret:
            secretName: operator
            defaultMode: 0440
        - name: journal
          secret:
            secretName: signing-journal
            defaultMode: 0440
            items:
              - key: password
                path: password
`;
}

function disruptionBudgetOf(service: string): string {
  return `---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${service}
  labels:
    app.kubernetes.io/name: ${service}
    app.kubernetes.io/part-of: assay
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app.kubernetes.io/name: ${service}
`;
}

/** Scaling by KEDA on the lag of the role's consumer. */
export function scaledObjectOf(role: Role, { replicasMax, backlog }: ValidatorDeployment): string {
  const service = serviceOf(role);
  return `# ${head}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: ${service}
  labels:
    app.kubernetes.io/name: ${service}
spec:
  scaleTargetRef:
    name: ${service}
  pollingInterval: 5
  # A minimum above zero: an operator without replicas misses deadlines.
  minReplicaCount: 2
  maxReplicaCount: ${replicasMax}
  # When NATS's monitoring does not answer, replicas that run stay.
  fallback:
    failureThreshold: 6
    replicas: 4
    behavior: currentReplicasIfHigher
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp:
          stabilizationWindowSeconds: 0
          policies:
            - type: Percent
              value: 100
              periodSeconds: 15
        # Scales down slowly. A pod that stops finishes its work or gives it back.
        scaleDown:
          stabilizationWindowSeconds: 120
          policies:
            - type: Pods
              value: 2
              periodSeconds: 60
  triggers:
    - type: nats-jetstream
      metadata:
        natsServerMonitoringEndpoint: nats-headless.assay.svc.cluster.local:8222
        account: ASSAY
        stream: TASKS
        consumer: tasks-${role}-operator
        lagThreshold: "${backlog}"
        useHttps: "false"
`;
}

/** The same rule without KEDA. */
export function autoscalerOf(role: Role, { replicasMax, backlog }: ValidatorDeployment): string {
  const service = serviceOf(role);
  return `# ${head}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: ${service}
  labels:
    app.kubernetes.io/name: ${service}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: ${service}
  minReplicas: 2
  maxReplicas: ${replicasMax}
  metrics:
    - type: External
      external:
        metric:
          name: assay_backlog_messages
          selector:
            matchLabels:
              stream: TASKS
              role: ${role}
              operator: "0xoperator"
        target:
          type: AverageValue
          averageValue: "${backlog}"
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      policies:
        - type: Percent
          value: 100
          periodSeconds: 15
    scaleDown:
      stabilizationWindowSeconds: 120
      policies:
        - type: Pods
          value: 2
          periodSeconds: 60
`;
}

/** The password of a role's user on the bus. */
export function busSecretOf(role: Role): string {
  const service = serviceOf(role);
  return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: bus-${service}
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: SecretStore
    name: assay
  target:
    name: bus-${service}
    creationPolicy: Owner
  data:
    - secretKey: password
      remoteRef:
        key: bus-${service}
        property: password
`;
}
