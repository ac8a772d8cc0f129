import { isCountry } from '../phone/countries.js'
import { isRedisUrl } from '../limits/resolve.js'
import { integer, type Kind, list, matching, wrong } from './kinds.js'
import { money, prices } from './kinds-sms.js'
import type { Setting } from './setting.js'

const reachable = (): Kind<string> => ({
  shape: 'a two-letter country code (ISO 3166) such as `US`, or a calling code such as `49`',
  parse: (text) => isCountry(text) ? { value: text } : wrong()
})

const redis = (): Kind<string> => ({
  shape: 'a Redis URL such as `redis://redis:6379` or `rediss://user:password@host:6380/0`',
  parse: (text) => isRedisUrl(text) ? { value: text } : wrong()
})

/** Settings of the limits. The numbers themselves are options of the library. */
export const limitSettings = {
  REDIS_URL: {
    group: 'Limits',
    kind: redis(),
    secret: true,
    defaultInWords: 'none (counted in this process)',
    example: 'redis://localhost:6379',
    description: 'Redis in which replicas count limits together and tell each other which sessions have ended. While it is down nobody can sign in, because attempts that cannot be counted are refused.',
    mistakenFor: ['REDIS_URI', 'REDIS_HOST']
  },
  SMS_COUNTRIES: {
    group: 'Limits',
    kind: list(reachable()),
    defaultInWords: 'all',
    example: 'US,CA,49',
    description: 'Countries that codes are sent to. Name those where your users live, since SMS pumping targets others.'
  },
  SMS_NEW_NUMBERS_PER_HOUR: {
    group: 'Limits',
    kind: integer(1, 1_000_000),
    defaultInWords: '200',
    example: '200',
    description: 'Messages in an hour to numbers that have not answered a code yet, in all. The log says when half is used.'
  },
  SMS_NEW_NUMBERS_PER_DAY: {
    group: 'Limits',
    kind: integer(1, 1_000_000),
    defaultInWords: '500',
    example: '500',
    description: 'The same in a day. Raise both when more people enrol, or are moved here with phone + password.'
  },
  SMS_PRICES: {
    group: 'Limits',
    kind: prices(),
    example: '{"default":0.08,"US":0.01,"49":0.09}',
    description: 'What a text message costs: `default`, and prices by country code or calling code. Of several providers, the highest.'
  },
  SMS_SPEND_LIMIT: {
    group: 'Limits',
    kind: money(),
    defaultInWords: 'none',
    example: '50',
    description: 'What text messages may cost in a day. From 80 %, only numbers that have answered a code get one, so that strangers cannot spend all of it.'
  },
  SMS_CURRENCY: {
    group: 'Limits',
    kind: matching(/^[\p{L}\p{Sc}]{1,8}$/u, 'a name such as `EUR`'),
    example: 'EUR',
    description: 'Currency of both, for the log.'
  },
  SIGN_UPS_PER_HOUR: {
    group: 'Limits',
    kind: integer(1, 1_000_000),
    defaultInWords: '2000',
    example: '2000',
    description: 'Sign-ups in an hour, in all. The log says when half is used.'
  },
  SIGN_UPS_PER_DAY: {
    group: 'Limits',
    kind: integer(1, 1_000_000),
    defaultInWords: '20000',
    example: '20000',
    description: 'Sign-ups in a day, in all.'
  },
  VERIFICATION_MAILS_PER_HOUR: {
    group: 'Limits',
    kind: integer(1, 1_000_000),
    defaultInWords: '2000',
    example: '2000',
    description: 'Verification mails in an hour, in all. The log says when half is used.'
  },
  VERIFICATION_MAILS_PER_DAY: {
    group: 'Limits',
    kind: integer(1, 1_000_000),
    defaultInWords: '20000',
    example: '20000',
    description: 'Verification mails in a day, in all.'
  }
} satisfies Record<string, Setting>
