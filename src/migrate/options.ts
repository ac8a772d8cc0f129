import type { Failure } from './state.js'

export interface ImportProgress {
  phase: 'sending' | 'importing' | 'checking'
  done: number
  total: number
  /** An estimate of how long this phase still takes. Undefined until there is something to go by. */
  secondsLeft?: number | undefined
}

export interface ImportOptions {
  /** A file written by `fastify-2fa export`, or users in the bulk-import format, one per line. */
  file: string
  /** The Core to import into, as for supertokens-node. With `/appid-<id>`, an app of it. */
  connectionURI: string
  apiKey?: string | undefined
  /** Users per request, 10 000 at most. @default 500 */
  batch?: number
  /**
   * Where to keep the progress, so that a killed import can be resumed.
   * @default none: the import starts again, which is harmless
   */
  stateFile?: string | undefined
  /** Only finds out what an import would do. Changes nothing in the Core, and leaves `stateFile` alone. @default false */
  dryRun?: boolean
  /**
   * How long the Core may import nobody from its queue, in milliseconds. The real Core checks it every five minutes.
   * @default 900000
   */
  patience?: number
  /** Attempts per request. @default 7 */
  tries?: number
  /** Milliseconds before the second attempt. Doubles with each attempt. @default 200 */
  retryDelay?: number
  onProgress?: (progress: ImportProgress) => void
  /** Is told, before anything is sent, how many users the Core will refuse for want of a licence. */
  onNotice?: (notice: string) => void
}

export interface ImportResult {
  /** The number of users in the file. */
  total: number
  /** In a dry run, those who would be sent. */
  imported: number
  /** Users imported by an earlier run, or by an earlier attempt of this one. */
  alreadyThere: number
  /** Lines that could not be imported, in order. */
  failures: Failure[]
  /** Users who were imported but cannot pass the second factor, because their phone is among the failures. */
  withoutPhone: Failure[]
}
