// A process of the bench: one campaign at a time.
import { serve } from '../pool.ts';
import { proofOn } from './campaign.ts';

serve(proofOn);
