// An address can move while a campaign runs, so it is verified again before each load; then the campaign ends, restored.
import { UserError } from '../../errors.ts';
import type { Target } from '../../targets/target.ts';
import { verifyLoadPath } from '../../targets/verify-address.ts';
import { UnsafeTarget } from './unsafe-target.ts';

export async function requireOwnTarget(target: Target): Promise<void> {
  try {
    await verifyLoadPath(target);
  } catch (error) {
    throw error instanceof UserError ? new UnsafeTarget(error.message) : error;
  }
}
