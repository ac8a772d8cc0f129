import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { CONTEST_PATH } from '../src/account/contest-page.js'
import { createContests, type Contests } from '../src/account/contests.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { share } from '../src/two-factor.js'
import { CONTESTS, SUPERTOKENS } from './names.js'

export type ContestsOptions = Pick<Fastify2faOptions, 'appInfo' | 'contestPeriod'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** Links by which owners undo or stop what was done to their accounts. Add purposes while plugins are being registered. */
    readonly contests: Contests
  }
}

/** Links by which owners contest changes of their accounts. Other plugins add what can be contested. */
async function contests (app: FastifyInstance, options: ContestsOptions): Promise<void> {
  const { appInfo: { apiDomain }, contestPeriod } = resolveOptions(options)
  share(app, 'contests', createContests({ page: `${apiDomain}${app.twoFactor.authPath.public}${CONTEST_PATH}`, period: contestPeriod }))
}

export default fp(contests, { name: CONTESTS, fastify: '5.x', dependencies: [SUPERTOKENS] })
