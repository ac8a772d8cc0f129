import { OTHER } from './bounded.js'

/** Paths of the Core Driver Interface that supertokens-node and this library call. */
const PATHS: ReadonlySet<string> = new Set([
  '/.well-known/jwks.json', '/apiversion', '/hello', '/user/id', '/user/remove', '/users', '/users/by-accountinfo', '/users/count',
  '/recipe/accountlinking/user/link', '/recipe/accountlinking/user/link/check', '/recipe/accountlinking/user/primary', '/recipe/accountlinking/user/primary/check',
  '/recipe/accountlinking/user/unlink',
  '/recipe/jwt', '/recipe/jwt/data', '/recipe/jwt/jwks',
  '/recipe/multitenancy/app/v2', '/recipe/multitenancy/app/list/v2', '/recipe/multitenancy/tenant/v2', '/recipe/multitenancy/tenant/list/v2', '/recipe/multitenancy/tenant/user',
  '/recipe/multitenancy/tenant/user/remove',
  '/recipe/role', '/recipe/role/permissions', '/recipe/role/permissions/remove', '/recipe/role/remove', '/recipe/role/users', '/recipe/roles', '/recipe/permission/roles',
  '/recipe/user/role', '/recipe/user/role/remove', '/recipe/user/roles',
  '/recipe/session', '/recipe/session/data', '/recipe/session/refresh', '/recipe/session/regenerate', '/recipe/session/remove', '/recipe/session/user', '/recipe/session/verify',
  '/recipe/signin', '/recipe/signinup', '/recipe/signup',
  '/recipe/signinup/code', '/recipe/signinup/code/check', '/recipe/signinup/code/consume', '/recipe/signinup/code/remove', '/recipe/signinup/codes', '/recipe/signinup/codes/remove',
  '/recipe/totp/device', '/recipe/totp/device/import', '/recipe/totp/device/list', '/recipe/totp/device/remove', '/recipe/totp/device/verify', '/recipe/totp/verify',
  '/recipe/user', '/recipe/user/email/verify', '/recipe/user/email/verify/remove', '/recipe/user/email/verify/token', '/recipe/user/email/verify/token/remove',
  '/recipe/user/metadata', '/recipe/user/metadata/bulk', '/recipe/user/metadata/remove', '/recipe/user/passwordhash/import', '/recipe/user/password/reset',
  '/recipe/user/password/reset/token', '/recipe/user/password/reset/token/consume',
  '/recipe/userid/map', '/recipe/userid/map/remove'
])

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE'])

/** The path of a URL of the Core without what may come before: the path of a proxy, an app, a tenant. */
function pathIn (url: string): string {
  const end = url.search(/[?#]/)
  const start = url.indexOf('/', url.indexOf('://') + 3)
  let path = start === -1 ? '' : url.slice(start, end === -1 ? undefined : end)
  while (path !== '' && !PATHS.has(path)) {
    const next = path.indexOf('/', 1)
    path = next === -1 ? '' : path.slice(next)
  }
  return path
}

/** Names a call by its method and the pattern of its path: `POST /recipe/signin`. */
export function operationAt (method: string, url: string): string {
  const path = pathIn(url)
  return path === '' || !METHODS.has(method) ? OTHER : `${method} ${path}`
}
