import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { networksOfRequest } from '../limits/network.js'
import { reserveMail } from '../limits/open-recipes.js'
import type { Taken } from '../limits/windows.js'
import { credentialsOf } from '../session/epoch.js'
import { appOf } from '../supertokens/sdk.js'
import type { TwoFactor } from '../two-factor.js'
import type { Challenge } from './challenge.js'
import type { Addressing } from './addressing.js'
import type { Factor } from './factor.js'
import type { FactorState } from './state.js'
import { readMetadata } from './records.js'

interface Message {
  factor: { addressing?: Pick<Addressing<never>, 'kind' | 'counted' | 'requireReachable'> }
  state: FactorState
  session: SessionContainerInterface
  /** Undefined for factors that send nothing. */
  address: string | undefined
}

type Limits = NonNullable<TwoFactor['limits']>
type Take = () => Promise<Pick<Taken, 'giveBack'>>

/** What a message also costs that goes to an address which has not answered a code yet: it may be a stranger's. */
function watchStranger ({ newNumbers, mails }: Limits, kind: string, address: string, userId: string, userContext: UserContext): Take[] {
  if (kind === 'phone' && newNumbers !== undefined) return [() => newNumbers.reserve(address, networksOfRequest(userContext), userId)]
  return kind === 'email' && mails !== undefined ? [() => reserveMail(mails, address, userId, userContext)] : []
}

/** Takes one after the other. If one refuses, what was taken is given back. */
async function takeInTurn (takes: readonly Take[]): Promise<Taken['giveBack']> {
  const taken: Array<Pick<Taken, 'giveBack'>> = []
  const giveBack = async (): Promise<void> => { await Promise.all(taken.map((one) => one.giveBack())) }
  try {
    for (const take of takes) taken.push(await take())
  } catch (err) {
    await giveBack()
    throw err
  }
  return giveBack
}

/**
 * Takes what one message costs.
 *
 * @throws AUTH_LIMIT_REACHED
 */
export async function takeMessage ({ factor: { addressing }, state, session, address }: Message, userContext: UserContext): Promise<Taken | undefined> {
  if (addressing === undefined || address === undefined) return undefined
  const owned = state.state === 'enrolled' && (await state.isProven?.() ?? true)
  const isLogin = state.state === 'enrolled'
  addressing.requireReachable(address, userContext, owned)
  const { limits } = appOf(userContext).twoFactor
  // Null where limits are switched off, undefined in apps without that plugin.
  if (limits == null) return undefined
  const [networks, userId] = [networksOfRequest(userContext), session.getUserId()]
  // The SDK keeps the metadata for the length of the request, so neither asks the Core again.
  const isAtHome = await limits.failures?.isAtHome(userId, userContext) ?? false
  const credentials = credentialsOf(await readMetadata(userId, userContext))
  const counted = addressing.counted?.(address) ?? address
  const windows = await limits.sends.reserve({ userId, kind: addressing.kind, address: counted, networks, owned, isLogin, isAtHome, credentials })
  const { spend } = limits
  const giveBack = await takeInTurn([
    async () => windows,
    ...(owned ? [] : watchStranger(limits, addressing.kind, address, userId, userContext)),
    // Last, so that a message which is refused for another reason costs nothing.
    ...(addressing.kind === 'phone' && spend !== undefined ? [() => spend.take(address, owned)] : [])
  ])
  return { left: windows.left, giveBack }
}

/**
 * What tells the limits that a message has been answered with its code. Made before the code is checked, while the SDK
 * keeps the metadata of the request, so that it costs no call to the Core. Never fails: the code was right.
 */
export async function whenAnswered ({ addressing }: Factor, { address }: Challenge, userId: string, userContext: UserContext): Promise<() => Promise<void>> {
  const { log, twoFactor: { limits, metrics, sms } } = appOf(userContext)
  if (addressing === undefined || address === undefined) return async () => {}
  const tell = (): void => { metrics?.codeAnswered(addressing.kind, address, addressing.kind === 'phone' ? sms.answered(address) : undefined) }
  if (limits == null) return async () => { tell() }
  const credentials = credentialsOf(await readMetadata(userId, userContext))
  return async () => {
    tell()
    try {
      await limits.sends.answered(userId, credentials)
      if (addressing.kind === 'phone') await limits.newNumbers?.answered(address, networksOfRequest(userContext))
    } catch (err) {
      log.error({ err }, 'an answered code is not counted')
    }
  }
}
