import type { UserContext } from 'supertokens-node/types'
import type { Beside, Factor } from './factor.js'
import { readMetadata, type Metadata } from './records.js'

interface Issued {
  /** Written together with the enrolment, so that neither is without the other and no call is added. */
  record: Metadata
  shown: Beside
}

const NOTHING: Issued = { record: {}, shown: {} }

/** What comes with the enrolment of a factor: recovery codes, where they are on and the user has none. */
export async function issueWith (factor: Factor, factors: readonly Factor[], userId: string, userContext: UserContext): Promise<Issued> {
  const backup = factors.find(({ issue }) => issue !== undefined)
  if (backup === undefined || factor.isBackup === true || (await readMetadata(userId, userContext))[backup.record] !== undefined) return NOTHING
  const { value, shown } = await backup.issue!()
  return { record: { [backup.record]: value }, shown }
}
