import type {
  CoreV1Event,
  V1ContainerStatus,
  V1Deployment,
  V1Node,
  V1Pod,
  V1PodSpec,
  V1PodTemplateSpec,
  V1Status,
} from '@kubernetes/client-node';

/** What the API sends: the client's types, with dates as the strings they are on the wire. */
type OnTheWire<T> = T extends Date ? string : T extends object ? { [Key in keyof T]: OnTheWire<T[Key]> } : T;

export type Deployment = OnTheWire<V1Deployment>;
export type Pod = OnTheWire<V1Pod>;
export type PodSpec = OnTheWire<V1PodSpec>;
export type PodTemplate = OnTheWire<V1PodTemplateSpec>;
export type ContainerStatus = OnTheWire<V1ContainerStatus>;
export type Node = OnTheWire<V1Node>;
export type ClusterEvent = OnTheWire<CoreV1Event>;
export type ApiStatus = OnTheWire<V1Status>;
