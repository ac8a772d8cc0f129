import { basename } from 'node:path'
import type { CoreEvent } from '../embedded-core/index.js'
import type { AuditInput } from './audit.js'

/** What is done with everything at once leaves a trace, too: a backup is all that a thief of accounts wants. */
export function eventOfCore (event: CoreEvent): AuditInput {
  switch (event.type) {
    case 'backup-made': return { type: 'backup.made', reason: event.asked }
    case 'backup-failed': return { type: 'backup.failed', reason: `${event.asked}: ${event.code}` }
    case 'migrated': return { type: 'core.migrated', reason: `${basename(event.file)}: schema ${event.from} to ${event.to}` }
    case 'encrypted': return { type: 'core.encrypted', reason: `${basename(event.file)}: ${event.from ?? 'nothing'} to ${event.to}` }
  }
}

/** What the service publishes when it runs again. */
export function restoredEvent ({ by, reason, createdAt, asItWas }: { by: string, reason: string | undefined, createdAt: Date, asItWas: boolean }): AuditInput {
  return { type: 'core.restored', actor: by, reason: `backup of ${createdAt.toISOString()}${asItWas ? ', as it was' : ''}${reason === undefined ? '' : `: ${reason}`}` }
}
