import { fieldsOf, queryOf, refuse, type Fields, type Value } from './reader.js'

export interface Target { app: string, tenant: string }

/** What there is while the calls are made. */
const APPS: Record<string, string[]> = { public: ['public', 'ta', 'tb'], a1: ['public', 'ta'] }
export const PROTECTED = ['sub', 'exp', 'iat', 'sessionHandle', 'refreshTokenHash1', 'parentRefreshTokenHash1', 'antiCsrfToken', 'tId', 'rsub']

const missing = ({ app, tenant }: Target) =>
  refuse(`AppId or tenantId not found => Tenant with the following connectionURIDomain, appId and tenantId combination not found: (, ${app}, ${tenant})`)

/** One call, as a rule reads it. */
export function contextOf (target: Target, body: Fields, query: Record<string, string>) {
  const app = () => APPS[target.app] ?? missing({ app: target.app, tenant: 'public' })
  const tenant = (one = target.tenant) => APPS[target.app]?.includes(one) === true || missing({ app: target.app, tenant: one })
  const publicOnly = (text = 'Only public tenantId can call this app specific API') => target.tenant === 'public' || refuse(text, 403)
  return {
    target,
    body: fieldsOf(body),
    query: queryOf(query),
    app,
    tenant,
    publicOnly,
    appOfPublic: () => { app(); publicOnly() },
    /** On some routes the tenant comes first. */
    publicThenApp: () => { publicOnly(); app() },
    /** A session's handle names its tenant. */
    tenantOfHandle: (handle: string) => { app(); tenant(handle.split('_')[1]?.trim().toLowerCase() || 'public') },
    /** Not in the protocol: longer texts break the real Core's tables, which is a 500 there. */
    width (text: string | undefined, name: string, max: number): void {
      if ((text?.length ?? 0) > max) refuse(`Field name '${name}' is too long. Max length is ${max}.`)
    }
  }
}

export type Context = ReturnType<typeof contextOf>

/** A path and what it takes: good values for each field, what is checked in which order, and what may be answered then. */
export interface Rule {
  /** Good values by field. What else is sent is up to the generator. */
  fields: Record<string, Value[]>
  /** Throws `Refused`. Returns the statuses that may be answered, and texts of refusals that depend on what is stored. */
  check: (call: Context) => Array<string | RegExp>
}

export type Rules = Record<string, Rule>
