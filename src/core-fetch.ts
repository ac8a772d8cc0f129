import { coreInProcess, type CoreFetch } from './embedded-core/in-process.js'

export type { CoreFetch, CoreRequest, CoreResponse } from './embedded-core/in-process.js'

/** Whether a Core of this process is meant. */
export const isInProcess = (url: string): boolean => coreInProcess(url) !== undefined

/** Calls a Core of this process directly, and everything else with `network`. */
export function inProcessOr (network: CoreFetch): CoreFetch {
  return async (url, init) => await (coreInProcess(url) ?? network)(url, init)
}

/** Calls a Core, wherever it is. */
export const coreFetch = inProcessOr((url, init) => fetch(url, init))
