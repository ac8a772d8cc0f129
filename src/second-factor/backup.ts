import type { UserContext } from 'supertokens-node/types'
import type { Beside, Factor } from './factor.js'
import { readMetadata, type Metadata } from './records.js'

interface Issued {
  /** Written together with the enrolment, so that neither is without the other and no call is added. */
  record: Metadata
  shown: Beside
}

const NOTHING: Issued = { record: {}, shown: {} }

interface Enrolling {
  factor: Factor
  factors: readonly Factor[]
  userId: string
  /** Whether it is the account's first factor. */
  isFirst: boolean
}

/**
 * What comes with the enrolment of a factor, where recovery codes are on: with the first one always, later where the user
 * has none. Codes that have outlived the factors may be a thief's, because of whom an operator removed them.
 */
export async function issueWith ({ factor, factors, userId, isFirst }: Enrolling, userContext: UserContext): Promise<Issued> {
  const backup = factors.find(({ issue }) => issue !== undefined)
  if (backup === undefined || factor.isBackup === true) return NOTHING
  if (!isFirst && (await readMetadata(userId, userContext))[backup.record] !== undefined) return NOTHING
  const { value, shown } = await backup.issue!()
  return { record: { [backup.record]: value }, shown }
}
