import { isCountry } from '../phone/countries.js'
import { resolveSpend, spendProblems, type ResolvedSpend } from './spend-options.js'
import type { AdminLimits, FailureLimits, LimitsOptions, OpenActionLimits, SendLimits, SignInLimits } from './options.js'

/** {@link LimitsOptions} with every default filled in. */
export interface ResolvedLimits {
  redisUrl: string | undefined
  countries: string[]
  failures: Required<FailureLimits> | false
  sends: Required<SendLimits> | false
  spend: ResolvedSpend | undefined
  signIn: Required<SignInLimits> | false
  signUps: Required<OpenActionLimits> | false
  mails: Required<OpenActionLimits> | false
  admin: Required<AdminLimits> | false
}

const FAILURES: Required<FailureLimits> = { triesPerWait: 5, waits: [30, 60, 120, 300, 600, 900, 1800, 3600], lockAfter: 50, perThirtyDays: 50 }
const SENDS: Required<SendLimits> = {
  cooldown: 15,
  perTenMinutes: 5,
  perDay: 10,
  perAddressInTenMinutes: 30,
  perAddressInADay: 200,
  newNumbersPerHour: 200,
  newNumbersPerDay: 500,
  unansweredPerNetwork: 10,
  unansweredPerRange: 6,
  unansweredPerMillion: 40,
  unansweredPerCountry: 100,
  unansweredElsewhere: 120,
  answeredPercent: 40
}
const SIGN_IN: Required<SignInLimits> = { perAccountAndAddress: 10, perAccount: 30, perAddress: 100, waits: [30, 60, 120, 300, 600, 900], refusalTime: 400 }
const OPEN_ACTIONS: Required<OpenActionLimits> = { perTenMinutes: 5, perDay: 10, perAddressInTenMinutes: 60, perAddressInADay: 400, perHourInAll: 2000, perDayInAll: 20_000 }
const ADMIN: Required<AdminLimits> = { perMinute: 600, changesPerMinute: 60 }

const GROUPS = { failures: FAILURES, sends: SENDS, signIn: SIGN_IN, signUps: OPEN_ACTIONS, mails: OPEN_ACTIONS, admin: ADMIN }
const GROUP_NAMES = Object.keys(GROUPS) as (keyof typeof GROUPS)[]

/** Allowed ranges of whole numbers; every other field takes 1 to 1,000,000. */
const RANGES: Record<string, [least: number, most: number]> = {
  // NIST 800-63B 3.2.2: no more than 100 consecutive failures.
  'failures.lockAfter': [1, 100],
  // A longer cool-down would be a limit of 1 in the ten-minute window.
  'sends.cooldown': [0, 600],
  'sends.answeredPercent': [1, 100],
  'signIn.refusalTime': [0, 10_000]
}

/**
 * The longest allowed wait, in seconds. NIST 800-63B 3.2.2 suggests up to an hour for the second factor. Before the
 * first factor, a stranger can make somebody else wait, so waits are shorter (ASVS 6.1.1).
 */
const LONGEST_WAIT: Record<string, number> = { 'failures.waits': 86_400, 'signIn.waits': 900 }

function isWholeNumber (value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

function fieldProblem (path: string, value: unknown): string | undefined {
  const longest = LONGEST_WAIT[path]
  if (longest !== undefined) {
    const fits = Array.isArray(value) && value.length > 0 && value.every((wait) => isWholeNumber(wait, 1, longest))
    return fits ? undefined : `limits.${path} must be a list of seconds from 1 to ${longest}`
  }
  const [least, most] = RANGES[path] ?? [1, 1_000_000]
  return isWholeNumber(value, least, most) ? undefined : `limits.${path} must be a whole number from ${least} to ${most}`
}

function groupProblems (name: keyof typeof GROUPS, group: unknown): (string | undefined)[] {
  if (group === undefined || group === false) return []
  if (typeof group !== 'object' || group === null) return [`limits.${name} must be an object or false`]
  return Object.entries(group).filter(([, value]) => value !== undefined).map(([field, value]) =>
    Object.hasOwn(GROUPS[name], field) ? fieldProblem(`${name}.${field}`, value) : `limits.${name}.${field} is not an option`)
}

/** Returns every problem with `limits`, one sentence each. */
export function limitProblems (limits: LimitsOptions | false | undefined): string[] {
  if (limits === undefined || limits === false) return []
  if (typeof limits !== 'object' || limits === null) return ['limits must be an object or false']
  const { redisUrl, countries, spend, ...groups } = limits
  const found = [
    ...Object.keys(groups).map((name) => Object.hasOwn(GROUPS, name) ? undefined : `limits.${name} is not an option`),
    redisUrl === undefined || isRedisUrl(redisUrl) ? undefined : 'limits.redisUrl must be a redis:// or rediss:// address',
    countries === undefined || (Array.isArray(countries) && countries.every(isCountry)) ? undefined : 'limits.countries must be a list of countries such as US, or calling codes such as 49',
    ...spendProblems(spend),
    ...GROUP_NAMES.flatMap((name) => groupProblems(name, groups[name]))
  ]
  return found.filter((problem) => problem !== undefined)
}

export function isRedisUrl (value: unknown): boolean {
  return typeof value === 'string' && /^rediss?:\/\/[^\s\\]+$/.test(value) && URL.canParse(value)
}

/** Merges a group over its defaults; `undefined` counts as not set. */
function filled<Group extends object> (defaults: Required<Group>, group: Group | false | undefined): Required<Group> | false {
  if (group === false) return false
  return { ...defaults, ...Object.fromEntries(Object.entries(group ?? {}).filter(([, value]) => value !== undefined)) }
}

/** Fills in the defaults. Call {@link limitProblems} first. */
export function resolveLimits (limits: LimitsOptions | false | undefined): ResolvedLimits | false {
  if (limits === false) return false
  return {
    redisUrl: limits?.redisUrl,
    countries: limits?.countries ?? [],
    failures: filled(FAILURES, limits?.failures),
    sends: filled(SENDS, limits?.sends),
    spend: resolveSpend(limits?.spend),
    signIn: filled(SIGN_IN, limits?.signIn),
    signUps: filled(OPEN_ACTIONS, limits?.signUps),
    mails: filled(OPEN_ACTIONS, limits?.mails),
    admin: filled(ADMIN, limits?.admin)
  }
}
