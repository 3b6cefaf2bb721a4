// What a campaign would refuse is not the end of an examination: it becomes a finding. Bugs stay bugs.
import { UserError } from '../errors.ts';

export type Attempt<T> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'refused'; readonly reason: string };

export async function attempt<T>(action: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { state: 'done', value: await action() };
  } catch (error) {
    if (error instanceof UserError) return { state: 'refused', reason: error.message };
    throw error;
  }
}
