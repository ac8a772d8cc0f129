import { advance } from '../../clock.js'
import { createTestSession, credentialsOf, type TestSession } from '../../test-session.js'
import { judge, newsFor, type Attack, type Found } from '../attack.js'
import { enter, wayFor, type Entered } from '../enter.js'
import { accessTokenOf, payloadIn, post, type Stage, type TriedTarget } from '../stage.js'
import type { Way } from '../way.js'

const forBothFactors = ({ access }: TriedTarget): boolean => access === 'second-factor'

/** Calls targets with the session of a client. */
async function visit (stage: Stage, found: Found, session: TestSession, what: string, targets: readonly TriedTarget[]): Promise<void> {
  for (const target of targets) judge(found, target, await stage.probe(target, credentialsOf(session, target.path)), `${what} (${session.transferMethod} session)`)
}

/** Refreshes a session, if it may. Its first request then makes the new token one that guards verify by themselves. */
export async function refresh ({ base }: Stage, session: TestSession): Promise<boolean> {
  if ((await post(session, `${base}/session/refresh`)).statusCode !== 200) return false
  await session.inject(`${base}/account/sessions`)
  return true
}

/** Seconds until the access token ends. */
function rest (session: TestSession): number {
  const { exp } = payloadIn(accessTokenOf(session))
  return Math.max(1, Math.ceil(Number(exp) - Date.now() / 1000) + 1)
}

/** Runs for each way to send a session, with each factor in turn. */
export async function eachSession (stage: Stage, run: (session: Stage['sessions'][number], way: Way) => Promise<void>): Promise<void> {
  for (const [turn, session] of stage.sessions.entries()) await run(session, stage.ways[turn % stage.ways.length]!)
}

/** Calls each target with the session that has come in to it before. */
async function revisit (stage: Stage, found: Found, entered: readonly Entered[], what: string): Promise<void> {
  for (const { target, session } of entered) await visit(stage, found, session, what, [target])
}

export const sessionAttacks: Attack[] = [
  {
    id: 'no-session',
    threat: 'A stranger calls a guarded route.',
    async run (stage, found) {
      for (const session of stage.sessions) await visit(stage, found, createTestSession(stage.app, session), 'a stranger', stage.targets)
    }
  },
  {
    id: 'first-factor-only',
    threat: 'A thief of the password, who has no second factor, calls a route that asks for one.',
    async run (stage, found) {
      const targets = newsFor(stage.targets, 'stranger').filter(forBothFactors)
      await eachSession(stage, async (transferMethod, way) => {
        const enrolled = await stage.finishedUser(transferMethod, way)
        for (const { session } of [await stage.newUser(transferMethod), await stage.withPassword(enrolled)]) {
          await visit(stage, found, session, 'a session of the first factor', targets)
          if (await refresh(stage, session)) await visit(stage, found, session, 'a session of the first factor, refreshed,', targets)
        }
      })
    }
  },
  {
    id: 'signed-out',
    threat: 'A thief goes on with tokens that were copied before their owner signed out.',
    async run (stage, found) {
      for (const transferMethod of stage.sessions) {
        const entered = await enter(stage, found, transferMethod, newsFor(stage.targets, 'finished'))
        const thieves = new Map(entered.map(({ session }) => [session, session.copy()]))
        for (const [session, thief] of thieves) {
          await post(session, `${stage.base}/signout`)
          if (await refresh(stage, thief.copy())) found.open(`POST ${stage.base}/session/refresh`, 'a session that has ended is refreshed')
        }
        await revisit(stage, found, entered.map(({ target, session }) => ({ target, session: thieves.get(session)! })), 'a session that has ended')
      }
    }
  },
  {
    id: 'session-fixation',
    threat: 'Whoever planted or copied a session before the second factor goes on with it afterwards.',
    async run (stage, found) {
      await eachSession(stage, async (transferMethod, way) => {
        const user = await stage.newUser(transferMethod)
        const thief = user.session.copy()
        await stage.pass(user, way)
        await visit(stage, found, thief, 'a copy of the session from before the second factor', newsFor(stage.targets, 'first-factor'))
        if (await refresh(stage, thief)) found.open(`POST ${stage.base}/session/refresh`, 'the refresh token from before the second factor still works')
        if (await stage.isIn(thief)) found.open(`POST ${stage.base}/session/refresh`, 'a copy from before the second factor comes in after a refresh')
      })
    }
  },
  {
    id: 'expired-token',
    threat: 'A thief uses an access token whose time is over.',
    async run (stage, found) {
      for (const transferMethod of stage.sessions) {
        const entered = await enter(stage, found, transferMethod, newsFor(stage.targets, 'finished'))
        advance(Math.max(1, ...entered.map(({ session }) => rest(session))))
        await revisit(stage, found, entered, 'a token that has expired')
      }
    }
  },
  {
    id: 'old-second-factor',
    threat: 'Somebody at a browser that was left open calls a route that asks for a second factor of just now.',
    lacks: ({ targets }) => targets.some(({ maxAge }) => maxAge !== undefined) ? undefined : 'no route has a maxAge',
    async run (stage, found) {
      for (const transferMethod of stage.sessions) {
        for (const target of newsFor(stage.targets, 'finished').filter(({ maxAge }) => maxAge !== undefined)) {
          const age = target.maxAge! + 1
          for (const entered of await enter(stage, found, transferMethod, [target])) {
            const isAlive = rest(entered.session) > age
            advance(age)
            if (isAlive) await revisit(stage, found, [entered], `a second factor from ${age} seconds ago`)
            if (!await refresh(stage, entered.session)) found.unproven(target.name, 'the session could not be refreshed')
            await revisit(stage, found, [entered], `a second factor from ${age} seconds ago, in a token of just now,`)
          }
        }
      }
    }
  },
  {
    id: 'roles-missing',
    threat: 'A user who has passed both factors calls a route that asks for a role or a permission that they lack.',
    lacks: ({ targets }) => targets.some(({ roles, permissions }) => roles.length + permissions.length > 0) ? undefined : 'no route asks for a role or a permission',
    async run (stage, found) {
      const targets = newsFor(stage.targets, 'finished').filter(({ roles, permissions }) => roles.length + permissions.length > 0)
      for (const transferMethod of stage.sessions) {
        for (const target of targets.filter((one) => wayFor(stage, one) !== undefined)) {
          const { session } = await stage.finishedUser(transferMethod, wayFor(stage, target)!)
          await visit(stage, found, session, 'a user without the role', [target])
        }
      }
    }
  }
]
