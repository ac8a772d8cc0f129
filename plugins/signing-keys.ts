import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { reasonForProduction } from '../src/options/production.js'
import { resolveOptions } from '../src/options/resolve.js'
import { onReload } from '../src/reload/reloads.js'
import { signs } from '../src/signing-keys/in-use.js'
import { createSigner, type Signer } from '../src/signing-keys/signer.js'
import { share } from '../src/two-factor.js'
import { SIGNING_KEYS, SUPERTOKENS } from './names.js'

export type SigningKeysOptions = Fastify2faOptions

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** Signs JWTs of this service's own; undefined where nothing is signed. */
    readonly signer: Signer | undefined
  }
}

/** The keys for what the service signs itself. `routes/signing-keys.ts` publishes them. */
async function signingKeys (app: FastifyInstance, options: SigningKeysOptions): Promise<void> {
  const resolved = resolveOptions(options)
  const { appInfo: { apiDomain }, signingKeys: keys } = resolved
  const signer = signs(resolved) ? createSigner({ issuer: new URL(apiDomain).origin + app.twoFactor.authPath.public, keys }) : undefined
  share(app, 'signer', signer)
  if (signer !== undefined) onReload(app, ({ signingKeys: next }) => next && signer.prepare(next))
  if (signer?.isTemporary === true && reasonForProduction(options) !== undefined) {
    app.log.warn('signingKeys (SIGNING_KEYS) is not set: this process signs with a key of its own. Other replicas do not publish it, and it is lost when the process ends')
  }
}

export default fp(signingKeys, { name: SIGNING_KEYS, fastify: '5.x', dependencies: [SUPERTOKENS] })
