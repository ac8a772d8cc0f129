import { DEFAULT_MOST, isChainKey, isWebhookUrl, SHORTEST_CHAIN_KEY } from '../audit/options.js'
import { postgresUrlProblem } from '../audit/webhook/postgres-url.js'
import { isWebhookSecret } from '../audit/webhook/signature.js'
import { flag, integer, type Kind, list, oneOf, text, wrong } from './kinds.js'
import type { Setting } from './setting.js'

function checked (isRight: (value: unknown) => boolean, shape: string): Kind<string> {
  return { shape, parse: (text) => isRight(text) ? { value: text } : wrong() }
}

/** A file, `redis`, or a URL. What looks like a URL and is none of PostgreSQL is no name that anyone gives to a file. */
const outbox = (): Kind<string> => {
  const shape = 'a file path, `redis`, or a URL such as `postgres://user:password@host:5432/database?sslmode=verify-full`'
  const path = text(shape)
  return {
    shape,
    parse (value) {
      if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return path.parse(value)
      const problem = postgresUrlProblem(value)
      return problem === undefined ? { value } : wrong(`The URL ${problem}.`)
    }
  }
}

/** Settings for where audit events go to. */
export const auditSettings = {
  AUDIT_SINKS: {
    group: 'Audit',
    kind: list(oneOf('stdout', 'file', 'webhook', 'otel')),
    defaultInWords: 'none: the log alone',
    example: 'stdout',
    description: 'Where audit events go to, beside the log: JSON lines on stdout, a hash-chained file, an HTTPS webhook, OpenTelemetry logs.'
  },
  AUDIT_REQUIRED: {
    group: 'Audit',
    kind: flag(),
    default: 'false',
    description: 'Whether sign-ins and changes are refused with 503 while their events cannot be kept in the file or the outbox.'
  },
  AUDIT_FILE: {
    group: 'Audit',
    kind: text('a file path'),
    example: './data/audit.log',
    description: 'The file of the sink `file`, one for each process. Its directory has to be there.'
  },
  AUDIT_FILE_SYNC: {
    group: 'Audit',
    kind: oneOf('second', 'always'),
    default: 'second',
    description: 'What a power cut may undo: the last second, or nothing (`always`: each event waits for the disk). A killed process loses nothing either way.'
  },
  AUDIT_CHAIN_KEY: {
    group: 'Audit',
    kind: checked(isChainKey, `${SHORTEST_CHAIN_KEY} or more characters, ten of them different`),
    secret: true,
    example: '…',
    description: 'Key for a MAC on each line of the file: whoever can write the file, and does not have the key, cannot write it anew. `openssl rand -base64 32` makes one.',
    mistakenFor: ['AUDIT_KEY', 'AUDIT_FILE_KEY']
  },
  AUDIT_WEBHOOK_URL: {
    group: 'Audit',
    kind: checked(isWebhookUrl, 'a URL such as `https://siem.example.com/audit`, without credentials'),
    example: 'https://siem.example.com/audit',
    description: 'The receiver of the sink `webhook`, by Standard Webhooks.'
  },
  AUDIT_WEBHOOK_SECRET: {
    group: 'Audit',
    kind: list(checked(isWebhookSecret, '`whsec_` and base64 of 24 to 64 bytes')),
    secret: true,
    example: 'whsec_…',
    description: 'Secrets by which the receiver knows that an event is from here; several while they are replaced. `echo whsec_$(openssl rand -base64 32)` makes one.'
  },
  AUDIT_OUTBOX: {
    group: 'Audit',
    kind: outbox(),
    secret: true,
    defaultInWords: '`redis` where `REDIS_URL` is set',
    example: './data/audit-outbox.sqlite',
    description: 'Where events wait for the webhook: a SQLite file of this process alone, or the Redis or PostgreSQL that replicas share.'
  },
  AUDIT_OUTBOX_MAX: {
    group: 'Audit',
    kind: integer(1000, 100_000_000),
    default: String(DEFAULT_MOST),
    description: 'Events that may wait there. Then attempts of strangers are dropped first, and counted.'
  }
} satisfies Record<string, Setting>
