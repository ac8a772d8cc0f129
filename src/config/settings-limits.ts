import { isCountry } from '../phone/countries.js'
import { isRedisUrl } from '../limits/resolve.js'
import { type Kind, list, wrong } from './kinds.js'
import type { Setting } from './setting.js'

const reachable = (): Kind<string> => ({
  shape: 'a country in two letters (ISO 3166) such as `US`, or a calling code such as `49`',
  parse: (text) => isCountry(text) ? { value: text } : wrong()
})

const redis = (): Kind<string> => ({
  shape: 'the address of a Redis such as `redis://redis:6379` or `rediss://user:password@host:6380/0`',
  parse: (text) => isRedisUrl(text) ? { value: text } : wrong()
})

/** What limits go by; the numbers themselves are options of the library. */
export const limitSettings = {
  REDIS_URL: {
    group: 'Limits',
    kind: redis(),
    secret: true,
    defaultInWords: 'none: counted in this process',
    example: 'redis://localhost:6379',
    description: 'Redis in which replicas count together. While it is down nobody signs in: what cannot be counted is not allowed.',
    mistakenFor: ['REDIS_URI', 'REDIS_HOST']
  },
  SMS_COUNTRIES: {
    group: 'Limits',
    kind: list(reachable()),
    defaultInWords: 'all',
    example: 'US,CA,49',
    description: 'Countries that codes are sent to. Name those where your users live: pumping messages pays in others.'
  }
} satisfies Record<string, Setting>
