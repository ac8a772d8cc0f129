import type { ResolvedOptions } from '../options/resolved.js'

/** Whether this app signs anything itself, or is about to: keys are published before they sign. */
export function signs ({ signingKeys, eventReceiver }: Pick<ResolvedOptions, 'signingKeys' | 'eventReceiver'>): boolean {
  return signingKeys !== undefined || eventReceiver !== undefined
}
