import { clearTimeout, setTimeout } from 'node:timers'
import { parseEvent } from './event.js'
import { createRevokedSessions, type TokenFacts } from './revoked-sessions.js'
import { createEventParser, type Message } from './sse-parser.js'

export type { TokenFacts } from './revoked-sessions.js'

/**
 * - `connected`: whatever ends is known within a second.
 * - `partial`: the service says that its replicas do not hear each other.
 * - `disconnected`: nothing is heard. It is tried again.
 * - `refused`: the service does not accept the client and its secret, or has no events. It is tried again.
 * - `gap`: connected, and sessions may have ended meanwhile of which nothing is known.
 */
export type FeedState = 'connected' | 'partial' | 'disconnected' | 'refused' | 'gap'

/** A clock and its timer, for tests. */
export interface FeedClock {
  /** Milliseconds since 1970. */
  now (): number
  /** Runs once after so many milliseconds. @returns ends that */
  after (milliseconds: number, run: () => void): () => void
}

export interface RevocationFeedOptions {
  /** Of the service: `https://auth.example.com/auth/events`. */
  url: string
  /** Id of the service client. */
  client: string
  secret: string
  /**
   * What to do with tokens of which the feed cannot know whether they have ended.
   *
   * - `refuse`: refuses them. So a token is refused while the feed has been disconnected for longer than `graceSeconds`, and
   *   one that was issued before the time from which on the feed has every event. Its client refreshes the session, which
   *   asks the service, and goes on.
   * - `admit`: admits them, as a service without a feed does, until they expire.
   *
   * @default 'refuse'
   */
  whenDisconnected?: 'admit' | 'refuse'
  /** For how long `refuse` goes by what it knows, once it is disconnected. @default 60 */
  graceSeconds?: number
  /**
   * How long access tokens live: `access_token_validity` of the Core. Ends are remembered for as long, and `refuse` refuses
   * tokens that are older.
   *
   * @default 3600
   */
  tokenLifeSeconds?: number
  /** How many sessions, and users, to remember. @default 100_000, about 20 MB */
  mostEntries?: number
  /** @default the global one */
  fetch?: typeof globalThis.fetch
  /** @default the system's */
  clock?: FeedClock
  /** Hears of each change of state. It must not throw. */
  onState?: (state: FeedState) => void
}

export interface RevocationFeed {
  /** Whether a token must not be accepted although it has not expired. Cheap enough for each request. */
  isRevoked (token: TokenFacts): boolean
  /** Whether everything that ends is heard of at once. */
  readonly connected: boolean
  /** Resolves when it is connected for the first time. Wait for it before you listen. */
  readonly ready: Promise<void>
  close (): void
}

/** The service sends something every 15 seconds. */
const SILENCE_MS = 45_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000

const SYSTEM: FeedClock = {
  now: () => Date.now(),
  after (milliseconds, run) {
    const timer = setTimeout(run, milliseconds).unref()
    return () => { clearTimeout(timer) }
  }
}

function requireOptions ({ url, client, secret, whenDisconnected }: RevocationFeedOptions): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new TypeError('url must be that of the events, such as https://auth.example.com/auth/events')
  if (client === '' || secret === '') throw new TypeError('client and secret must be those of a service client')
  // A misspelt word must not admit anybody.
  if (whenDisconnected !== undefined && whenDisconnected !== 'admit' && whenDisconnected !== 'refuse') throw new TypeError('whenDisconnected must be admit or refuse')
}

/**
 * Follows what the service says of sessions that have ended, so that a service which verifies access tokens by itself refuses
 * theirs within a second.
 *
 * @throws a TypeError if an option is not valid
 */
