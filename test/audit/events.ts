import type { AuditEvent } from '../../src/index.js'
import type { AuditEventType } from '../../src/audit/event-types.js'
import { uuidV7 } from '../../src/audit/uuid-v7.js'

/** An event as the service makes it. */
export function makeEvent (type: AuditEventType = 'first-factor.passed', fields: Partial<AuditEvent> = {}): AuditEvent {
  const now = Date.now()
  return { id: uuidV7(now), type, time: new Date(now).toISOString(), userId: 'alice', ...fields }
}

export interface Logged { level: 'info' | 'warn' | 'error', details: unknown, text: string }

/** A log that keeps its lines. */
export function createLog () {
  const lines: Logged[] = []
  const logger = (level: Logged['level']) => (...args: unknown[]): void => {
    const [details, text] = args.length > 1 ? args : [undefined, args[0]]
    lines.push({ level, details, text: String(text) })
  }
  return { lines, info: logger('info'), warn: logger('warn'), error: logger('error'), has: (text: string) => lines.some((line) => line.text.includes(text)) }
}
