import { clearInterval, setInterval } from 'node:timers'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { UserContext } from 'supertokens-node/types'
import { createHousekeeping } from '../src/account/housekeeping.js'
import { createMailboxProof } from '../src/account/mailbox-proof.js'
import { createRecovery, type AccountRecovery } from '../src/account/recovery.js'
import { createRecoveryNotices, type RecoveryNotices } from '../src/account/recovery-notices.js'
import { vetoContest, vetoLink } from '../src/account/recovery-veto.js'
import { createCoreClient } from '../src/account/core-client.js'
import type { Operations } from '../src/account/operator.js'
import { publishAudit, requireAudit } from '../src/audit/audit.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { recordsWith } from '../src/second-factor/factors/removal.js'
import { announceRevocation } from '../src/session/ended.js'
import { share } from '../src/two-factor.js'
import { ACCOUNT_RECOVERY, CONTESTS, SECOND_FACTOR } from './names.js'

export type AccountRecoveryOptions = Pick<Fastify2faOptions, 'appInfo' | 'firstFactor' | 'passwordReset' | 'accountRecovery' | 'recoveryPeriod'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** Undefined where accounts are not recovered. */
    recovery: AccountRecovery | undefined
    /** What operators' functions of the library work with. */
    readonly operations: Operations
    /**
     * Reminds owners of recoveries that are under way, and tells them what operators did by a command. The service calls it
     * once a minute.
     */
    keepHouse (): Promise<void>
  }
}

/** Reading one record of the Core, where nothing is due. */
const INTERVAL_MS = 60_000

function operationsOf (app: FastifyInstance, notices: RecoveryNotices, options: Pick<Operations, 'byPhone' | 'passwordReset' | 'recoveryWait'>): Operations {
  const core = createCoreClient(app.twoFactor.core)
  const { factors } = app.twoFactor.secondFactor
  return {
    ...options,
    core: {
      ...core,
      async endSessions (userId) {
        const sessionHandles = await core.endSessions(userId)
        announceRevocation({ sessionHandles, userId, reason: 'operator' })
        return sessionHandles
      },
      async endSessionsBy (handles) {
        const sessionHandles = await core.endSessionsBy(handles)
        announceRevocation({ sessionHandles: handles, reason: 'operator' })
        return sessionHandles
      }
    },
    factors: recordsWith(factors),
    async usable ({ id: userId, loginMethods }) {
      const recipeUserId = loginMethods.find(({ recipeId }) => recipeId === 'emailpassword')?.recipeUserId ?? userId
      const states = await Promise.all(factors.map(async (factor) => [factor.id, await factor.state({ userId, recipeUserId }, {} as UserContext, { asked: true })] as const))
      return new Set(states.filter(([, { state }]) => state === 'enrolled').map(([id]) => id))
    },
    async report ({ userId, events, notice, channels = {} }) {
      for (const event of events) publishAudit(app, event)
      if (notice !== undefined) app.twoFactor.deliverInBackground(notices.byOperator(notice, userId, channels, {} as never))
      // An event that is missing is noticed only now: a deletion does not go on, and an export goes to nobody.
      requireAudit(app)
    }
  }
}

/** The recovery of accounts that have lost every second factor, and what operators do to accounts. */
async function accountRecovery (app: FastifyInstance, options: AccountRecoveryOptions): Promise<void> {
  const { appInfo: { appName }, firstFactor, passwordReset, accountRecovery: isOn, recoveryPeriod } = resolveOptions(options)
  const { claim, requests, factors } = app.twoFactor.secondFactor
  const notices = createRecoveryNotices({ appName, vetoLink })
  const wait = recoveryPeriod * 1000
  const recovery = isOn
    ? createRecovery({ requests, claim, factors: recordsWith(factors), proof: createMailboxProof(requests, appName), notices, wait })
    : undefined
  share(app, 'recovery', recovery)
  if (recovery !== undefined) app.twoFactor.contests.add(vetoContest({ recovery, passwordReset }))
  share(app, 'operations', operationsOf(app, notices, { byPhone: firstFactor === 'phone-password', passwordReset, recoveryWait: isOn ? wait : undefined }))

  const keepHouse = createHousekeeping(notices, isOn)
  share(app, 'keepHouse', () => keepHouse(app))
  let running: ReturnType<typeof setInterval> | undefined
  app.addHook('onListen', async () => {
    running = setInterval(() => { app.twoFactor.deliverInBackground(app.twoFactor.keepHouse()) }, INTERVAL_MS).unref()
  })
  app.addHook('onClose', async () => { clearInterval(running) })
}

export default fp(accountRecovery, { name: ACCOUNT_RECOVERY, fastify: '5.x', dependencies: [SECOND_FACTOR, CONTESTS] })
