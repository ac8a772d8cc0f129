import type { ResolvedOptions } from '../options/resolved.js'

/** Whether this app signs anything itself, or is about to: keys are published before they sign. */
export function signs ({ signingKeys, forwardAuth, eventReceiver }: Pick<ResolvedOptions, 'signingKeys' | 'forwardAuth' | 'eventReceiver'>): boolean {
  return signingKeys !== undefined || forwardAuth !== undefined || eventReceiver !== undefined
}
