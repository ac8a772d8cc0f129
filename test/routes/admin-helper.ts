import { createHash } from 'node:crypto'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { AdminOptions } from '../../src/admin-api/options.js'

export const READER = 'reader-key-0123456789-abcdefghijkl'
export const HELPDESK = 'helpdesk-key-0123456789-abcdefghij'
export const ADMIN = 'admin-key-0123456789-abcdefghijklmn'
export const OLD_ADMIN = 'admin-old-key-0123456789-abcdefghi'

/** A key of each role; the admin's new one only as its hash. */
export const admin: AdminOptions = {
  keys: [
    { name: 'dashboard', role: 'reader', secrets: [READER] },
    { name: 'desk', role: 'helpdesk', secrets: [HELPDESK] },
    { name: 'ops', role: 'admin', secrets: [`sha256:${createHash('sha256').update(ADMIN).digest('hex')}`, OLD_ADMIN] }
  ]
}

type Call = Omit<InjectOptions, 'method' | 'url' | 'payload'> & { key?: string | undefined }

/** Calls the API as its clients do. */
export function client (app: FastifyInstance) {
  return async function call (route: string, body?: object, { key = ADMIN, headers, ...more }: Call = {}) {
    const [method, path] = route.split(' ') as ['GET', string]
    const response = await app.inject({ method, url: path, ...(body && { payload: body }), headers: { ...(key !== '' && { authorization: `Bearer ${key}` }), ...headers }, ...more })
    const isJson = String(response.headers['content-type']).startsWith('application/json')
    return { statusCode: response.statusCode, headers: response.headers, body: response.body, json: isJson ? response.json<Record<string, unknown>>() : {} }
  }
}
