import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { AppInfoOptions } from '../src/options/connections.js'
import { shareTitled, withPublicPaths } from '../src/openapi/components.js'
import { describeRoutes, SECURITY_SCHEMES } from '../src/openapi/describe-routes.js'
import { TAGS } from '../src/openapi/operation.js'
import { orInstall } from '../src/optional-package.js'
import { version } from '../src/version.js'

export interface OpenApiOptions {
  appInfo?: AppInfoOptions
}

/**
 * Describes the service by OpenAPI 3.1: `app.swagger()`. Registered before any route. Routes that no group is named for are
 * left out, as are those for development.
 */
async function openApi (app: FastifyInstance, { appInfo }: OpenApiOptions): Promise<void> {
  const { default: swagger } = await import('@fastify/swagger').catch(orInstall('@fastify/swagger', 'openapi'))
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: appInfo?.appName ?? 'fastify-2fa',
        version: version(),
        description: 'Sign-in with two factors. What SuperTokens\' frontends call is their Frontend Driver Interface; the rest is this service\'s own.'
      },
      ...(appInfo?.apiDomain !== undefined && { servers: [{ url: appInfo.apiDomain }] }),
      tags: Object.entries({ ...TAGS, Pages: 'For people, in HTML.' }).map(([name, description]) => ({ name, description })),
      components: { securitySchemes: SECURITY_SCHEMES }
    },
    hideUntagged: true,
    transform: describeRoutes(),
    transformObject: (document) => 'openapiObject' in document
      ? shareTitled(withPublicPaths(document.openapiObject, app.twoFactor.authPath.publicPathOf))
      : document.swaggerObject
  })
}

export default fp(openApi, { name: 'fastify-2fa/openapi', fastify: '5.x' })
