// What a call is, as campaigns keep it in their files.
import { z } from 'zod';

const number = z.number();

export const callKind = {
  flow: z.enum(['invite', 'options', 'register']),
  // Those of before these were known do not say them: UDP, evenly spaced.
  transport: z.enum(['tcp', 'tcp-per-call']).optional(),
  arrivals: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('poisson') }),
      z.strictObject({ kind: z.literal('bursts'), factor: number, everyMs: number, forMs: number }),
    ])
    .optional(),
  baseRateCps: number.optional(),
};
