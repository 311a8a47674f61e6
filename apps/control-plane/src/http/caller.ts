import type { ApiRole, Operation } from '@signalbox/contracts';
import { AppError } from '@signalbox/domain';

/** Whose token a request carries. */
export interface Caller {
  tokenId: string;
  name: string;
  role: ApiRole;
}

/** Each role of people may do what the ones before it may. A gateway stands apart: it may only be a gateway. */
const ladder: readonly ApiRole[] = ['viewer', 'operator', 'admin'];

export function mayCall(role: ApiRole, needed: Operation['role']): boolean {
  if (needed === 'any' || role === needed) return true;
  if (role === 'gateway' || needed === 'gateway') return false;
  return ladder.indexOf(role) >= ladder.indexOf(needed);
}

export function demandRole(caller: Pick<Caller, 'role'>, needed: Operation['role']): void {
  if (!mayCall(caller.role, needed)) throw new AppError('auth.forbidden', { needed, role: caller.role });
}
