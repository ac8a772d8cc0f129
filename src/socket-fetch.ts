import { request } from 'node:http'
import type { CoreFetch } from './core-fetch.js'

/** Calls a Core by its Unix socket. The URL's origin says nothing. */
export function fetchBySocket (socketPath: string): CoreFetch {
  return (url, { method = 'GET', headers = {}, body, signal } = {}) => new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: url.replace(/^https?:\/\/[^/]*/, ''), method, headers, ...(signal != null && { signal }) }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => { parts.push(part) })
      response.on('error', reject)
      response.on('end', () => { resolve(new Response(Buffer.concat(parts).toString(), { status: response.statusCode ?? 500 })) })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
