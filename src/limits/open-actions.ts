import { refuse } from './answers.js'
import { createCeiling, type Report } from './ceiling.js'
import type { Keys } from './keys.js'
import type { Networks } from './network.js'
import type { OpenActionLimits } from './options.js'
import type { LimitStore } from './store.js'
import { takeAll, takeCount, takeEither, takeSlot, type Taken } from './windows.js'

const TEN_MINUTES = 600
const DAY = 86_400

interface OpenActionOptions {
  store: LimitStore
  keys: Keys
  report: Report
  rules: Required<OpenActionLimits>
  /** Names the counters, for example `sign-up`. */
  purpose: string
  /** For the operator's log. */
  what: string
  /** The beginning of the refusal. */
  refusal: string
  /**
   * How often a day each network may do it to one subject when everybody's windows for that subject are used up, so
   * that a stranger elsewhere cannot use up those of an owner. @default 0
   */
  perNetworkInADay?: number
}

/** Who does it to whom. */
export interface OpenAction {
  /** The login name or the address that it is done to. */
  subject: string
  networks: Networks
  /**
   * Asked when everybody's windows are used up: whether somebody does it who was here before the flood began. They share
   * windows of their own, which strangers cannot use up.
   */
  isOwner?: () => Promise<boolean>
}

/**
 * Limits on what anybody can do to anybody: sign up with the address of somebody else, have mails sent there. Counted
 * per address, per client and in all, so that neither one victim nor the disk nor the mail provider is flooded.
 */
export function createOpenAction ({ store, keys, report, rules, purpose, what, refusal, perNetworkInADay = 0 }: OpenActionOptions) {
  const { perTenMinutes, perDay, perAddressInTenMinutes, perAddressInADay, perHourInAll, perDayInAll } = rules
  const ceiling = createCeiling({ store, keys, report, purpose: `${purpose}-all`, what, perHour: perHourInAll, perDay: perDayInAll })

  const lengths = [
    { name: 'day', limit: perDay, perClient: perAddressInADay, seconds: DAY },
    { name: 'ten-minutes', limit: perTenMinutes, perClient: perAddressInTenMinutes, seconds: TEN_MINUTES }
  ]

  async function takeOwn ({ subject, networks }: OpenAction): Promise<Taken | number> {
    const ofSubject = lengths.map(({ name, limit, seconds }) => async () => {
      const taken = await takeSlot(store, { key: keys(`${purpose}-${name}`, subject), limit, seconds })
      // The length of the whole window: a stranger does not learn when others did it.
      return typeof taken === 'number' ? seconds : taken
    })
    const ofClient = networks.flatMap((network) => lengths.map(({ name, perClient, seconds }) => () =>
      takeCount(store, { key: keys(`${purpose}-address-${name}`, network.name), limit: perClient * network.share, seconds })))
    const shared = [...ofSubject, ...ofClient]
    if (perNetworkInADay === 0) return await takeAll(shared)
    const ofNetwork = () => takeCount(store, { key: keys(`${purpose}-share`, subject, networks.at(-1)!.name), limit: perNetworkInADay, seconds: DAY })
    return await takeEither(shared, [...ofClient, ofNetwork])
  }

  return {
    /** @throws AUTH_LIMIT_REACHED */
    async reserve (action: OpenAction): Promise<Taken> {
      const own = await takeOwn(action)
      if (typeof own === 'number') throw refuse(refusal, own)
      let all = await takeAll(ceiling('everyone'))
      if (typeof all === 'number' && await action.isOwner?.() === true) all = await takeAll(ceiling('owners'))
      if (typeof all === 'number') {
        await own.giveBack()
        throw refuse(refusal, all)
      }
      const shared = all
      return { left: own.left, giveBack: async () => { await Promise.all([own.giveBack(), shared.giveBack()]) } }
    }
  }
}

export type OpenActions = ReturnType<typeof createOpenAction>
