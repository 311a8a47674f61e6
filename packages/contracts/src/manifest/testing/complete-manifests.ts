/** One of each kind, with every field written. Valid, and the base that tests spoil. */
export const completeManifests = `apiVersion: signalbox.dev/v1
kind: Project
metadata: { name: support, labels: { team: support }, annotations: { example.com/owner: 'Ada, of "support"' } }
spec:
  description: Answers customers
  limits: [{ of: tokens, per: day, amount: 50000000 }]
---
apiVersion: signalbox.dev/v1
kind: Cluster
metadata: { name: local }
spec:
  local:
    gpus:
      - { product: NVIDIA-L40S, memory: 48Gi }
      - { product: NVIDIA-L40S }
---
apiVersion: signalbox.dev/v1
kind: Cluster
metadata: { name: west }
spec: { kubernetes: { kubeconfig: /etc/signalbox/west, context: west-1, namespace: serving } }
---
apiVersion: signalbox.dev/v1
kind: Pool
metadata: { name: h100 }
spec:
  cluster: west
  gpuProduct: NVIDIA-H100-80GB-HBM3
  gpuResource: nvidia.com/gpu
  nodeSelector: { example.com/zone: b, spot: "false" }
  tolerations:
    - { key: nvidia.com/gpu, operator: Exists, effect: NoSchedule }
    - { key: dedicated, value: inference }
---
apiVersion: signalbox.dev/v1
kind: Model
metadata: { name: llama-3.1-8b-instruct, project: support }
spec: { description: The one that answers, licence: llama3.1 }
---
apiVersion: signalbox.dev/v1
kind: ModelVersion
metadata: { name: llama-3.1-8b-instruct-v4, project: support }
spec:
  model: llama-3.1-8b-instruct
  version: v4
  source:
    huggingFace: { repo: meta-llama/Llama-3.1-8B-Instruct, revision: main, secret: hub-access }
  tokenizerDigest: sha256:0000000000000000000000000000000000000000000000000000000000000001
  chatTemplateDigest: sha256:0000000000000000000000000000000000000000000000000000000000000002
  format: safetensors
  dtype: bfloat16
  architecture: { parameters: 8030261248, layers: 32, kvHeads: 8, headSize: 128, hiddenSize: 4096, contextLength: 131072 }
  lineage: { parent: v3, run: mlflow:runs/8f2c }
  licence: llama3.1
  evaluations: { mmlu: 0.694, toxicity: 0 }
---
apiVersion: signalbox.dev/v1
kind: Deployment
metadata: { name: chat, project: support }
spec:
  model: llama-3.1-8b-instruct
  version: v4
  engine:
    name: vllm
    version: 0.32.0
    image: registry.example:5000/team/vllm:v0.32.0
    args: { max-model-len: 16384, gpu-memory-utilization: 0.92, enable-prefix-caching: true, seed: null }
    env: { HF_HUB_OFFLINE: "1" }
  quantization: { weights: fp8, kvCache: fp8_e4m3 }
  parallelism: { tensor: 2, pipeline: 1 }
  placement: { cluster: west, pools: [h100, a100], spread: node }
  resources: { cpu: 500m, memory: 64Gi, sharedMemory: 16Gi }
  scaling: { min: 2, max: 12, targetInFlight: 16, scaleUpWindow: 90s, scaleDownWindow: 1h30m }
  rollout:
    strategy: canary
    steps: [{ weight: 5, for: 5m }, { wait: 500ms }, { weight: 25, for: 10m }, { approval: { role: release-manager } }]
    gate: { minRequests: 50, maxErrorRateIncrease: 1.5%, maxTtftIncrease: null, onNoData: fail }
    onFailure: pause
    keepWarm: 45m
    provisionTimeout: 10m
  drain: { timeout: 10m }
  startupTimeout: 15m
  imagePullSecrets: [registry-access]
---
apiVersion: signalbox.dev/v1
kind: Route
metadata: { name: chat, project: support }
spec:
  model: support/Chat_1.0
  deployment: chat
  access: open
  timeouts: { firstByte: 20s, betweenBytes: 5s, total: 2m }
  limits:
    - { of: tokens, per: minute, amount: 100000 }
    - { of: requests, per: minute, amount: 600 }
    - { of: concurrency, amount: 64 }
  queue: { maxRequests: 200, maxBytes: 64Mi, maxWait: 15s }
  routing: { weights: { prefixAffinity: 2, outstandingTokens: 1, session: 0.5 } }
  sticky: { by: header, name: X-Session-Id }
  shadow: { version: v5, percent: 2.5, maxConcurrent: 4 }
  cors: { origins: ["https://app.example.com", "http://localhost:5173"], headers: [X-Session-Id], maxAge: 1h }
  capture: { percent: 0.25, redact: ['\\b\\d{16}\\b', "[\\\\w.+-]+@[\\\\w.-]+"] }
  maxBodySize: 4Mi
`;
