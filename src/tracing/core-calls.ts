import { isInProcess, type CoreFetch } from '../core-fetch.js'
import { inCall, traceHeaders } from './calls.js'
import { openTelemetry } from './opentelemetry.js'
import { currentRequestId, REQUEST_ID_HEADER } from './request-id.js'

/** What paths of the Core Driver Interface begin with, behind the Core's own path and that of a tenant. */
const BEGINNINGS = /\/(?:recipe|users?|bulk-import|apiversion|hello|\.well-known)(?:\/[a-zA-Z0-9.-]+){0,6}$/

/** The path of a call, without its tenant and its query. Ids and addresses are in queries and bodies only. */
function templateOf (url: string): string | undefined {
  return BEGINNINGS.exec(new URL(url).pathname)?.[0]
}

/** Calls a Core with the request's id, and in a span that a Core elsewhere can continue. */
export function traceCoreCalls (fetch: CoreFetch): CoreFetch {
  return (url, init = {}) => {
    const isElsewhere = !isInProcess(url)
    const requestId = currentRequestId()
    const named = isElsewhere && requestId !== undefined ? { [REQUEST_ID_HEADER]: requestId } : {}
    // The outermost request's id: a page calls the interface, and that calls the Core.
    const call = (more: Record<string, string>) => fetch(url, { ...init, headers: { ...init.headers, ...more } })
    if (openTelemetry() === undefined) return Object.keys(named).length === 0 ? fetch(url, init) : call(named)
    const template = templateOf(url)
    return inCall({ method: init.method ?? 'GET', url, ...(template !== undefined && { template }), kind: isElsewhere ? 'client' : 'internal' },
      () => call(isElsewhere ? { ...named, ...traceHeaders() } : {}))
  }
}
