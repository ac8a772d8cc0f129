import { setTimeout as sleep } from 'node:timers/promises'
import type { UserContext } from 'supertokens-node/types'
import { audit } from '../audit/audit.js'
import { ChangeUnderWay, ContestLinkInvalid } from '../errors.js'
import type { AnswerText } from '../language/sentences.js'
import { networksOfRequest } from '../limits/network.js'
import { readMetadata, type Metadata } from '../second-factor/records.js'
import { takeTurn, type Turn } from '../second-factor/turn.js'
import { appOf } from '../supertokens/sdk.js'
import { findLink, linksIn, makeLink, readToken, used, type Link } from './links.js'

/** What a link that is being used is about. */
export interface Contested {
  userId: string
  /** As it was given to `make`. */
  data: Readonly<Record<string, string>>
  /** The user's metadata while nobody else changes what the user has enrolled. */
  metadata: Metadata
}

/** Something that an owner can contest by a link for some time: a change to undo, a recovery to stop. */
export interface Contest {
  /** Lower-case words with hyphens, for example `undo-phone`. */
  readonly purpose: string
  /** How many open links of it a user can have at once. @default 5 */
  readonly most?: number
  /** What the page of the link says: what has happened, and what the button does. */
  readonly question: AnswerText
  readonly button: AnswerText
  /** What it says afterwards. */
  readonly done: AnswerText
  /**
   * Does it, while nobody else changes what the user has enrolled. It may be called again if the process dies meanwhile,
   * so doing it twice must be doing it once. What it throws goes to the client, and the link still works.
   *
   * @returns another text than `done`, if any
   */
  act (contested: Contested, userContext: UserContext): Promise<AnswerText | undefined>
}

/** What a link shows to whoever has it. */
export interface Opened {
  contest: Contest
  isDone: boolean
  /** Whether there is an open link of the same purpose from before it, which undoes more. */
  hasEarlier: boolean
}

const MOST = 5

/** How often somebody who contests waits for a change that is under way: a thief must not keep them out by making many. */
const TRIES = 12

/** A turn of the user's, once nobody else has theirs. */
export async function turnFor (userId: string, userContext: UserContext): Promise<Turn> {
  for (let tries = TRIES; tries > 0; tries--) {
    const turn = await takeTurn(userId, userContext)
    if (turn !== undefined) return turn
    // Two that collide again and again would both give way for ever.
    await sleep(40 + Math.random() * 120)
  }
  throw new ChangeUnderWay()
}

interface ContestsOptions {
  /** URL of the page, without its query. */
  page: string
  /** Seconds that a link works. */
  period: number
}

/** Makes links with which owners contest what was done to their accounts, and acts on them. */
export function createContests ({ page, period }: ContestsOptions) {
  const contests = new Map<string, Contest>()

  async function find (token: string, userContext: UserContext): Promise<{ userId: string, secret: Buffer, link: Link, contest: Contest } | undefined> {
    const named = readToken(token)
    if (named === undefined) return undefined
    const link = findLink(named.secret, await readMetadata(named.userId, userContext))
    const contest = link && contests.get(link.purpose)
    return link === undefined || contest === undefined ? undefined : { ...named, link, contest }
  }

  /** Unknown, wrong, too old: all the same to whoever has no right link. Failures are counted by network. */
  async function require (token: string, userContext: UserContext): Promise<NonNullable<Awaited<ReturnType<typeof find>>>> {
    const look = () => find(token, userContext)
    const limits = appOf(userContext).twoFactor.limits?.links
    const found = await (limits === undefined ? look() : limits.attempt(networksOfRequest(userContext), look))
    if (found !== undefined) return found
    const err = new ContestLinkInvalid()
    audit(userContext, { type: 'contest.refused', reason: err.code })
    throw err
  }

  return {
    /** Adds a purpose, while plugins are being registered. */
    add (contest: Contest): void {
      contests.set(contest.purpose, contest)
    },

    /**
     * Makes a link. Write `record` into the user's metadata together with what it contests (`turn.end`), then send `url`
     * to the owner. It is a secret: never log it. `key` is where the record is.
     *
     * @param metadata of the user, as the turn has it
     * @param lifetime seconds. @default the option `contestPeriod`
     * @throws AUTH_CONTESTS_FULL
     */
    make ({ purpose, userId, data }: { purpose: string, userId: string, data: Record<string, string> }, metadata: Metadata, lifetime = period): { url: string, key: string, record: Metadata } {
      const contest = contests.get(purpose)
      if (contest === undefined) throw new Error(`nothing is called ${purpose}`)
      const { token, ...made } = makeLink({ userId, purpose, data, lifetime, most: contest.most ?? MOST }, metadata)
      return { url: `${page}?token=${token}`, ...made }
    },

    /**
     * What a link is for. Changes nothing: programs that look at mails open links, too.
     *
     * @throws AUTH_CONTEST_LINK_INVALID
     */
    async look (token: string, userContext: UserContext): Promise<Opened> {
      const { userId, contest, link } = await require(token, userContext)
      const earlier = linksIn(await readMetadata(userId, userContext)).filter(({ purpose, since, doneAt }) => purpose === link.purpose && since < link.since && doneAt === undefined)
      return { contest, isDone: link.doneAt !== undefined, hasEarlier: earlier.length > 0 }
    },

    /**
     * Does what a link is for, once over all replicas.
     *
     * @returns what to tell the owner
     * @throws AUTH_CONTEST_LINK_INVALID, AUTH_CHANGE_UNDER_WAY
     */
    async use (token: string, userContext: UserContext): Promise<AnswerText> {
      const { userId, secret, contest, link: { doneAt } } = await require(token, userContext)
      if (doneAt !== undefined) return ALREADY
      const turn = await turnFor(userId, userContext)
      // Again, since somebody else may have used it, or a link from before it, in the meantime.
      const link = findLink(secret, turn.metadata)
      if (link === undefined || link.doneAt !== undefined) {
        await turn.end()
        if (link === undefined) throw new ContestLinkInvalid()
        return ALREADY
      }
      let said: AnswerText | undefined
      try {
        said = await contest.act({ userId, data: link.data, metadata: turn.metadata }, userContext)
      } catch (err) {
        await turn.end()
        throw err
      }
      await turn.end(used(link, turn.metadata))
      audit(userContext, { type: 'contest.used', userId, reason: link.purpose })
      return said ?? contest.done
    }
  }
}

/** The answer to whoever uses a link twice. */
export const ALREADY = 'This has been done already. Nothing more is needed.' satisfies AnswerText

export type Contests = ReturnType<typeof createContests>
