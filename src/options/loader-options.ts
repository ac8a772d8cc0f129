/** Options that Fastify and avvio themselves take at `register`. */
const REGISTER = ['prefix', 'logLevel', 'logSerializers', 'name']

/** fastify-cli hands its arguments on to plugins; its test helper adds `skipOverride`. */
const FASTIFY_CLI = ['skipOverride', '_', '--']

/** With `--options`, fastify-cli also hands on what it has given to `Fastify()`. */
const SERVER = [
  'ajv', 'allowErrorHandlerOverride', 'allowUnsafeRegex', 'bodyLimit', 'caseSensitive', 'childLoggerFactory', 'clientErrorHandler', 'connectionTimeout', 'constraints',
  'disableRequestLogging', 'exposeHeadRoutes', 'forceCloseConnections', 'frameworkErrors', 'genReqId', 'handlerTimeout', 'http', 'http2', 'http2SessionTimeout', 'https',
  'ignoreDuplicateSlashes', 'ignoreTrailingSlash', 'keepAliveTimeout', 'logController', 'logger', 'loggerInstance', 'maxParamLength', 'maxRequestsPerSocket', 'onConstructorPoisoning',
  'onProtoPoisoning', 'pluginTimeout', 'querystringParser', 'requestIdHeader', 'requestIdLogLabel', 'requestTimeout', 'return503OnClosing', 'rewriteUrl', 'routerOptions',
  'schemaController', 'schemaErrorFormatter', 'serializerOpts', 'serverFactory', 'trustProxy', 'useSemicolonDelimiter'
]

/** Options of @fastify/autoload, which apps of its template spread. Not `options`: ours could be in there by mistake. */
const AUTOLOAD = [
  'autoHooks', 'autoHooksPattern', 'cascadeHooks', 'dir', 'dirNameRoutePrefix', 'encapsulate', 'forceESM', 'ignoreFilter', 'ignorePattern', 'indexPattern', 'matchFilter', 'maxDepth',
  'overwriteHooks', 'routeParams', 'scriptPattern'
]

/** Names of options that are not ours, but that whoever loads plugins adds to them. They mean nothing here. */
export const LOADER_OPTIONS: ReadonlySet<string> = new Set([...REGISTER, ...FASTIFY_CLI, ...SERVER, ...AUTOLOAD])
