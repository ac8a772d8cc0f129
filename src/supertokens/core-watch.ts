import { performance } from 'node:perf_hooks'
import type { CoreFetch } from '../core-fetch.js'
import type { Circuit } from '../outage/circuit.js'

/** A call to a Core, after it. */
export interface CoreCall {
  method: string
  url: string
  /** Undefined if there was no answer. */
  status: number | undefined
  seconds: number
}

type Watcher = (call: CoreCall) => void

/** One process has one supertokens-node, which calls the Core for all its apps. */
const watchers = new Set<Watcher>()

/** Hears of every call to the Core. @returns ends that */
export function watchCoreCalls (watcher: Watcher): () => void {
  watchers.add(watcher)
  return () => { watchers.delete(watcher) }
}

/** A `fetch` that tells the watchers of every call. Without any, it costs nothing. */
export function watched (fetch: CoreFetch): CoreFetch {
  return async (url, init) => {
    if (watchers.size === 0) return await fetch(url, init)
    const start = performance.now()
    let status: number | undefined
    try {
      const response = await fetch(url, init)
      status = response.status
      return response
    } finally {
      const call = { method: init?.method ?? 'GET', url, status, seconds: (performance.now() - start) / 1000 }
      for (const watcher of watchers) watcher(call)
    }
  }
}

/** The circuit of each Core, by its origin. None for a Core of this process. */
export const coreCircuits = new Map<string, Circuit>()
