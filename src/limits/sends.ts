import { refuse } from './answers.js'
import type { Keys } from './keys.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { takeAll, takeCount, takeSlot, type Taken } from './windows.js'

const TEN_MINUTES = 600
const DAY = 86_400

interface SendsOptions {
  store: LimitStore
  keys: Keys
  rules: ResolvedLimits['sends']
}

/** Whom a message is for, and who asks. */
export interface Send {
  userId: string
  /** What kind of address it is, for example `phone`: each kind has windows of its own. */
  kind: string
  /** Where the message goes, normalised. */
  address: string
  /** As `networkOf` tells it. */
  network: string
}

/**
 * Messages: each costs money, annoys whoever gets it, and is one more chance for a guess. Taken before anything is sent, so that a
 * hundred requests at once are a hundred takers of five slots (ASVS 2.4.1).
 */
export function createSends ({ store, keys, rules }: SendsOptions) {
  /** The longest window first: who has to wait till tomorrow is not told to come back in half a minute. */
  function windowsOf (purpose: string, subject: string, cooldown: number) {
    if (rules === false) return []
    const windows = [
      { name: 'day', limit: rules.perDay, seconds: DAY },
      { name: 'ten-minutes', limit: rules.perTenMinutes, seconds: TEN_MINUTES }
    ]
    return windows.map(({ name, ...window }) => () => takeSlot(store, { key: keys(`${purpose}-${name}`, subject), ...window }))
      .concat(cooldown === 0 ? [] : [() => pause(keys(`${purpose}-cooldown`, subject), cooldown)])
  }

  /** A slot of one; it says nothing about how many are left. */
  async function pause (key: string, seconds: number): Promise<Taken | number> {
    const taken = await takeSlot(store, { key, limit: 1, seconds })
    return typeof taken === 'number' ? taken : { ...taken, left: Infinity }
  }

  function addressWindows (network: string) {
    if (rules === false) return []
    const windows = [
      { name: 'day', limit: rules.perAddressInADay, seconds: DAY },
      { name: 'ten-minutes', limit: rules.perAddressInTenMinutes, seconds: TEN_MINUTES }
    ]
    return windows.map(({ name, ...window }) => async () => {
      const taken = await takeCount(store, { key: keys(`address-${name}`, network), ...window })
      return typeof taken === 'number' ? taken : { ...taken, left: Infinity }
    })
  }

  async function take (takes: Array<() => Promise<Taken | number>>): Promise<Taken> {
    const taken = await takeAll(takes)
    if (typeof taken === 'number') throw refuse('Too many codes were sent.', taken)
    return taken
  }

  return {
    /**
     * Takes what one message costs.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async reserve ({ userId, kind, address, network }: Send): Promise<Taken> {
      const cooldown = rules === false ? 0 : rules.cooldown
      const own = await take([...windowsOf('user', userId, cooldown), ...windowsOf(kind, address, 0)])
      try {
        // Last, and not given back when the provider fails: what never reached a provider costs an address nothing, what did costs it always.
        await take(addressWindows(network))
      } catch (err) {
        await own.giveBack()
        throw err
      }
      return own
    },

    /**
     * The same for links to reset a password, which a stranger may ask for: windows of their own, so that nobody uses up the codes of
     * somebody else.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async reserveLink (account: string, network: string): Promise<void> {
      await take([...windowsOf('link', account, 0), ...addressWindows(network)])
    }
  }
}

export type Sends = ReturnType<typeof createSends>
