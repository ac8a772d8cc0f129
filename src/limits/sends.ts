import { refuse } from './answers.js'
import { createCooldown, type Account } from './cooldown.js'
import type { Keys } from './keys.js'
import { createKnownNetworks } from './known.js'
import { homeOf, type Networks } from './network.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { mailboxOf } from './subject.js'
import { takeAll, takeCount, takeEither, takeSlot, type Taken } from './windows.js'

const TEN_MINUTES = 600
const DAY = 86_400
/** Messages a day that are kept for the owner of a login, whom nothing tells from a stranger yet. */
const KEPT = 4
/** Messages of an account in a day, as so many windows: from known networks, from others, and anew with a new password. */
const WINDOWS_IN_ALL = 3

const ON_ITS_WAY = 'A code is already on its way.'
const TOO_MANY = 'Too many codes were sent.'

interface SendsOptions {
  store: LimitStore
  keys: Keys
  rules: ResolvedLimits['sends']
}

/** The receiver of a message, and the client that asks for it. */
export interface Send {
  userId: string
  /** The kind of address, for example `phone`. Each kind has its own windows. */
  kind: string
  /** Where the message goes, normalised. */
  address: string
  /** From `networksOf`. */
  networks: Networks
  /** Whether the account has proved that the address is its own: strangers share no window with it. @default false */
  owned?: boolean
  /** Whether the account is one of this address, so that whoever answers a code keeps it. @default false */
  isLogin?: boolean
  /** Whether the account passed the second factor from this network lately. @default false */
  isAtHome?: boolean
  /** Names the present password of the account, if it was ever changed: a new one starts new windows. */
  credentials?: string | undefined
}

/** Whose windows of a client address are meant: a stranger behind the same NAT cannot use up those of owners. */
type AddressWindows = 'address' | 'owner-address'

/**
 * Limits on messages. Each message costs money, annoys its receiver and is one more chance to guess a code. Slots are
 * taken before anything is sent, so that a hundred concurrent requests compete for five slots (ASVS 2.4.1).
 *
 * Who knows only the number of somebody else must not be able to keep its owner out. So the windows of a number are
 * those of accounts that have not proved it. An account that has proved it is counted by itself.
 *
 * Who knows the password as well has the account's windows, but not those of networks from which its owner passed the
 * second factor, nor any once the owner has chosen a new password.
 */
