import type { NoticeName } from '../../notice-texts.js'
import type { PlaceOf } from '../../place.js'

/** The options that the factor reads, defaults filled in; see `Fastify2faOptions`. */
export interface RecoveryCodeOptions {
  appInfo: { appName: string }
  firstFactor: 'email-password' | 'phone-password'
  noticesOff: readonly NoticeName[]
  newBrowserNotices: boolean
  placeOf: PlaceOf | undefined
  /** Seconds. */
  contestPeriod: number
}
