import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
// By other names: plugins such as @fastify/swagger declare some of these in the module themselves, and theirs would be meant.
import type {
  ContextConfigDefault, FastifyBaseLogger as Log, FastifyInstance as Instance, FastifyReply as Reply, FastifyRequest as Request, FastifySchema as Schema,
  FastifyTypeProvider as Provider, FastifyTypeProviderDefault, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerBase, RawServerDefault,
  RouteGenericInterface, RouteHandlerMethod as Handler, RouteShorthandOptions as Options
} from 'fastify'
import type { RequiringGuard } from './guard.js'

/**
 * Types only: behind a guard that admits nobody without a session, `request.session` is there. Where the guard is
 * missing, it may be undefined, so that a handler that needs it does not compile.
 */

type Guarding = RequiringGuard | [RequiringGuard, ...unknown[]]

declare module 'fastify' {
  interface RouteShorthandMethod<
    RawServer extends RawServerBase = RawServerDefault,
    RawRequest extends RawRequestDefaultExpression<RawServer> = RawRequestDefaultExpression<RawServer>,
    RawReply extends RawReplyDefaultExpression<RawServer> = RawReplyDefaultExpression<RawServer>,
    TypeProvider extends Provider = FastifyTypeProviderDefault,
    Logger extends Log = Log
  > {
    <RouteGeneric extends RouteGenericInterface = RouteGenericInterface, ContextConfig = ContextConfigDefault, const SchemaCompiler extends Schema = Schema>(
      path: string,
      opts: Options<RawServer, RawRequest, RawReply, RouteGeneric, ContextConfig, SchemaCompiler, TypeProvider, Logger> &
        ({ preHandler: Guarding } | { preValidation: Guarding } | { onRequest: Guarding }),
      handler: (
        this: Instance<RawServer, RawRequest, RawReply, Logger, TypeProvider>,
        request: Request<RouteGeneric, RawServer, RawRequest, SchemaCompiler, TypeProvider, ContextConfig, Logger> & { session: SessionContainerInterface },
        reply: Reply<RouteGeneric, RawServer, RawRequest, RawReply, ContextConfig, SchemaCompiler, TypeProvider>
      ) => ReturnType<Handler<RawServer, RawRequest, RawReply, RouteGeneric, ContextConfig, SchemaCompiler, TypeProvider, Logger>>
    ): Instance<RawServer, RawRequest, RawReply, Logger, TypeProvider>
  }
}
