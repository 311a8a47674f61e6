import type { Kubernetes } from './kubernetes.ts';

/** Asks the cluster whether an account may do something; resources as `group/name`, or `name/subresource` of the core. */
export async function mayI(
  { objects }: Kubernetes,
  user: string,
  verb: string,
  resource: string,
  namespace?: string,
): Promise<boolean> {
  const [first = '', second] = resource.split('/');
  const isGroup = first === 'apps';
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user,
      groups: ['system:serviceaccounts', 'system:authenticated'],
      resourceAttributes: {
        verb,
        ...(isGroup ? { group: first, resource: second } : { resource: first, subresource: second }),
        ...(namespace === undefined ? {} : { namespace }),
      },
    },
  };
  const { status } = (await objects.create(review)) as unknown as { status?: { allowed: boolean } };
  if (status === undefined) throw new Error('the cluster did not say whether it is allowed');
  return status.allowed;
}