export function createSends ({ store, keys, rules }: SendsOptions) {
  const known = createKnownNetworks(store, keys)
  const cooldown = createCooldown({ store, keys, seconds: rules === false ? 0 : rules.cooldown })

  /** Longest window first: a user who must wait until tomorrow should not be told to come back in 30 seconds. */
  function windowsOf (purpose: string, subject: readonly string[], takeOne = takeSlot) {
    if (rules === false) return []
    const windows = [
      { name: 'day', limit: rules.perDay, seconds: DAY },
      { name: 'ten-minutes', limit: rules.perTenMinutes, seconds: TEN_MINUTES }
    ]
    return windows.map(({ name, ...window }) => () => takeOne(store, { key: keys(`${purpose}-${name}`, ...subject), ...window }))
  }

  /**
   * The windows that strangers share. They say neither how many messages are left nor when the first one was sent: a
   * refusal names the length of the whole window.
   */
  function sharedWindowsOf (kind: string, address: string) {
    const lengths = [DAY, TEN_MINUTES]
    return windowsOf(kind, [address]).map((take, index) => async () => {
      const taken = await withoutLeft(take())
      return typeof taken === 'number' ? lengths[index]! : taken
    })
  }

  /**
   * What an address may get beyond the windows that strangers share, so that one stranger cannot use up all of it and
   * keep the owner from answering: no network gets more than half of it.
   */
  function keptWindowsOf (kind: string, address: string, networks: Networks) {
    return [
      () => withoutLeft(takeSlot(store, { key: keys(`${kind}-kept-network`, address, networks.at(-1)!.name), limit: KEPT / 2, seconds: DAY })),
      () => withoutLeft(takeSlot(store, { key: keys(`${kind}-kept`, address), limit: KEPT, seconds: DAY }))
    ]
  }

  /** Hides how many are left: neither the cool-down nor an address says how many messages the user has left. */
  async function withoutLeft (taking: Promise<Taken | number>): Promise<Taken | number> {
    const taken = await taking
    return typeof taken === 'number' ? taken : { ...taken, left: Infinity }
  }

  /** Narrowest network first, so that a client that has used up its own share takes nothing from its neighbours'. */
  function addressWindows (networks: Networks, whose: AddressWindows) {
    if (rules === false) return []
    const windows = [
      { name: 'day', limit: rules.perAddressInADay, seconds: DAY },
      { name: 'ten-minutes', limit: rules.perAddressInTenMinutes, seconds: TEN_MINUTES }
    ]
    return networks.flatMap((network) => windows.map(({ name, limit, seconds }) => () =>
      withoutLeft(takeCount(store, { key: keys(`${whose}-${name}`, network.name), limit: limit * network.share, seconds }))))
  }

  function accountWindows ({ userId, isAtHome = false, credentials = '' }: Send, coolingDown: (wait: number) => void) {
    if (rules === false) return []
    const [account, subject]: [Account, string[]] = [isAtHome ? 'user-at-home' : 'user', [userId, credentials]]
    const inAll = () => withoutLeft(takeCount(store, { key: keys('user-in-all', userId), limit: WINDOWS_IN_ALL * rules.perDay, seconds: DAY }))
    return [...windowsOf(account, subject), ...cooldown.takes(account, subject, coolingDown), inAll]
  }

  async function take (takes: Array<() => Promise<Taken | number>>): Promise<Taken> {
    return orRefuse(await takeAll(takes))
  }

  function orRefuse (taken: Taken | number, coolingDown?: number): Taken {
    if (typeof taken === 'number') throw refuse(taken === coolingDown ? ON_ITS_WAY : TOO_MANY, taken)
    return taken
  }

  async function takeOwn (send: Send): Promise<Taken> {
    const { kind, address, networks, owned, isLogin } = send
    let coolingDown: number | undefined
    const ofUser = accountWindows(send, (wait) => { coolingDown = wait })
    if (owned === true) return orRefuse(await takeAll(ofUser), coolingDown)
    const shared = [...ofUser, ...sharedWindowsOf(kind, address)]
    const taken = await (isLogin === true ? takeEither(shared, [...ofUser, ...keptWindowsOf(kind, address, networks)]) : takeAll(shared))
    return orRefuse(taken, coolingDown)
  }

  return {
    /**
     * Takes a slot in every window that one message counts in.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async reserve (send: Send): Promise<Taken> {
      const own = await takeOwn(send)
      try {
        // Taken last, so that a message refused above costs the address nothing. Never given back once taken, even if
        // the provider fails.
        await take(addressWindows(send.networks, send.owned === true ? 'owner-address' : 'address'))
      } catch (err) {
        await own.giveBack()
        throw err
      }
      return own
    },

    /**
     * Ends the cool-down of an account that has answered a code, so that it can sign in again at once. Its windows stay:
     * whoever answers is no pump either.
     */
    async answered (userId: string, credentials = ''): Promise<void> {
      await cooldown.end([userId, credentials])
    },

    /**
     * The same for password-reset links. A stranger may ask for these, so they have their own windows and cannot use up
     * the user's codes. Nor can they use up the links of an owner at a network of theirs. Counted per mailbox; somebody
     * who signs up with many tags of a mailbox is at home with each, so tags share windows there too.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async reserveLink (account: string, networks: Networks): Promise<void> {
      const [network, mailbox] = [homeOf(networks), mailboxOf(account)]
      // Counted instead of kept in slots: whoever makes up names must not fill the store for a day with each.
      const ofMailbox = (purpose: string) => windowsOf(purpose, [mailbox], takeCount)
      await (await known.has(account, network)
        ? take([...windowsOf('user-link', [account, network]), ...(mailbox === account ? [] : ofMailbox('tagged-link')), ...addressWindows(networks, 'owner-address')])
        : take([...ofMailbox('link'), ...addressWindows(networks, 'address')]))
    }
  }
}

export type Sends = ReturnType<typeof createSends>
