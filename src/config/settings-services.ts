import { integer, text } from './kinds.js'
import { receiverToken, receiverUrl, serviceClients } from './kinds-services.js'
import type { Setting } from './setting.js'

/** Settings for other services of yours. */
export const serviceClientSettings = {
  SERVICE_CLIENTS: {
    group: 'Services',
    kind: serviceClients(),
    secret: true,
    defaultInWords: 'none, and nobody may ask about tokens or read events',
    example: 'orders:…,billing:…',
    description: 'Services of yours, each with its secret. `openssl rand -hex 32` makes one. A client that is named twice has both secrets, so that they can be replaced without a gap.',
    mistakenFor: ['INTROSPECTION_CLIENTS', 'CLIENT_SECRET', 'CLIENT_SECRETS']
  },
  EVENT_READERS: {
    group: 'Services',
    kind: integer(1, 100_000),
    defaultInWords: '200',
    example: '200',
    description: 'Streams of events that may be open at this process. Each takes a socket. A client has half of them at most.'
  },
  EVENT_RECEIVER_URL: {
    group: 'Services',
    kind: receiverUrl(),
    example: 'https://events.example.com/caep',
    description: 'Where security event tokens are delivered to when sessions end: CAEP `session-revoked`, by RFC 8935.'
  },
  EVENT_RECEIVER_TOKEN: {
    group: 'Services',
    kind: receiverToken(),
    secret: true,
    example: '…',
    description: 'Sent to that address as `Authorization: Bearer`.'
  },
  EVENT_RECEIVER_AUDIENCE: {
    group: 'Services',
    kind: text(),
    defaultInWords: 'the origin of `EVENT_RECEIVER_URL`',
    example: 'https://events.example.com',
    description: 'Audience (`aud`) of these tokens.'
  }
} satisfies Record<string, Setting>
