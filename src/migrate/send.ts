import type { ImportableUser } from '../embedded-core/index.js'
import { ImportRefused } from '../errors.js'
import type { CoreClient } from './core-client.js'
import { idOf, withoutSecrets } from './identity.js'
import type { Line } from './lines.js'
import type { Failure } from './state.js'

export type UserLine = Line & { user: ImportableUser }

/** A user that was not imported, with the reason. */
export function failureOf ({ number, user }: UserLine, message: string): Failure {
  const externalUserId = idOf(user)
  return { line: number, message: withoutSecrets(message, [user]), ...(externalUserId !== undefined && { externalUserId }) }
}

/**
 * Puts users into the Core's queue. The Core takes all or none: if it cannot read some, it refuses the batch and
 * names them. Those are returned as failures, and the others are sent again.
 *
 * @param notArrived tells which users are neither in the queue nor imported, after an attempt whose answer was lost
 * @throws ImportRefused if the Core refuses the batch without naming users
 */
export async function sendUsers (core: CoreClient, users: UserLine[], notArrived: (users: UserLine[]) => Promise<UserLine[]>): Promise<Failure[]> {
  const failures: Failure[] = []
  let left = users
  while (left.length > 0) {
    let attempts = 0
    const { status, text } = await core('POST', '/bulk-import/users', async () => {
      if (attempts++ > 0) left = await notArrived(left)
      return { users: left.map(({ user }) => user) }
    })
    if (status === 200) break
    const reasons = status === 400 ? readReasons(text) : new Map<number, string>()
    if (reasons.size === 0) throw new ImportRefused(`it answers ${status} ${withoutSecrets(text, left.map(({ user }) => user)).slice(0, 300)}`)
    failures.push(...[...reasons].flatMap(([index, reason]) => left[index] === undefined ? [] : [failureOf(left[index], reason)]))
    left = left.filter((_, index) => !reasons.has(index))
  }
  return failures
}

function readReasons (text: string): Map<number, string> {
  try {
    const { users = [] } = JSON.parse(text) as { users?: Array<{ index: number, errors: string[] }> }
    return new Map(users.map(({ index, errors }) => [index, errors.join(' ')]))
  } catch {
    return new Map()
  }
}