export function createRevocationFeed (options: RevocationFeedOptions): RevocationFeed {
  requireOptions(options)
  const { url, client, secret, whenDisconnected = 'refuse', graceSeconds = 60, tokenLifeSeconds = 3600, mostEntries = 100_000, fetch = globalThis.fetch, clock = SYSTEM, onState } = options
  const revoked = createRevokedSessions({ tokenLifeMs: tokenLifeSeconds * 1000, most: mostEntries, now: () => clock.now() })
  const authorization = `Basic ${Buffer.from(`${encodeURIComponent(client)}:${encodeURIComponent(secret)}`).toString('base64')}`
  let state: FeedState | undefined
  let connected = false
  /** From when on every event is known, in milliseconds since 1970. */
  let since = Infinity
  /** Whether events are missing of which nobody was told yet. */
  let hasGap = false
  /** When the connection was lost; undefined before there was one. */
  let lostAt: number | undefined
  let lastId: string | undefined
  let attempts = 0
  let abort: AbortController | undefined
  let cancelPause = (): void => {}
  let isClosed = false
  let resolveReady: () => void
  const ready = new Promise<void>((resolve) => { resolveReady = resolve })

  function become (next: FeedState): void {
    if (connected && next !== 'connected' && next !== 'gap') lostAt = clock.now()
    connected = next === 'connected' || next === 'gap'
    if (connected) resolveReady()
    if (state === next || isClosed) return
    state = next
    onState?.(next)
  }

  function receive ({ event, data }: Message): void {
    if (event === 'session-revoked') {
      const parsed = parseEvent(data)
      const { forgotten } = revoked
      if (parsed !== undefined) revoked.add(parsed)
      if (connected && revoked.forgotten > forgotten) become('gap')
      return
    }
    if (event !== 'sync' && event !== 'partial') return
    const { since: from, resumed } = JSON.parse(data) as { since?: unknown, resumed?: unknown }
    const isFirst = since === Infinity
    // It goes on where it stopped, or with everything from before that.
    const goesOn = !isFirst && (resumed === true || (typeof from === 'number' && from <= since))
    if (!goesOn) since = typeof from === 'number' ? from : clock.now()
    hasGap ||= !goesOn && !isFirst
    if (event === 'partial') {
      become('partial')
      return
    }
    become(hasGap ? 'gap' : 'connected')
    hasGap = false
  }

  async function read (response: Response, alive: () => void): Promise<void> {
    const parser = createEventParser(receive)
    const text = new TextDecoder()
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      alive()
      parser.push(text.decode(chunk, { stream: true }))
      lastId = parser.lastId ?? lastId
      attempts = 0
    }
  }

  async function connect (): Promise<void> {
    const controller = abort = new AbortController()
    let cancelWatch = (): void => {}
    // A connection that is dead may look open for hours.
    const alive = (): void => {
      cancelWatch()
      cancelWatch = clock.after(SILENCE_MS, () => { controller.abort() })
    }
    let isRefused = false
    try {
      alive()
      const response = await fetch(url, {
        headers: { accept: 'text/event-stream', authorization, ...(lastId !== undefined && { 'last-event-id': lastId }) },
        // The secret is for this address only.
        redirect: 'error',
        signal: controller.signal
      })
      isRefused = [401, 403, 404].includes(response.status)
      if (response.status !== 200 || !(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
        await response.body?.cancel()
        return
      }
      await read(response, alive)
    } catch {
      // Whatever it was: it is tried again.
    } finally {
      cancelWatch()
      controller.abort()
      become(isRefused ? 'refused' : 'disconnected')
    }
  }

  function follow (): void {
    connect().then(() => {
      if (isClosed) return
      // Not all clients of a service that has restarted come back at the same moment.
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempts++, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2)
      cancelPause = clock.after(pause, follow)
    })
  }

  /** Whether it cannot be known whether a token has ended. */
  function isUnknown (issuedAt: number): boolean {
    if (!connected && (lostAt === undefined || clock.now() - lostAt > graceSeconds * 1000)) return true
    // Where the Core's tokens live longer than `tokenLifeSeconds` says, ends are forgotten before their tokens expire.
    return !(issuedAt * 1000 >= Math.max(since, revoked.forgotten, clock.now() - tokenLifeSeconds * 1000))
  }

  follow()
  return {
    isRevoked: (token) => revoked.has(token) || (whenDisconnected === 'refuse' && isUnknown(token.issuedAt)),
    get connected () { return connected },
    ready,
    close () {
      isClosed = true
      cancelPause()
      abort?.abort()
    }
  }
}
