import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { pathTo } from '../root.js'

/** Folders whose texts are for operators and developers. */
const APART = /^plugins\/openapi|^src\/(?:(?:audit|metrics|client|embedded-core|config|commands|migrate|openapi|options|playground|service|testing|language|verifier)\/|outage\/reasons\.ts|session\/route-|first-factor\/third-party\/settings\.ts)/

/** Calls whose texts end up in a log, or stop the boot. */
const FOR_DEVELOPERS = new Set(['Error', 'OptionsInvalid', 'GuardMisused', 'BodyInvalid', 'SdkAlreadyInitialised', 'OperationRefused', 'operationRefused', 'describedAs', 'failure', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'])

/** Errors of requests that only a wrongly written client meets. Those of the boot have status 500. */
const ERRORS_FOR_DEVELOPERS = new Set(['AUTH_ORIGIN_REFUSED', 'AUTH_DEV_HOST_REFUSED', 'AUTH_TENANT_UNKNOWN', 'AUTH_DELIVERY_FAILED', 'AUTH_USER_UNKNOWN', 'AUTH_OPERATION_REFUSED', 'AUTH_PROXY_REFUSED', 'AUTH_FORWARDED_ORIGIN_REFUSED', 'AUTH_CLIENT_REFUSED', 'AUTH_METRICS_KEY_REFUSED', 'AUTH_READERS_FULL', 'AUTH_ADMIN_KEY_REFUSED', 'AUTH_ADMIN_ROLE_TOO_LOW', 'AUTH_ADMIN_OWN_ACCOUNT', 'AUTH_ADMIN_LAST_FACTOR', 'AUTH_ADMIN_FROM_BROWSER', 'AUTH_AUDIT_NOT_KEPT', 'AUTH_IDEMPOTENCY_KEY_INVALID', 'AUTH_IDEMPOTENCY_KEY_REUSED', 'AUTH_IDEMPOTENCY_UNDER_WAY'])

/** Texts that look like a sentence and that no person reads. */
const OTHERS = new Set([
  // Read by programs (RFC 9470).
  'Basic realm="fastify-2fa", charset="UTF-8", Bearer', 'Bearer {}', 'Bearer realm="fastify-2fa admin"',
  'Bearer error="insufficient_user_authentication", error_description="A second factor is needed"',
  'Internal Server Error', 'Bad Gateway', 'Service Unavailable', 'The URL is not valid', 'Basic {}', 'ID token: {}', 'Texts must not contain NUL characters',
  // Names that SuperTokens and Google give, and the path of a picture.
  'TOTP Device {}', 'Google Workspace', 'M{} {}h{}v1h-{}z',
  // For programmers who call the admin API.
  'Send JSON, with Content-Type: application/json',
  // For the operator of a proxy.
  'The proxy is not set up correctly.',
  // Of supertokens-node.
  'Session does not exist anymore',
  // A key of OpenTelemetry's SDK.
  'OpenTelemetry SDK Context Key SUPPRESS_TRACING',
  // Kinds of keys.
  'EC P-256', 'OKP Ed25519',
  // Only logged: nobody is told whether a link was sent.
  'Links cannot be sent to this kind of number.'
])

/** Begins like a sentence, or with a value and ends like one. */
const LIKE_A_SENTENCE = /^(?:\p{Lu}.* \S|(?:\{\w*\}|%s).* .*[.!?]$)/su

/** A sentence without the names of its placeholders. */
export const shapeOf = (sentence: string): string => sentence.replace(/\{\w+\}|%s/g, '{}')

function textOf (node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text
  return ts.isTemplateExpression(node) ? [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('{}') : undefined
}

function isForDevelopers (node: ts.Node): boolean {
  const { parent } = node
  if (parent === undefined || ts.isTypeNode(parent) || ts.isImportDeclaration(parent)) return parent !== undefined
  if ((ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression !== node) {
    const { expression, arguments: [first, , last] = [] } = parent
    const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText()
    if (FOR_DEVELOPERS.has(name)) return true
    if (name === 'createError') {
      const code = ts.isStringLiteral(first!) ? first.text : ''
      return ERRORS_FOR_DEVELOPERS.has(code) || (last?.getText() === '500' && code !== 'AUTH_INTERNAL')
    }
  }
  return isForDevelopers(parent)
}

/** Every text of the sources that looks like a sentence for people, as its shape, with the place where it is. */
export function textsOfSources (): Map<string, string> {
  const found = new Map<string, string>()
  const files = ['src', 'plugins', 'routes'].flatMap((folder) => readdirSync(pathTo(folder), { recursive: true }).map((file) => `${folder}/${String(file).replaceAll('\\', '/')}`))
  for (const file of files.filter((name) => name.endsWith('.ts') && !APART.test(name))) {
    const source = ts.createSourceFile(file, readFileSync(pathTo(file), 'utf8'), ts.ScriptTarget.ES2023, true)
    const visit = (node: ts.Node): void => {
      const text = textOf(node)
      if (text !== undefined && LIKE_A_SENTENCE.test(text) && !OTHERS.has(text) && !isForDevelopers(node)) {
        found.set(shapeOf(text), `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`)
      }
      node.forEachChild(visit)
    }
    visit(source)
  }
  return found
}
