import type { FastifyInstance } from 'fastify'
import { joinPaths } from '../options/auth-path.js'
import type { ResolvedOptions } from '../options/resolved.js'
import type { Facts } from './facts.js'

/**
 * The cool-down between two codes, five minutes and a day. Only while the Core is part of this process: with a clock of
 * its own, a Core would end the sessions that this service makes.
 */
export function clockStepsOf ({ core, limits }: ResolvedOptions): Record<string, number> {
  if (!('embedded' in core) || (limits !== false && limits.redisUrl !== undefined)) return {}
  const cooldown = limits === false || limits.sends === false ? 0 : limits.sends.cooldown
  return { ...(cooldown > 0 && { 'cool-down': cooldown }), '5m': 300, '1d': 86_400 }
}

/** @param port where the service listens: a configured address with port 0 does not name it */
export function collectFacts (app: FastifyInstance, resolved: ResolvedOptions, routesPath: string, port: number): Facts {
  const { appInfo, firstFactor, emailVerification, passwordReset, tokenTransferMethod, thirdPartyProviders } = resolved
  const { authPath, secondFactor } = app.twoFactor
  return {
    appName: appInfo.appName,
    api: appInfo.apiDomain === 'http://localhost' ? `http://localhost:${port}` : appInfo.apiDomain,
    authPath: authPath.public,
    routesPath: authPath.publicPathOf(routesPath),
    websiteBasePath: joinPaths(appInfo.websiteBasePath),
    firstFactor,
    emailVerification,
    passwordReset,
    secondFactors: secondFactor.factors.map(({ id }) => id),
    claim: secondFactor.claim.key,
    tokenTransferMethod: tokenTransferMethod === 'header' ? 'header' : 'cookie',
    providers: thirdPartyProviders.map(({ config: { thirdPartyId, name = thirdPartyId } }) => ({ id: thirdPartyId, name })),
    clockSteps: clockStepsOf(resolved)
  }
}
