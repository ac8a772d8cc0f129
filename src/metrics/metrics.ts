import type { AuditEvent } from '../audit/event.js'
import type { Fate, Sent } from '../delivery/sender.js'
import type { RevocationReason } from '../revocations/event.js'

/** The metrics of an app. The parts of the app say what happens; which metric that is, is decided here. */
export interface Metrics {
  audited (event: AuditEvent): void
  /** @param isNew whether it was a sign-up */
  firstFactor (factor: 'password' | 'social', isNew: boolean, outcome: string): void
  secondFactorAsked (factor: string): void
  messageSent (message: Sent): void
  providerOutage (channel: Sent['channel'], sender: string, isDown: boolean): void
  messageFate (provider: string, to: string, fate: Exclude<Fate, undefined>): void
  /** @param kind of the address: `phone` or `email` */
  codeAnswered (kind: string, address: string, smsProvider?: string): void
  /** @param operation of the route, such as `POST /signin` */
  limitRefused (operation: string | undefined): void
  sessionCreated (): void
  sessionRefreshed (): void
  sessionsEnded (reason: RevocationReason, sessions: number): void
  /** Whether this app would serve them to anybody, since it is not in production. */
  readonly mayBeOpen: boolean
  /** All metrics as text, in the format that a scraper asks for. */
  text (accept: string | undefined): Promise<{ contentType: string, body: string }>
}
